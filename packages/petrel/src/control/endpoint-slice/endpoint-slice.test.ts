import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Service } from '@petrel/machinery/api/core-v1'
import type { EndpointSlice } from '@petrel/machinery/api/discovery-v1'
import { endpointSlices, pods, services } from '@petrel/machinery/kinds'
import { httpClient } from '../../client/index.ts'
import { startControllers } from '../start-controllers.ts'
import { eventually, registerNode, runPod, setReady, startTestCluster, type TestCluster } from '../testing/index.ts'
import { endpointSliceController } from './index.ts'

function service(spec: Service['spec'] = {}): Service {
  return {
    metadata: { namespace: 'default', name: 'web', labels: { app: 'web' } },
    spec: {
      clusterIP: 'None',
      selector: { app: 'web' },
      ports: [{ name: 'http', port: 80, targetPort: 8080 }],
      ...spec,
    },
  }
}

const web = { app: 'web' }

async function slices({ client }: TestCluster): Promise<readonly EndpointSlice[]> {
  return (await client.list(endpointSlices)).items
}

function states(slice: EndpointSlice | undefined): Record<string, string> {
  return Object.fromEntries(
    (slice?.endpoints ?? []).map(({ addresses, conditions }) => {
      const words = [
        conditions?.ready && 'ready',
        conditions?.serving && 'serving',
        conditions?.terminating && 'terminating',
      ]
      return [addresses[0] ?? '', words.filter(Boolean).join(' ')]
    }),
  )
}

test('a service gets a slice that follows its pods', async () => {
  const cluster = await startTestCluster([endpointSliceController()])
  const { client } = cluster
  await registerNode(cluster, 'n1', { 'topology.kubernetes.io/zone': 'z1' })
  const made = await client.create(services, service())
  await runPod(cluster, 'a', { labels: web, ip: '10.0.0.1' })
  await runPod(cluster, 'b', { labels: web, ip: '10.0.0.2', ready: false })
  await runPod(cluster, 'no-address', { labels: web })
  await runPod(cluster, 'ended', { labels: web, ip: '10.0.0.3', phase: 'Succeeded' })
  await runPod(cluster, 'other', { labels: { app: 'db' }, ip: '10.0.0.4' })
  await cluster.settled()
  const [slice, ...more] = await slices(cluster)
  assert.deepEqual(more, [])
  assert.deepEqual(states(slice), { '10.0.0.1': 'ready serving', '10.0.0.2': '' })
  assert.deepEqual(slice?.ports, [{ name: 'http', port: 8080, protocol: 'TCP' }])
  assert.match(slice?.metadata?.name ?? '', /^web-[a-z0-9]{5}$/)
  assert.deepEqual(slice?.metadata?.labels, {
    app: 'web',
    'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
    'kubernetes.io/service-name': 'web',
    'service.kubernetes.io/headless': '',
  })
  const [owner] = slice?.metadata?.ownerReferences ?? []
  assert.deepEqual([owner?.uid, owner?.controller, owner?.blockOwnerDeletion], [made.metadata?.uid, true, true])
  const [endpoint] = slice?.endpoints ?? []
  assert.deepEqual(
    [endpoint?.nodeName, endpoint?.zone, endpoint?.targetRef?.kind, endpoint?.targetRef?.name],
    ['n1', 'z1', 'Pod', 'a'],
  )

  await setReady(cluster, 'b', true)
  await client.patch(pods, { namespace: 'default', name: 'a' }, 'merge', { metadata: { labels: { app: null } } })
  await cluster.settled()
  assert.deepEqual(states((await slices(cluster))[0]), { '10.0.0.2': 'ready serving' })
  await cluster.close()
})

test('a pod that is being deleted serves until it ends, and is not ready', async () => {
  const cluster = await startTestCluster([endpointSliceController()])
  await cluster.client.create(services, service())
  await runPod(cluster, 'a', { labels: web, ip: '10.0.0.1', metadata: { finalizers: ['test/hold'] } })
  await cluster.client.delete(pods, { namespace: 'default', name: 'a' })
  await cluster.settled()
  assert.deepEqual(states((await slices(cluster))[0]), { '10.0.0.1': 'serving terminating' })
  await cluster.close()
})

test('publishNotReadyAddresses makes every pod ready', async () => {
  const cluster = await startTestCluster([endpointSliceController()])
  await cluster.client.create(services, service({ publishNotReadyAddresses: true }))
  await runPod(cluster, 'a', { labels: web, ip: '10.0.0.1', ready: false })
  await cluster.settled()
  assert.deepEqual(states((await slices(cluster))[0]), { '10.0.0.1': 'ready' })
  await cluster.close()
})

test('named ports that differ from pod to pod make a slice each', async () => {
  const cluster = await startTestCluster([endpointSliceController()])
  await cluster.client.create(services, service({ ports: [{ port: 80, targetPort: 'http' }] }))
  await runPod(cluster, 'a', { labels: web, ip: '10.0.0.1', ports: [{ name: 'http', containerPort: 8080 }] })
  await runPod(cluster, 'b', { labels: web, ip: '10.0.0.2', ports: [{ name: 'http', containerPort: 9090 }] })
  await runPod(cluster, 'c', { labels: web, ip: '10.0.0.3', ports: [{ name: 'http', containerPort: 8080 }] })
  await cluster.settled()
  const byPort = (await slices(cluster)).map(slice => [slice.ports?.[0]?.port, Object.keys(states(slice)).length])
  assert.deepEqual(byPort.sort(), [
    [8080, 2],
    [9090, 1],
  ])
  await cluster.close()
})

