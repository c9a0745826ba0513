import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Node, Pod } from '@petrel/machinery/api/core-v1'
import { events, namespaces, nodes, pods } from '@petrel/machinery/kinds'
import { unavailable } from '@petrel/machinery/status'
import { type Client, createInformers } from '../client/index.ts'
import { eventually, startTestServer, type TestServer } from '../testing/index.ts'
import { startScheduler } from './index.ts'

interface Cluster extends TestServer {
  /** Lets everything that is ready to run do so; time stands still. */
  rest(): Promise<void>
}

async function start(t: { after(fn: () => Promise<void>): void }, wrap = (client: Client) => client): Promise<Cluster> {
  const server = startTestServer()
  const { client, store } = server
  await client.create(namespaces, { metadata: { name: 'default' } })
  const informers = createInformers(client, server)
  const scheduler = startScheduler(wrap(client), { ...server, informers })
  informers.start()
  await eventually(() => assert.equal(scheduler.problem, undefined))
  t.after(async () => {
    await scheduler.close()
    await informers.close()
    await server.close()
  })
  return {
    ...server,
    async rest() {
      let [revision, quiet] = [store.revision, 0]
      while (quiet < 30) {
        await new Promise(resolve => setImmediate(resolve))
        quiet = store.revision === revision ? quiet + 1 : 0
        revision = store.revision
      }
    },
  }
}

async function addNode({ client }: TestServer, name: string, cpu = '4', spec: Node['spec'] = {}): Promise<void> {
  await client.create(nodes, { metadata: { name }, spec })
  const amounts = { cpu, memory: '8Gi', pods: '110' }
  const status = { capacity: amounts, allocatable: amounts }
  await client.patch(nodes, { name }, 'merge', { status }, { subresource: 'status' })
}

function pod(name: string, cpu: string, spec: Partial<NonNullable<Pod['spec']>> = {}): Pod {
  return {
    metadata: { namespace: 'default', name },
    spec: { containers: [{ name: 'main', image: 'image', resources: { requests: { cpu } } }], ...spec },
  }
}

async function addPods({ client, rest }: Cluster, ...list: Pod[]): Promise<void> {
  for (const one of list) await client.create(pods, one)
  await rest()
}

function get({ client }: TestServer, name: string): Promise<Pod> {
  return client.get(pods, { namespace: 'default', name })
}

/** Pod to node. */
async function places({ client }: TestServer): Promise<Record<string, string | undefined>> {
  const { items } = await client.list(pods)
  return Object.fromEntries(items.map(({ metadata, spec }) => [metadata?.name, spec?.nodeName]))
}

async function told({ client }: TestServer, name: string): Promise<string[]> {
  const { items } = await client.list(events)
  return items.filter(one => one.involvedObject?.name === name).map(({ reason, message }) => `${reason}: ${message}`)
}

async function pass(cluster: Cluster, ms: number): Promise<void> {
  await cluster.clock.advance(ms)
  await cluster.rest()
}

function scheduledCondition({ status }: Pod) {
  return status?.conditions?.find(({ type }) => type === 'PodScheduled')
}

test('a pod is bound to the node that fits, and an Event says so', async t => {
  const cluster = await start(t)
  await addNode(cluster, 'small', '1')
  await addNode(cluster, 'large', '4')
  await addPods(cluster, pod('a', '2'))
  const placed = await get(cluster, 'a')
  assert.equal(placed.spec?.nodeName, 'large')
  assert.equal(scheduledCondition(placed)?.status, 'True')
  assert.deepEqual(await told(cluster, 'a'), ['Scheduled: Successfully assigned default/a to large'])
})

test('a pod that fits nowhere says why, and is placed when a node comes', async t => {
  const cluster = await start(t)
  await addPods(cluster, pod('a', '2'))
  assert.equal(scheduledCondition(await get(cluster, 'a'))?.message, 'no nodes available to schedule pods')
  await addNode(cluster, 'small', '1')
  await addNode(cluster, 'cordoned', '4', { unschedulable: true })
  await pass(cluster, 1000)
  const { lastTransitionTime: _time, ...condition } = scheduledCondition(await get(cluster, 'a')) ?? {}
  assert.deepEqual(condition, {
    type: 'PodScheduled',
    status: 'False',
    reason: 'Unschedulable',
    message: '0/2 nodes are available: 1 Insufficient cpu, 1 node(s) were unschedulable.',
    observedGeneration: 1,
  })
  assert.ok((await told(cluster, 'a')).includes(`FailedScheduling: ${condition.message}`))
  await addNode(cluster, 'large')
  await pass(cluster, 10_000)
  assert.equal((await get(cluster, 'a')).spec?.nodeName, 'large')
})

