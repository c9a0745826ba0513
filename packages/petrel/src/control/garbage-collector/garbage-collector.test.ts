import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ConfigMap } from '@petrel/machinery/api/core-v1'
import type { OwnerReference } from '@petrel/machinery/api/meta-v1'
import { clusterRoles, configMaps, events, type KubeObject, namespaces, secrets } from '@petrel/machinery/kinds'
import { isStatus } from '@petrel/machinery/status'
import { startTestCluster, type TestCluster } from '../testing/index.ts'
import { garbageCollector } from './index.ts'

function owned(name: string, owners: OwnerReference[], namespace = 'default'): ConfigMap {
  return { metadata: { namespace, name, ownerReferences: owners } }
}

function by(owner: KubeObject, more: Partial<OwnerReference> = {}): OwnerReference {
  return {
    apiVersion: owner.apiVersion ?? '',
    kind: owner.kind ?? '',
    name: owner.metadata?.name ?? '',
    uid: owner.metadata?.uid ?? '',
    ...more,
  }
}

const key = (name: string, namespace = 'default') => ({ namespace, name })

async function names({ client }: TestCluster, namespace = 'default'): Promise<string[]> {
  return (await client.list(configMaps, { namespace })).items.map(({ metadata }) => metadata?.name ?? '')
}

const phantom = { apiVersion: 'v1', kind: 'ConfigMap', name: 'phantom', uid: 'no-such-uid' }

test('background: dependents go after their owner, and theirs after them', async () => {
  const cluster = await startTestCluster([garbageCollector()])
  const { client } = cluster
  const owner = await client.create(configMaps, owned('owner', []))
  const child = await client.create(configMaps, owned('child', [by(owner)]))
  await client.create(secrets, { metadata: { ...key('grandchild'), ownerReferences: [by(child)] } })
  await client.create(configMaps, owned('bystander', []))
  await cluster.settled()
  await client.delete(configMaps, key('owner'), { propagationPolicy: 'Background' })
  await cluster.settled()
  assert.deepEqual(await names(cluster), ['bystander'])
  assert.deepEqual((await client.list(secrets)).items, [])
  await cluster.close()
})

test('a dependent with another owner left stays, and loses the reference to the one that is gone', async () => {
  const cluster = await startTestCluster([garbageCollector()])
  const { client } = cluster
  const one = await client.create(configMaps, owned('one', []))
  const two = await client.create(configMaps, owned('two', []))
  await client.create(configMaps, owned('child', [by(one), by(two)]))
  await cluster.settled()
  await client.delete(configMaps, key('one'))
  await cluster.settled()
  const child = await client.get(configMaps, key('child'))
  assert.deepEqual(child.metadata?.ownerReferences, [by(two)])
  await cluster.close()
})

test('what is born with owners that do not exist goes at once', async () => {
  const cluster = await startTestCluster([garbageCollector()])
  await cluster.client.create(configMaps, owned('orphan', [phantom]))
  await cluster.client.create(configMaps, owned('another', [phantom]))
  await cluster.settled()
  assert.deepEqual(await names(cluster), [])
  await cluster.close()
})

test('an owner of the same name and another uid is another object', async () => {
  const cluster = await startTestCluster([garbageCollector()])
  const owner = await cluster.client.create(configMaps, owned('owner', []))
  await cluster.client.create(configMaps, owned('child', [by(owner, { uid: 'of-an-earlier-one' })]))
  await cluster.settled()
  assert.deepEqual(await names(cluster), ['owner'])
  await cluster.close()
})

test('foreground: the owner waits for dependents that block it, and for those alone', async () => {
  const cluster = await startTestCluster([garbageCollector()])
  const { client } = cluster
  const owner = await client.create(configMaps, owned('owner', []))
  await client.create(configMaps, {
    metadata: { ...owned('held', [by(owner, { blockOwnerDeletion: true })]).metadata, finalizers: ['test/hold'] },
  })
  await client.create(configMaps, owned('free', [by(owner, { blockOwnerDeletion: true })]))
  await cluster.settled()
  await client.delete(configMaps, key('owner'), { propagationPolicy: 'Foreground' })
  await cluster.settled()
  assert.deepEqual(await names(cluster), ['held', 'owner'])
  assert.deepEqual((await client.get(configMaps, key('owner'))).metadata?.finalizers, ['foregroundDeletion'])
  await client.patch(configMaps, key('held'), 'merge', { metadata: { finalizers: null } })
  await cluster.settled()
  assert.deepEqual(await names(cluster), [])
  await cluster.close()
})

test('foreground: a dependent that does not block is deleted without being waited for', async () => {
  const cluster = await startTestCluster([garbageCollector()])
  const { client } = cluster
  const owner = await client.create(configMaps, owned('owner', []))
  await client.create(configMaps, { metadata: { ...owned('held', [by(owner)]).metadata, finalizers: ['test/hold'] } })
  await cluster.settled()
  await client.delete(configMaps, key('owner'), { propagationPolicy: 'Foreground' })
  await cluster.settled()
  assert.deepEqual(await names(cluster), ['held'])
  assert.ok((await client.get(configMaps, key('held'))).metadata?.deletionTimestamp)
  await cluster.close()
})

