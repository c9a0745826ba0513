import assert from 'node:assert/strict'
import { test } from 'node:test'
import { events, nodes, pods } from '@petrel/machinery/kinds'
import { isStatus } from '@petrel/machinery/status'
import { registerNode, runPod, startTestCluster, type TestCluster } from '../testing/index.ts'
import { taintEvictionController } from './index.ts'

const unreachable = { key: 'node.kubernetes.io/unreachable', effect: 'NoExecute' }
const tolerating = (tolerationSeconds?: number) => ({
  tolerations: [
    {
      key: unreachable.key,
      operator: 'Exists',
      effect: 'NoExecute',
      ...(tolerationSeconds !== undefined && { tolerationSeconds }),
    },
  ],
})

async function taint({ client, settled }: TestCluster, taints: (typeof unreachable)[] | null): Promise<void> {
  await client.patch(nodes, { name: 'n1' }, 'merge', { spec: { taints } })
  await settled()
}

async function isDeleted({ client }: TestCluster, name: string): Promise<boolean> {
  try {
    const pod = await client.get(pods, { namespace: 'default', name })
    return pod.metadata?.deletionTimestamp !== undefined
  } catch (error) {
    if (isStatus(error, 'NotFound')) return true
    throw error
  }
}

test('pods leave a tainted node at once, after their seconds, or never', async () => {
  const cluster = await startTestCluster([taintEvictionController()])
  await registerNode(cluster, 'n1')
  await runPod(cluster, 'now', { metadata: { finalizers: ['test/hold'] } })
  await runPod(cluster, 'later', { spec: tolerating(300) })
  await runPod(cluster, 'never', { spec: tolerating() })
  await runPod(cluster, 'elsewhere', { node: 'n2' })
  await taint(cluster, [unreachable])
  assert.equal(await isDeleted(cluster, 'now'), true)
  await cluster.pass(299_000)
  assert.equal(await isDeleted(cluster, 'later'), false)
  await cluster.pass(1_000)
  assert.equal(await isDeleted(cluster, 'later'), true)
  assert.deepEqual([await isDeleted(cluster, 'never'), await isDeleted(cluster, 'elsewhere')], [false, false])

  const gone = await cluster.client.get(pods, { namespace: 'default', name: 'now' })
  const condition = gone.status?.conditions?.find(({ type }) => type === 'DisruptionTarget')
  const { status, reason, message } = condition ?? {}
  assert.deepEqual(
    { status, reason, message },
    { status: 'True', reason: 'DeletionByTaintManager', message: 'Taint manager: deleting due to NoExecute taint' },
  )
  const told = (await cluster.client.list(events)).items.map(event => `${event.reason}: ${event.message}`)
  assert.ok(told.includes('TaintManagerEviction: Marking for deletion Pod default/now'), told.join())
  await cluster.close()
})

test('a taint that goes in time saves the pod, and the next one gives it its full time again', async () => {
  const cluster = await startTestCluster([taintEvictionController()])
  await registerNode(cluster, 'n1')
  await runPod(cluster, 'a', { spec: tolerating(300) })
  await taint(cluster, [unreachable])
  await cluster.pass(200_000)
  await taint(cluster, null)
  await cluster.pass(200_000)
  assert.equal(await isDeleted(cluster, 'a'), false)
  await taint(cluster, [unreachable])
  await cluster.pass(299_000)
  assert.equal(await isDeleted(cluster, 'a'), false)
  await cluster.pass(1_000)
  assert.equal(await isDeleted(cluster, 'a'), true)
  const told = (await cluster.client.list(events)).items.map(({ message }) => message)
  assert.ok(told.includes('Cancelling deletion of Pod default/a'), told.join())
  await cluster.close()
})

test('a pod that comes to a tainted node is judged as well', async () => {
  const cluster = await startTestCluster([taintEvictionController()])
  await registerNode(cluster, 'n1')
  await taint(cluster, [unreachable])
  await runPod(cluster, 'late', { metadata: { finalizers: ['test/hold'] } }).catch(() => undefined)
  await cluster.settled()
  assert.equal(await isDeleted(cluster, 'late'), true)
  await cluster.close()
})
