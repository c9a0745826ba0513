import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nodes, pods } from '@petrel/machinery/kinds'
import { registerNode, runPod, startTestCluster, type TestCluster } from '../testing/index.ts'
import { podGarbageCollector } from './index.ts'

async function names({ client }: TestCluster): Promise<string[]> {
  return (await client.list(pods)).items.map(({ metadata }) => metadata?.name ?? '')
}

test('pods of a node that has vanished fail and go after the quarantine', async () => {
  const cluster = await startTestCluster([podGarbageCollector()])
  const { client } = cluster
  for (const name of ['n1', 'n2']) await registerNode(cluster, name)
  await runPod(cluster, 'stranded', { node: 'n1', metadata: { finalizers: ['test/hold'] } })
  await runPod(cluster, 'fine', { node: 'n2' })
  await client.delete(nodes, { name: 'n1' })
  await cluster.pass(40_000, 20_000)
  assert.equal(
    (await client.get(pods, { namespace: 'default', name: 'stranded' })).metadata?.deletionTimestamp,
    undefined,
  )
  await cluster.pass(40_000, 20_000)
  const stranded = await client.get(pods, { namespace: 'default', name: 'stranded' })
  assert.ok(stranded.metadata?.deletionTimestamp)
  assert.equal(stranded.status?.phase, 'Failed')
  const condition = stranded.status?.conditions?.find(({ type }) => type === 'DisruptionTarget')
  assert.deepEqual([condition?.reason, condition?.message], ['DeletionByPodGC', 'PodGC: node no longer exists'])
  assert.deepEqual(await names(cluster), ['fine', 'stranded'])
  await cluster.close()
})

test('a node that comes back in time keeps its pods', async () => {
  const cluster = await startTestCluster([podGarbageCollector()])
  await registerNode(cluster, 'n1')
  await runPod(cluster, 'a', { node: 'n1' })
  await cluster.client.delete(nodes, { name: 'n1' })
  await cluster.pass(40_000, 20_000)
  await registerNode(cluster, 'n1')
  await cluster.pass(120_000, 20_000)
  assert.deepEqual(await names(cluster), ['a'])
  await cluster.close()
})

test('of more ended pods than are kept the oldest go', async () => {
  const cluster = await startTestCluster([podGarbageCollector({ terminatedThreshold: 2 })])
  await registerNode(cluster, 'n1')
  for (const name of ['oldest', 'older', 'young', 'youngest']) {
    await runPod(cluster, name, { phase: 'Succeeded' })
    await cluster.clock.advance(1000)
  }
  await runPod(cluster, 'running')
  await cluster.pass(20_000)
  assert.deepEqual(await names(cluster), ['running', 'young', 'youngest'])
  await cluster.close()
})
