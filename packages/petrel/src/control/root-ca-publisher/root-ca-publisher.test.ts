import assert from 'node:assert/strict'
import { test } from 'node:test'
import { configMaps, namespaces } from '@petrel/machinery/kinds'
import { startTestCluster } from '../testing/index.ts'
import { rootCaPublisher } from './index.ts'

const key = { namespace: 'default', name: 'kube-root-ca.crt' }

test('every namespace gets the authority', async () => {
  const cluster = await startTestCluster([rootCaPublisher('PEM')])
  await cluster.client.create(namespaces, { metadata: { name: 'shop' } })
  await cluster.settled()
  const published = (await cluster.client.list(configMaps)).items
  assert.deepEqual(
    published.map(({ metadata }) => metadata?.namespace),
    ['default', 'kube-system', 'shop'],
  )
  for (const { data, metadata } of published) {
    assert.deepEqual(data, { 'ca.crt': 'PEM' })
    assert.match(metadata?.annotations?.['kubernetes.io/description'] ?? '', /^Contains a CA bundle/)
  }
  await cluster.close()
})

test('what somebody changed or deleted is as it was again', async () => {
  const cluster = await startTestCluster([rootCaPublisher('PEM')])
  await cluster.client.patch(configMaps, key, 'merge', {
    data: { 'ca.crt': 'FALSE', more: 'x' },
    metadata: { annotations: { own: 'y' } },
  })
  await cluster.settled()
  const restored = await cluster.client.get(configMaps, key)
  assert.deepEqual(restored.data, { 'ca.crt': 'PEM' })
  assert.equal(restored.metadata?.annotations?.['own'], 'y')
  await cluster.client.delete(configMaps, key)
  await cluster.settled()
  assert.deepEqual((await cluster.client.get(configMaps, key)).data, { 'ca.crt': 'PEM' })
  await cluster.close()
})