test('foreground: a circle of owners that block each other ends', async () => {
  const cluster = await startTestCluster([garbageCollector()])
  const { client } = cluster
  const a = await client.create(configMaps, owned('a', []))
  const b = await client.create(configMaps, owned('b', [by(a, { blockOwnerDeletion: true })]))
  await client.patch(configMaps, key('a'), 'merge', {
    metadata: { ownerReferences: [by(b, { blockOwnerDeletion: true })] },
  })
  await cluster.settled()
  await client.delete(configMaps, key('a'), { propagationPolicy: 'Foreground' })
  await cluster.settled()
  assert.deepEqual(await names(cluster), [])
  await cluster.close()
})

test('orphan: dependents stay and forget the owner', async () => {
  const cluster = await startTestCluster([garbageCollector()])
  const { client } = cluster
  const owner = await client.create(configMaps, owned('owner', []))
  const other = await client.create(configMaps, owned('other', []))
  await client.create(configMaps, owned('child', [by(owner, { blockOwnerDeletion: true }), by(other)]))
  await client.create(configMaps, owned('only', [by(owner)]))
  await cluster.settled()
  await client.delete(configMaps, key('owner'), { propagationPolicy: 'Orphan' })
  await cluster.settled()
  assert.deepEqual(await names(cluster), ['child', 'only', 'other'])
  assert.deepEqual((await client.get(configMaps, key('child'))).metadata?.ownerReferences, [by(other)])
  assert.equal((await client.get(configMaps, key('only'))).metadata?.ownerReferences, undefined)
  await cluster.close()
})

test('an owner of another namespace counts for nothing, and an Event says so', async () => {
  const cluster = await startTestCluster([garbageCollector()])
  const { client } = cluster
  const owner = await client.create(configMaps, owned('owner', [], 'kube-system'))
  await cluster.settled()
  await client.create(configMaps, owned('child', [by(owner)]))
  await cluster.settled()
  assert.deepEqual(await names(cluster), [])
  assert.deepEqual(await names(cluster, 'kube-system'), ['owner'])
  const [event] = (await client.list(events, { namespace: 'default' })).items
  assert.equal(event?.reason, 'OwnerRefInvalidNamespace')
  await cluster.close()
})

test('a namespaced object may have a cluster-scoped owner; the other way round is left alone', async () => {
  const cluster = await startTestCluster([garbageCollector()])
  const { client } = cluster
  const role = await client.create(clusterRoles, { metadata: { name: 'role' }, rules: [] })
  await client.create(configMaps, owned('child', [by(role)]))
  await client.create(clusterRoles, { metadata: { name: 'strange', ownerReferences: [phantom] }, rules: [] })
  await cluster.settled()
  assert.deepEqual(await names(cluster), ['child'])
  await client.delete(clusterRoles, { name: 'role' })
  await cluster.settled()
  assert.deepEqual(await names(cluster), [])
  assert.equal((await client.get(clusterRoles, { name: 'strange' })).metadata?.name, 'strange')
  await cluster.close()
})

test('an owner of a kind that is not served keeps its dependents', async () => {
  const cluster = await startTestCluster([garbageCollector()])
  await cluster.client.create(
    configMaps,
    owned('child', [{ apiVersion: 'example.com/v1', kind: 'Widget', name: 'w', uid: 'w' }]),
  )
  await cluster.pass(120_000, 30_000)
  assert.deepEqual(await names(cluster), ['child'])
  await cluster.close()
})

test('what was deleted while nobody looked is found at the start', async () => {
  const first = await startTestCluster([])
  const { client } = first
  const owner = await client.create(configMaps, owned('owner', []))
  await client.create(configMaps, owned('child', [by(owner)]))
  await client.delete(configMaps, key('owner'))
  const { startControllers } = await import('../start-controllers.ts')
  const running = startControllers(client, [garbageCollector()], first)
  await running.ready()
  for (let turn = 0; turn < 500 && (await names(first)).length > 0; turn++)
    await new Promise(resolve => setImmediate(resolve))
  assert.deepEqual(await names(first), [])
  await running.close()
  await first.close()
})

test('one watch per resource, however often discovery is read again', async () => {
  const cluster = await startTestCluster([garbageCollector()])
  const informer = cluster.running.informers.informer(namespaces)
  await cluster.pass(90_000, 30_000)
  assert.equal(cluster.running.informers.informer(namespaces, { metadataOnly: true }), informer)
  await assert.rejects(cluster.client.get(configMaps, key('none')), error => isStatus(error, 'NotFound'))
  await cluster.close()
})
