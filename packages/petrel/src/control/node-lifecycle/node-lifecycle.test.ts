import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Node, Pod } from '@petrel/machinery/api/core-v1'
import { events, leases, nodes, pods } from '@petrel/machinery/kinds'
import { toMicroTime } from '../../base/index.ts'
import { draft } from '../../client/index.ts'
import { registerNode, runPod, startTestCluster, type TestCluster } from '../testing/index.ts'
import { nodeLifecycleController } from './index.ts'

const leaseKey = (name: string) => ({ namespace: 'kube-node-lease', name })

async function beat({ client, clock }: TestCluster, name: string): Promise<void> {
  const spec = { holderIdentity: name, renewTime: toMicroTime(clock.now()), leaseDurationSeconds: 40 }
  const { items } = await client.list(leases, { namespace: 'kube-node-lease', fieldSelector: `metadata.name=${name}` })
  const [lease] = items
  if (lease) await client.update(leases, { ...lease, spec })
  else await client.create(leases, { metadata: leaseKey(name), spec })
}

/** Lets time pass while these nodes go on beating. */
async function live(cluster: TestCluster, ms: number, beating: readonly string[]): Promise<void> {
  for (let left = ms; left > 0; left -= 5000) {
    for (const name of beating) await beat(cluster, name)
    await cluster.pass(5000)
  }
}

const ready = (node: Node) => node.status?.conditions?.find(({ type }) => type === 'Ready')
const taints = (node: Node): string[] =>
  (node.spec?.taints ?? []).map(({ key, effect }) => `${key.replace('node.kubernetes.io/', '')}:${effect}`).sort()
const isReady = (pod: Pod): string | undefined => pod.status?.conditions?.find(({ type }) => type === 'Ready')?.status

async function started(names: readonly string[]): Promise<TestCluster> {
  const cluster = await startTestCluster([nodeLifecycleController()])
  const { namespaces } = await import('@petrel/machinery/kinds')
  await cluster.client.create(namespaces, { metadata: { name: 'kube-node-lease' } })
  for (const name of names) {
    await registerNode(cluster, name)
    await beat(cluster, name)
  }
  await cluster.pass(5000)
  return cluster
}

test('a node that goes on beating stays ready, though its status never changes', async () => {
  const cluster = await started(['n1'])
  await live(cluster, 300_000, ['n1'])
  const node = await cluster.client.get(nodes, { name: 'n1' })
  assert.equal(ready(node)?.status, 'True')
  assert.deepEqual(taints(node), [])
  await cluster.close()
})

test('a silent node becomes Unknown after the grace period: taints, pods that are not ready, Events; and all well again', async () => {
  const cluster = await started(['n1', 'n2', 'n3'])
  const { client } = cluster
  await runPod(cluster, 'web', { node: 'n1', ip: '10.0.0.1' })
  await live(cluster, 45_000, ['n2', 'n3'])
  assert.equal(ready(await client.get(nodes, { name: 'n1' }))?.status, 'True')
  await live(cluster, 15_000, ['n2', 'n3'])
  const silent = await client.get(nodes, { name: 'n1' })
  const { status, reason, message } = ready(silent) ?? {}
  assert.deepEqual(
    { status, reason, message },
    { status: 'Unknown', reason: 'NodeStatusUnknown', message: 'Kubelet stopped posting node status.' },
  )
  const memory = silent.status?.conditions?.find(({ type }) => type === 'MemoryPressure')
  assert.deepEqual([memory?.status, memory?.reason], ['Unknown', 'NodeStatusNeverUpdated'])
  assert.deepEqual(taints(silent), ['unreachable:NoExecute', 'unreachable:NoSchedule'])
  assert.equal(isReady(await client.get(pods, { namespace: 'default', name: 'web' })), 'False')
  const reasons = (await client.list(events)).items.map(
    event => `${event.involvedObject.kind} ${event.involvedObject.name} ${event.reason}`,
  )
  assert.ok(reasons.includes('Pod web NodeNotReady'), reasons.join())
  assert.ok(reasons.includes('Node n1 NodeNotReady'), reasons.join())

  const back = draft(silent)
  for (const condition of back.status?.conditions ?? [])
    condition.status = condition.type === 'Ready' ? 'True' : 'False'
  await client.update(nodes, back, { subresource: 'status' })
  await live(cluster, 5000, ['n1', 'n2', 'n3'])
  assert.deepEqual(taints(await client.get(nodes, { name: 'n1' })), [])
  await cluster.close()
})

test('while every node is silent nobody is emptied, and everybody gets a new grace period when one is heard again', async () => {
  const cluster = await started(['n1', 'n2'])
  const { client } = cluster
  await live(cluster, 120_000, [])
  for (const name of ['n1', 'n2'])
    assert.deepEqual(taints(await client.get(nodes, { name })), ['unreachable:NoSchedule'])
  const back = draft(await client.get(nodes, { name: 'n1' }))
  for (const condition of back.status?.conditions ?? [])
    condition.status = condition.type === 'Ready' ? 'True' : 'False'
  await client.update(nodes, back, { subresource: 'status' })
  await live(cluster, 10_000, ['n1'])
  assert.deepEqual(taints(await client.get(nodes, { name: 'n1' })), [])
  assert.deepEqual(taints(await client.get(nodes, { name: 'n2' })), ['unreachable:NoExecute', 'unreachable:NoSchedule'])
  await cluster.close()
})

test('a node that never says anything is Unknown a minute after its creation', async () => {
  const cluster = await started(['n1'])
  await cluster.client.create(nodes, { metadata: { name: 'mute' } })
  await live(cluster, 55_000, ['n1'])
  assert.equal(ready(await cluster.client.get(nodes, { name: 'mute' })), undefined)
  await live(cluster, 15_000, ['n1'])
  const node = ready(await cluster.client.get(nodes, { name: 'mute' }))
  assert.deepEqual(
    [node?.status, node?.reason, node?.message],
    ['Unknown', 'NodeStatusNeverUpdated', 'Kubelet never posted node status.'],
  )
  await cluster.close()
})

test('a cordoned node is tainted, an uncordoned one is not', async () => {
  const cluster = await started(['n1'])
  await cluster.client.patch(nodes, { name: 'n1' }, 'merge', { spec: { unschedulable: true } })
  await cluster.settled()
  assert.deepEqual(taints(await cluster.client.get(nodes, { name: 'n1' })), ['unschedulable:NoSchedule'])
  await cluster.client.patch(nodes, { name: 'n1' }, 'merge', { spec: { unschedulable: null } })
  await cluster.settled()
  assert.deepEqual(taints(await cluster.client.get(nodes, { name: 'n1' })), [])
  await cluster.close()
})

test('nodes that come and go are announced', async () => {
  const cluster = await started(['n1'])
  await cluster.client.delete(nodes, { name: 'n1' })
  await cluster.pass(10_000, 5000)
  const messages = (await cluster.client.list(events)).items.map(({ message }) => message)
  assert.deepEqual(messages, [
    'Node n1 event: Registered Node n1 in Controller',
    'Node n1 event: Removing Node n1 from Controller',
  ])
  await cluster.close()
})