test('more pods than a slice holds make more slices, and a few pods coming and going leave the others alone', async () => {
  const cluster = await startTestCluster([endpointSliceController(3)])
  for (let i = 1; i <= 7; i++) await runPod(cluster, `p${i}`, { labels: web, ip: `10.0.0.${i}` })
  await cluster.client.create(services, service())
  await cluster.settled()
  const before = await slices(cluster)
  assert.deepEqual(before.map(({ endpoints }) => endpoints?.length).sort(), [1, 3, 3])
  await cluster.client.delete(pods, { namespace: 'default', name: 'p1' }, { gracePeriodSeconds: 0 })
  await cluster.settled()
  const versions = new Map(before.map(({ metadata }) => [metadata?.name, metadata?.resourceVersion]))
  const changed = (await slices(cluster)).filter(
    ({ metadata }) => versions.get(metadata?.name) !== metadata?.resourceVersion,
  )
  assert.equal(changed.length, 1)
  await cluster.close()
})

test('a service without pods keeps one empty slice', async () => {
  const cluster = await startTestCluster([endpointSliceController()])
  await cluster.client.create(services, service())
  await runPod(cluster, 'a', { labels: web, ip: '10.0.0.1' })
  await cluster.settled()
  await cluster.client.delete(pods, { namespace: 'default', name: 'a' }, { gracePeriodSeconds: 0 })
  await cluster.settled()
  const [slice, ...more] = await slices(cluster)
  assert.deepEqual([slice?.endpoints ?? [], more], [[], []])
  await cluster.close()
})

test('slices of a service without a selector, and those that others manage, stay as they are', async () => {
  const cluster = await startTestCluster([endpointSliceController()])
  const { client } = cluster
  const { selector: _selector, ...spec } = service().spec ?? {}
  await client.create(services, { metadata: { namespace: 'default', name: 'web' }, spec })
  const own: EndpointSlice = {
    metadata: { namespace: 'default', name: 'own', labels: { 'kubernetes.io/service-name': 'web' } },
    addressType: 'IPv4',
    endpoints: [{ addresses: ['192.0.2.1'] }],
  }
  const made = await client.create(endpointSlices, own)
  await cluster.settled()
  assert.deepEqual(await slices(cluster), [made])
  await cluster.close()
})

test('a slice that somebody deleted or changed is as it was again', async () => {
  const cluster = await startTestCluster([endpointSliceController()])
  const { client } = cluster
  await client.create(services, service())
  await runPod(cluster, 'a', { labels: web, ip: '10.0.0.1' })
  await cluster.settled()
  const [slice] = await slices(cluster)
  await client.update(endpointSlices, { ...(slice as EndpointSlice), endpoints: [] })
  await cluster.settled()
  assert.deepEqual(states((await slices(cluster))[0]), { '10.0.0.1': 'ready serving' })
  await client.delete(endpointSlices, { namespace: 'default', name: slice?.metadata?.name ?? '' })
  await cluster.settled()
  assert.deepEqual(states((await slices(cluster))[0]), { '10.0.0.1': 'ready serving' })
  await cluster.close()
})

test('traffic that should stay in its zone gets hints', async () => {
  const cluster = await startTestCluster([endpointSliceController()])
  await registerNode(cluster, 'n1', { 'topology.kubernetes.io/zone': 'z1' })
  await cluster.client.create(services, service({ trafficDistribution: 'PreferSameNode' }))
  await runPod(cluster, 'a', { labels: web, ip: '10.0.0.1' })
  await cluster.settled()
  const [slice] = await slices(cluster)
  assert.deepEqual(slice?.endpoints?.[0]?.hints, { forZones: [{ name: 'z1' }], forNodes: [{ name: 'n1' }] })
  await cluster.close()
})

test('over HTTP, where the cache is behind, nothing is made twice', async () => {
  const cluster = await startTestCluster([])
  const { client, server, clock, rng, log } = cluster
  const { url } = await server.listen({ host: '127.0.0.1', port: 0 })
  const remote = httpClient({ server: url }, { clock, rng, http2: false })
  const running = startControllers(remote, [endpointSliceController(5)], { clock, rng, log })
  await running.ready()
  await client.create(services, service())
  for (let i = 1; i <= 23; i++) await runPod(cluster, `p${i}`, { labels: web, ip: `10.0.0.${i}` })
  await eventually(async () => {
    await clock.advance(1000)
    const held = (await slices(cluster)).flatMap(
      ({ endpoints }) => endpoints?.map(({ addresses }) => addresses[0]) ?? [],
    )
    assert.deepEqual([held.length, new Set(held).size], [23, 23])
  })
  assert.equal((await slices(cluster)).length, 5)
  await running.close()
  await remote.close()
  await cluster.close()
})
