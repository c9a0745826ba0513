import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ReplicaSet, ReplicaSetSpec } from '@petrel/machinery/api/apps-v1'
import type { Pod } from '@petrel/machinery/api/core-v1'
import { pods, replicaSets, replicationControllers } from '@petrel/machinery/kinds'
import { forbidden } from '@petrel/machinery/status'
import { eventsAbout, podsWith, report, runPod, startTestCluster, type TestCluster } from '../testing/index.ts'
import { replicaSetController, replicationControllerController } from './index.ts'

const key = { namespace: 'default', name: 'web' }
const web = { app: 'web' }

function replicaSet(spec: Partial<ReplicaSetSpec> = {}): ReplicaSet {
  return {
    metadata: key,
    spec: {
      replicas: 3,
      selector: { matchLabels: web },
      template: { metadata: { labels: web }, spec: { containers: [{ name: 'main', image: 'image' }] } },
      ...spec,
    },
  }
}

async function start(
  spec: Partial<ReplicaSetSpec> = {},
  options: Parameters<typeof startTestCluster>[1] = {},
): Promise<TestCluster> {
  const cluster = await startTestCluster([replicaSetController()], options)
  await cluster.client.create(replicaSets, replicaSet(spec))
  await cluster.settled()
  return cluster
}

async function scale({ client, settled }: TestCluster, replicas: number): Promise<void> {
  await client.patch(replicaSets, key, 'merge', { spec: { replicas } })
  await settled()
}

function namesOf(list: readonly Pod[]): string[] {
  return list.map(({ metadata }) => metadata?.name ?? '')
}

async function statusOf({ client }: TestCluster) {
  return (await client.get(replicaSets, key)).status
}

