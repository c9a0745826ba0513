import assert from 'node:assert/strict'
import { test } from 'node:test'
import { configMaps, namespaces, pods, secrets } from '@petrel/machinery/kinds'
import { isStatus } from '@petrel/machinery/status'
import { runPod, startTestCluster, type TestCluster } from '../testing/index.ts'
import { namespaceController } from './index.ts'

const shop = { namespace: 'shop' }

async function started(): Promise<TestCluster> {
  const cluster = await startTestCluster([namespaceController()])
  await cluster.client.create(namespaces, { metadata: { name: 'shop' } })
  return cluster
}

async function exists({ client }: TestCluster): Promise<boolean> {
  try {
    await client.get(namespaces, { name: 'shop' })
    return true
  } catch (error) {
    if (isStatus(error, 'NotFound')) return false
    throw error
  }
}

test('a deleted namespace goes with everything in it, and nothing else goes', async () => {
  const cluster = await started()
  const { client } = cluster
  for (let i = 0; i < 3; i++) await client.create(configMaps, { metadata: { ...shop, name: `c${i}` } })
  await client.create(secrets, { metadata: { ...shop, name: 's' } })
  await client.create(configMaps, { metadata: { namespace: 'default', name: 'kept' } })
  await client.delete(namespaces, { name: 'shop' })
  await cluster.settled()
  assert.equal(await exists(cluster), false)
  assert.deepEqual((await client.list(secrets)).items, [])
  assert.deepEqual(
    (await client.list(configMaps)).items.map(({ metadata }) => metadata?.name),
    ['kept'],
  )
  await cluster.close()
})

test('conditions say what is left and which finalizers hold it, and the namespace goes when they are gone', async () => {
  const cluster = await started()
  const { client } = cluster
  await client.create(configMaps, { metadata: { ...shop, name: 'held', finalizers: ['test/hold'] } })
  await client.create(configMaps, { metadata: { ...shop, name: 'free' } })
  await client.delete(namespaces, { name: 'shop' })
  await cluster.settled()
  const { status } = await client.get(namespaces, { name: 'shop' })
  assert.equal(status?.phase, 'Terminating')
  const told = Object.fromEntries(
    (status?.conditions ?? []).map(({ type, status, reason, message }) => [type, `${status} ${reason}: ${message}`]),
  )
  assert.deepEqual(told, {
    NamespaceDeletionDiscoveryFailure: 'False ResourcesDiscovered: All resources successfully discovered',
    NamespaceDeletionGroupVersionParsingFailure: 'False ParsedGroupVersions: All legacy kube types successfully parsed',
    NamespaceDeletionContentFailure:
      'False ContentDeleted: All content successfully deleted, may be waiting on finalization',
    NamespaceContentRemaining:
      'True SomeResourcesRemain: Some resources are remaining: configmaps. has 1 resource instances',
    NamespaceFinalizersRemaining:
      'True SomeFinalizersRemain: Some content in the namespace has finalizers remaining: test/hold in 1 resource instances',
  })
  await client.patch(configMaps, { ...shop, name: 'held' }, 'merge', { metadata: { finalizers: null } })
  await cluster.pass(20_000)
  assert.equal(await exists(cluster), false)
  await cluster.close()
})

test('pods go first: what they use stays until they have ended', async () => {
  const cluster = await started()
  const { client } = cluster
  await runPod(cluster, 'p', { ...shop, metadata: { finalizers: ['test/hold'] } })
  await client.create(configMaps, { metadata: { ...shop, name: 'used' } })
  await client.delete(namespaces, { name: 'shop' })
  await cluster.settled()
  assert.equal((await client.list(configMaps, shop)).items.length, 1)
  await client.patch(pods, { ...shop, name: 'p' }, 'merge', { metadata: { finalizers: null } })
  await client.delete(pods, { ...shop, name: 'p' }, { gracePeriodSeconds: 0 }).catch(() => undefined)
  await cluster.pass(60_000, 20_000)
  assert.equal(await exists(cluster), false)
  await cluster.close()
})

test('a finalizer of somebody else in spec.finalizers keeps the empty namespace', async () => {
  const cluster = await started()
  const { client } = cluster
  const namespace = await client.get(namespaces, { name: 'shop' })
  await client.update(
    namespaces,
    { ...namespace, spec: { finalizers: ['kubernetes', 'test/own'] } },
    { subresource: 'finalize' },
  )
  await client.delete(namespaces, { name: 'shop' })
  await cluster.settled()
  assert.deepEqual((await client.get(namespaces, { name: 'shop' })).spec?.finalizers, ['test/own'])
  await cluster.close()
})