for (const [what, makeRoom] of [
  [
    'is deleted',
    ({ client }) => client.delete(pods, { namespace: 'default', name: 'first' }, { gracePeriodSeconds: 0 }),
  ],
  [
    'ends',
    ({ client }) =>
      client.patch(
        pods,
        { namespace: 'default', name: 'first' },
        'merge',
        { status: { phase: 'Succeeded' } },
        { subresource: 'status' },
      ),
  ],
] satisfies [string, (cluster: Cluster) => Promise<unknown>][]) {
  test(`a pod that waits gets the room of one that ${what}`, async t => {
    const cluster = await start(t)
    await addNode(cluster, 'n', '2')
    await addPods(cluster, pod('first', '2'), pod('second', '2'))
    assert.equal((await get(cluster, 'second')).spec?.nodeName, undefined)
    await pass(cluster, 20_000)
    await makeRoom(cluster)
    await cluster.rest()
    assert.equal((await get(cluster, 'second')).spec?.nodeName, 'n')
  })
}

test('of pods that wait the one of higher priority is placed first', async t => {
  const cluster = await start(t)
  await addPods(cluster, pod('low', '2'), pod('high', '2', { priority: 100, preemptionPolicy: 'Never' }))
  await addNode(cluster, 'n', '2')
  await pass(cluster, 60_000)
  assert.deepEqual(await places(cluster), { low: undefined, high: 'n' })
})

test('a pod of higher priority takes the place of the cheapest victims, when they are gone', async t => {
  const cluster = await start(t)
  await addNode(cluster, 'n1', '2')
  await addNode(cluster, 'n2', '2')
  const running = { terminationGracePeriodSeconds: 30 }
  await addPods(
    cluster,
    pod('middle', '2', { ...running, priority: 50 }),
    pod('low', '2', { ...running, priority: 10 }),
  )
  const node = (await get(cluster, 'low')).spec?.nodeName
  for (const name of ['low', 'middle']) {
    const status = { phase: 'Running', startTime: '2026-01-01T00:00:00Z' }
    await cluster.client.patch(pods, { namespace: 'default', name }, 'merge', { status }, { subresource: 'status' })
  }
  await addPods(cluster, pod('high', '2', { priority: 100 }))
  const victim = await get(cluster, 'low')
  assert.ok(victim.metadata?.deletionTimestamp)
  const target = victim.status?.conditions?.find(({ type }) => type === 'DisruptionTarget')
  assert.deepEqual([target?.status, target?.reason], ['True', 'PreemptionByScheduler'])
  assert.equal((await get(cluster, 'middle')).metadata?.deletionTimestamp, undefined)
  const preemptor = await get(cluster, 'high')
  assert.equal(preemptor.spec?.nodeName, undefined)
  assert.equal(preemptor.status?.nominatedNodeName, node)
  assert.deepEqual(
    (await told(cluster, 'low')).at(-1),
    `Preempted: Preempted by pod ${preemptor.metadata?.uid} on node ${node}`,
  )

  // Meanwhile nobody of lower priority takes the room, and no other victim is made.
  await addPods(cluster, pod('late', '2', { priority: 60, preemptionPolicy: 'Never' }))
  await addNode(cluster, 'n3', '0')
  await pass(cluster, 20_000)
  assert.equal((await get(cluster, 'middle')).metadata?.deletionTimestamp, undefined)
  await cluster.client.delete(pods, { namespace: 'default', name: 'low' }, { gracePeriodSeconds: 0 })
  await pass(cluster, 10_000)
  assert.deepEqual(
    { ...(await places(cluster)), middle: undefined },
    { middle: undefined, high: node, late: undefined },
  )
})