test('a replica set creates its pods, counts them, and says so', async () => {
  const cluster = await start()
  const created = await podsWith(cluster)
  assert.equal(created.length, 3)
  const [pod] = created
  assert.match(pod?.metadata?.name ?? '', /^web-[a-z0-9]{5}$/)
  assert.deepEqual(pod?.metadata?.labels, web)
  const { uid } = (await cluster.client.get(replicaSets, key)).metadata ?? {}
  assert.deepEqual(pod?.metadata?.ownerReferences, [
    { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web', uid, controller: true, blockOwnerDeletion: true },
  ])
  assert.deepEqual(await statusOf(cluster), {
    replicas: 3,
    fullyLabeledReplicas: 3,
    observedGeneration: 1,
    terminatingReplicas: 0,
  })
  const told = (await eventsAbout(cluster, 'web')).sort()
  assert.deepEqual(
    told,
    namesOf(created)
      .map(name => `SuccessfulCreate: Created pod: ${name}`)
      .sort(),
  )

  for (const pod of created.slice(0, 2)) await report(cluster, pod, 'ready')
  await cluster.settled()
  assert.deepEqual(await statusOf(cluster), {
    replicas: 3,
    fullyLabeledReplicas: 3,
    readyReplicas: 2,
    availableReplicas: 2,
    observedGeneration: 1,
    terminatingReplicas: 0,
  })
  await cluster.close()
})

for (const [what, lose] of [
  ['deleted', (cluster, pod) => cluster.client.delete(pods, pod.metadata as typeof key)],
  ['failed', (cluster, pod) => report(cluster, pod, 'failed')],
  ['finished', (cluster, pod) => report(cluster, pod, 'succeeded')],
  [
    'relabelled',
    (cluster, pod) => cluster.client.patch(pods, pod.metadata as typeof key, 'merge', { metadata: { labels: null } }),
  ],
] satisfies [string, (cluster: TestCluster, pod: Pod) => Promise<unknown>][]) {
  test(`a pod that is ${what} is replaced by one other`, async () => {
    const cluster = await start({ replicas: 2 })
    const before = await podsWith(cluster)
    await lose(cluster, before[0]!)
    await cluster.settled()
    const active = (await podsWith(cluster, web)).filter(
      ({ status }) => status?.phase !== 'Failed' && status?.phase !== 'Succeeded',
    )
    assert.equal(active.length, 2)
    assert.deepEqual(
      namesOf(active).filter(name => namesOf(before).includes(name)),
      [before[1]?.metadata?.name],
    )
    await cluster.close()
  })
}

test('a relabelled pod is released and lives on without an owner', async () => {
  const cluster = await start({ replicas: 1 })
  const [pod] = await podsWith(cluster)
  await cluster.client.patch(pods, pod?.metadata as typeof key, 'merge', { metadata: { labels: { app: 'other' } } })
  await cluster.settled()
  const [released] = await podsWith(cluster, { app: 'other' })
  assert.deepEqual(released?.metadata?.ownerReferences ?? [], [])
  await cluster.close()
})

test('orphans that match are adopted instead of creating pods; those of others, and those going, are not', async () => {
  const cluster = await startTestCluster([replicaSetController()])
  await runPod(cluster, 'orphan', { labels: web })
  await runPod(cluster, 'ended', { labels: web, phase: 'Failed' })
  await runPod(cluster, 'going', { labels: web, metadata: { finalizers: ['test/hold'] } })
  await cluster.client.delete(pods, { namespace: 'default', name: 'going' })
  const other = { apiVersion: 'v1', kind: 'Other', name: 'o', uid: 'o', controller: true }
  await runPod(cluster, 'owned', { labels: web, metadata: { ownerReferences: [other] } })
  await cluster.client.create(replicaSets, replicaSet({ replicas: 2 }))
  await cluster.settled()
  const controllers = Object.fromEntries(
    (await podsWith(cluster)).map(({ metadata }) => [metadata?.name, metadata?.ownerReferences?.[0]?.kind]),
  )
  const { orphan, ended, going, owned, ...created } = controllers
  assert.deepEqual(
    { orphan, ended, going, owned },
    {
      orphan: 'ReplicaSet',
      ended: 'ReplicaSet',
      going: undefined,
      owned: 'Other',
    },
  )
  assert.deepEqual(Object.values(created), ['ReplicaSet'])

  // An orphan that comes later is one too many.
  await cluster.client.create(pods, {
    metadata: { namespace: 'default', name: 'late', labels: web },
    spec: { containers: [{ name: 'main', image: 'image' }] },
  })
  await cluster.settled()
  assert.equal((await statusOf(cluster))?.replicas, 2)
  await cluster.close()
})

test('an owner that is being deleted adopts and creates nothing', async () => {
  const cluster = await start({ replicas: 1 })
  await cluster.client.patch(replicaSets, key, 'merge', { metadata: { finalizers: ['test/hold'] } })
  await cluster.client.delete(replicaSets, key)
  await runPod(cluster, 'orphan', { labels: web })
  await scale(cluster, 5)
  const list = await podsWith(cluster)
  assert.equal(list.length, 2)
  assert.deepEqual(list.find(({ metadata }) => metadata?.name === 'orphan')?.metadata?.ownerReferences ?? [], [])
  await cluster.close()
})

test('scaling down deletes as many as are too many, the least useful first', async () => {
  const cluster = await start({ replicas: 4 })
  const list = await podsWith(cluster)
  await report(cluster, list[0]!, 'ready')
  await report(cluster, list[1]!, 'running')
  await report(cluster, list[2]!, 'ready')
  await cluster.settled()
  await scale(cluster, 2)
  const kept = (await podsWith(cluster)).filter(({ metadata }) => !metadata?.deletionTimestamp)
  assert.deepEqual(namesOf(kept), namesOf([list[0]!, list[2]!]))
  assert.ok((await eventsAbout(cluster, 'web')).includes(`SuccessfulDelete: Deleted pod: ${list[3]?.metadata?.name}`))
  assert.equal((await statusOf(cluster))?.replicas, 2)
  // The one that ran waits for its grace period.
  assert.equal((await statusOf(cluster))?.terminatingReplicas, 1)
  await scale(cluster, 0)
  assert.deepEqual(await statusOf(cluster), { replicas: 0, observedGeneration: 3, terminatingReplicas: 3 })
  await cluster.close()
})

test('what is refused shows as a condition and an Event, is asked for slowly, and goes away', async () => {
  let quota = 0
  const asked: string[] = []
  const refuse = {
    name: 'Quota',
    validate({ kind, operation, subresource }: { kind: { kind: string }; operation: string; subresource: string }) {
      if (kind.kind !== 'Pod' || operation !== 'CREATE' || subresource !== '') return
      asked.push(kind.kind)
      if (asked.length > quota) throw forbidden(pods, 'web-', 'exceeded quota: q')
    },
  }
  const cluster = await start({ replicas: 20 }, { admission: [refuse] })
  // Once for itself, and once for the status that said so; after that with growing delays.
  assert.equal(asked.length, 2)
  const status = await statusOf(cluster)
  assert.equal(status?.replicas, 0)
  assert.deepEqual(status?.conditions, [
    {
      type: 'ReplicaFailure',
      status: 'True',
      lastTransitionTime: '2026-01-01T00:00:00Z',
      reason: 'FailedCreate',
      message: 'pods "web-" is forbidden: exceeded quota: q',
    },
  ])
  assert.ok(
    (await eventsAbout(cluster, 'web')).includes(
      'FailedCreate: Error creating: pods "web-" is forbidden: exceeded quota: q',
    ),
  )
  asked.length = 0
  quota = 1000
  await cluster.pass(60_000)
  assert.equal((await statusOf(cluster))?.replicas, 20)
  assert.equal((await statusOf(cluster))?.conditions, undefined)
  await cluster.close()
})

test('with minReadySeconds a pod is available when it was ready for that long', async () => {
  const cluster = await start({ replicas: 1, minReadySeconds: 10 })
  const [pod] = await podsWith(cluster)
  await report(cluster, pod!, 'ready')
  await cluster.pass(9_000)
  assert.equal((await statusOf(cluster))?.readyReplicas, 1)
  assert.equal((await statusOf(cluster))?.availableReplicas, undefined)
  await cluster.pass(1_000)
  assert.equal((await statusOf(cluster))?.availableReplicas, 1)
  await cluster.close()
})

test('fullyLabeledReplicas counts the pods that have all labels of the template', async () => {
  const cluster = await start({ replicas: 1 })
  await cluster.client.patch(replicaSets, key, 'merge', {
    spec: { template: { metadata: { labels: { track: 'new' } } }, replicas: 2 },
  })
  await cluster.settled()
  assert.equal((await statusOf(cluster))?.replicas, 2)
  assert.equal((await statusOf(cluster))?.fullyLabeledReplicas, 1)
  await cluster.close()
})

test('a controller that starts anew finds its pods and makes none', async () => {
  const cluster = await start({ replicas: 3 })
  const before = namesOf(await podsWith(cluster))
  await cluster.running.close()
  const { startControllers } = await import('../start-controllers.ts')
  const again = startControllers(cluster.client, [replicaSetController()], cluster)
  await again.ready()
  for (let turn = 0; turn < 50 || !again.idle(); turn++) await new Promise(resolve => setImmediate(resolve))
  assert.deepEqual(namesOf(await podsWith(cluster)), before)
  await again.close()
  await cluster.close()
})

test('500 pods are made at once and no more, then the rest', async () => {
  const cluster = await start({ replicas: 620 })
  assert.equal((await podsWith(cluster)).length, 620)
  assert.equal((await statusOf(cluster))?.replicas, 620)
  await cluster.close()
})

test('a replication controller does the same, with the labels of its template as selector', async () => {
  const cluster = await startTestCluster([replicationControllerController()])
  const { client, settled } = cluster
  await runPod(cluster, 'orphan', { labels: web })
  await client.create(replicationControllers, {
    metadata: key,
    spec: { replicas: 2, template: { metadata: { labels: web }, spec: { containers: [{ name: 'a', image: 'i' }] } } },
  })
  await settled()
  const list = await podsWith(cluster)
  assert.equal(list.length, 2)
  assert.deepEqual(
    new Set(list.map(({ metadata }) => metadata?.ownerReferences?.[0]?.kind)),
    new Set(['ReplicationController']),
  )
  const { status } = await client.get(replicationControllers, key)
  assert.deepEqual(status, {
    replicas: 2,
    fullyLabeledReplicas: 2,
    readyReplicas: 1,
    availableReplicas: 1,
    observedGeneration: 1,
  })
  const told = await eventsAbout(cluster, 'web')
  assert.equal(told.filter(words => words.startsWith('SuccessfulCreate: ')).length, 1)
  await client.patch(replicationControllers, key, 'merge', { spec: { replicas: 1 } })
  await settled()
  assert.deepEqual(namesOf(await podsWith(cluster)), ['orphan'])
  await cluster.close()
})
