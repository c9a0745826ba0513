import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Service } from '@petrel/machinery/api/core-v1'
import { endpoints, pods, services } from '@petrel/machinery/kinds'
import { isStatus } from '@petrel/machinery/status'
import { runPod, setReady, startTestCluster } from '../testing/index.ts'
import { endpointsController } from './index.ts'

const web = { app: 'web' }
const key = { namespace: 'default', name: 'web' }

function service(spec: Service['spec'] = {}): Service {
  return {
    metadata: { ...key, labels: web },
    spec: { clusterIP: 'None', selector: web, ports: [{ port: 80, targetPort: 8080 }], ...spec },
  }
}

test('Endpoints follow the pods of a service: ready ones, others, and none that is leaving', async () => {
  const cluster = await startTestCluster([endpointsController()])
  const { client } = cluster
  await client.create(services, service())
  await cluster.settled()
  assert.deepEqual((await client.get(endpoints, key)).subsets ?? [], [])
  await runPod(cluster, 'b', { labels: web, ip: '10.0.0.2' })
  await runPod(cluster, 'a', { labels: web, ip: '10.0.0.1' })
  await runPod(cluster, 'c', { labels: web, ip: '10.0.0.3', ready: false })
  await runPod(cluster, 'leaving', { labels: web, ip: '10.0.0.4', metadata: { finalizers: ['test/hold'] } })
  await client.delete(pods, { namespace: 'default', name: 'leaving' })
  await cluster.settled()
  const made = await client.get(endpoints, key)
  const [subset, ...more] = made.subsets ?? []
  assert.deepEqual(more, [])
  assert.deepEqual(
    subset?.addresses?.map(({ ip }) => ip),
    ['10.0.0.1', '10.0.0.2'],
  )
  assert.deepEqual(
    subset?.notReadyAddresses?.map(({ ip }) => ip),
    ['10.0.0.3'],
  )
  assert.deepEqual(subset?.ports, [{ port: 8080, protocol: 'TCP' }])
  assert.equal(subset?.addresses?.[0]?.targetRef?.name, 'a')
  assert.deepEqual(made.metadata?.labels, {
    app: 'web',
    'service.kubernetes.io/headless': '',
    'endpoints.kubernetes.io/managed-by': 'endpoint-controller',
  })
  await setReady(cluster, 'c', true)
  await cluster.settled()
  assert.deepEqual((await client.get(endpoints, key)).subsets?.[0]?.addresses?.length, 3)
  await cluster.close()
})

test('ports with the same addresses share a subset, others have their own', async () => {
  const cluster = await startTestCluster([endpointsController()])
  const ports = [
    { name: 'http', port: 80, targetPort: 8080 },
    { name: 'admin', port: 81, targetPort: 'admin' },
    { name: 'metrics', port: 82, targetPort: 9090 },
  ]
  await cluster.client.create(services, service({ ports }))
  await runPod(cluster, 'a', { labels: web, ip: '10.0.0.1', ports: [{ name: 'admin', containerPort: 7000 }] })
  await runPod(cluster, 'b', { labels: web, ip: '10.0.0.2' })
  await cluster.settled()
  const { subsets = [] } = await cluster.client.get(endpoints, key)
  const shape = subsets.map(subset => [
    subset.addresses?.map(({ ip }) => ip),
    subset.ports?.map(({ name, port }) => `${name}:${port}`),
  ])
  assert.deepEqual(
    new Set(shape.map(part => JSON.stringify(part))),
    new Set(['[["10.0.0.1"],["admin:7000"]]', '[["10.0.0.1","10.0.0.2"],["http:8080","metrics:9090"]]']),
  )
  await cluster.close()
})

test('more addresses than fit are cut, ready ones first, and an annotation says so until they fit again', async () => {
  const cluster = await startTestCluster([endpointsController(2)])
  const { client } = cluster
  await client.create(services, service())
  await runPod(cluster, 'a', { labels: web, ip: '10.0.0.1', ready: false })
  for (const i of [2, 3]) await runPod(cluster, `p${i}`, { labels: web, ip: `10.0.0.${i}` })
  await cluster.settled()
  const cut = await client.get(endpoints, key)
  assert.deepEqual(
    cut.subsets?.[0]?.addresses?.map(({ ip }) => ip),
    ['10.0.0.2', '10.0.0.3'],
  )
  assert.equal(cut.subsets?.[0]?.notReadyAddresses, undefined)
  assert.equal(cut.metadata?.annotations?.['endpoints.kubernetes.io/over-capacity'], 'truncated')
  await client.delete(pods, { namespace: 'default', name: 'a' }, { gracePeriodSeconds: 0 })
  await cluster.settled()
  assert.equal(
    (await client.get(endpoints, key)).metadata?.annotations?.['endpoints.kubernetes.io/over-capacity'],
    undefined,
  )
  await cluster.close()
})

test('Endpoints go with their service; those of a service without a selector, or of none, stay', async () => {
  const cluster = await startTestCluster([endpointsController()])
  const { client } = cluster
  await client.create(services, service())
  const subsets = [{ addresses: [{ ip: '192.0.2.1' }], ports: [{ port: 1, protocol: 'TCP' }] }]
  await client.create(endpoints, { metadata: { namespace: 'default', name: 'foreign' }, subsets })
  await cluster.settled()
  await client.delete(services, key)
  await cluster.settled()
  await assert.rejects(client.get(endpoints, key), error => isStatus(error, 'NotFound'))
  assert.deepEqual((await client.get(endpoints, { namespace: 'default', name: 'foreign' })).subsets, subsets)
  await cluster.close()
})