test('a pod whose promised node goes makes room elsewhere', async t => {
  const cluster = await start(t)
  await addNode(cluster, 'n1', '2')
  await addPods(cluster, pod('first', '2', { priority: 1 }))
  await addNode(cluster, 'n2', '2')
  await addPods(cluster, pod('second', '2', { priority: 5 }))
  await addPods(cluster, pod('high', '2', { priority: 100 }))
  assert.equal((await get(cluster, 'high')).status?.nominatedNodeName, 'n1')
  await cluster.client.delete(nodes, { name: 'n1' })
  await cluster.client
    .delete(pods, { namespace: 'default', name: 'first' }, { gracePeriodSeconds: 0 })
    .catch(() => undefined)
  await pass(cluster, 400_000)
  const second = await get(cluster, 'second').catch(() => undefined)
  assert.ok(!second || second.metadata?.deletionTimestamp, 'the pod on the other node was not made to leave')
  if (second) await cluster.client.delete(pods, { namespace: 'default', name: 'second' }, { gracePeriodSeconds: 0 })
  await pass(cluster, 10_000)
  assert.equal((await get(cluster, 'high')).spec?.nodeName, 'n2')
})

test('gated pods wait until the last gate is gone; those of other schedulers are left alone', async t => {
  const cluster = await start(t)
  await addNode(cluster, 'n')
  await addPods(
    cluster,
    pod('gated', '1', { schedulingGates: [{ name: 'example.com/a' }] }),
    pod('other', '1', { schedulerName: 'mine' }),
  )
  assert.deepEqual(await places(cluster), { gated: undefined, other: undefined })
  assert.equal((await get(cluster, 'gated')).status?.conditions?.[0]?.reason, 'SchedulingGated')
  await cluster.client.patch(pods, { namespace: 'default', name: 'gated' }, 'merge', { spec: { schedulingGates: [] } })
  await cluster.rest()
  assert.deepEqual(await places(cluster), { gated: 'n', other: undefined })
})

test('a binding that is refused gives the room back and is tried again soon', async t => {
  let refusals = 1
  const cluster = await start(t, client => ({
    ...client,
    createSubresource: async (resource, key, subresource, body, options) => {
      if (key.name === 'a' && refusals-- > 0) throw unavailable('not now')
      return client.createSubresource(resource, key, subresource, body, options)
    },
  }))
  await addNode(cluster, 'n', '2')
  await addPods(cluster, pod('a', '2'))
  await addPods(cluster, pod('b', '2', { priority: 1 }))
  assert.deepEqual(await places(cluster), { a: undefined, b: 'n' })
  await cluster.client.delete(pods, { namespace: 'default', name: 'b' }, { gracePeriodSeconds: 0 })
  await pass(cluster, 1000)
  assert.deepEqual(await places(cluster), { a: 'n' })
})

test('a refused binding is tried again after its backoff though nothing changes', async t => {
  let refusals = 1
  const cluster = await start(t, client => ({
    ...client,
    createSubresource: async (resource, key, subresource, body, options) => {
      if (refusals-- > 0) throw unavailable('not now')
      return client.createSubresource(resource, key, subresource, body, options)
    },
  }))
  await addNode(cluster, 'n', '2')
  await addPods(cluster, pod('a', '2'))
  assert.deepEqual(await places(cluster), { a: undefined })
  await pass(cluster, 1000)
  assert.deepEqual(await places(cluster), { a: 'n' })
})

test('a pod that somebody else binds counts where it is', async t => {
  const cluster = await start(t)
  await addNode(cluster, 'n', '2')
  await addPods(cluster, pod('static', '2', { nodeName: 'n' }), pod('a', '1'))
  assert.deepEqual(await places(cluster), { static: 'n', a: undefined })
})

test('500 pods spread evenly over 50 nodes', async t => {
  const cluster = await start(t)
  for (let i = 0; i < 50; i++) await addNode(cluster, `n${i}`)
  await addPods(cluster, ...Array.from({ length: 500 }, (_, i) => pod(`p${i}`, '100m')))
  const perNode = Object.groupBy(Object.values(await places(cluster)), node => node ?? 'none')
  const sizes = Object.values(perNode).map(list => list?.length ?? 0)
  assert.deepEqual([sizes.length, Math.min(...sizes), Math.max(...sizes)], [50, 10, 10])
})
