import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Deployment, DeploymentSpec, ReplicaSet } from '@petrel/machinery/api/apps-v1'
import type { Pod } from '@petrel/machinery/api/core-v1'
import { deployments, pods, replicaSets } from '@petrel/machinery/kinds'
import { forbidden } from '@petrel/machinery/status'
import { draft } from '../../client/index.ts'
import { replicaSetController } from '../replica-set/index.ts'
import { eventsAbout, podsWith, report, startTestCluster, type TestCluster } from '../testing/index.ts'
import { revisionAnnotation } from './annotations.ts'
import { deploymentController } from './index.ts'
import { templateHash } from './template-hash.ts'

const key = { namespace: 'default', name: 'web' }
const web = { app: 'web' }

function deployment(image: string, spec: Partial<DeploymentSpec> = {}): Deployment {
  return {
    metadata: key,
    spec: {
      replicas: 4,
      selector: { matchLabels: web },
      template: { metadata: { labels: web }, spec: { containers: [{ name: 'main', image }] } },
      ...spec,
    },
  }
}

async function start(
  spec: Partial<DeploymentSpec> = {},
  options: Parameters<typeof startTestCluster>[1] = {},
): Promise<TestCluster> {
  const cluster = await startTestCluster([deploymentController(), replicaSetController()], options)
  await cluster.client.create(deployments, deployment('v1', spec))
  await cluster.settled()
  return cluster
}

function get({ client }: TestCluster): Promise<Deployment> {
  return client.get(deployments, key)
}

async function patch({ client, settled }: TestCluster, spec: object): Promise<void> {
  await client.patch(deployments, key, 'strategic', { spec })
  await settled()
}

function setImage(cluster: TestCluster, image: string): Promise<void> {
  return patch(cluster, { template: { spec: { containers: [{ name: 'main', image }] } } })
}

function imageOf({ spec }: ReplicaSet): string {
  return spec?.template?.spec?.containers[0]?.image ?? ''
}

async function setOf({ client }: TestCluster, image: string): Promise<ReplicaSet | undefined> {
  return (await client.list(replicaSets)).items.find(set => imageOf(set) === image)
}

/** Image to size, of all replica sets. */
async function sizes({ client }: TestCluster): Promise<Record<string, number | undefined>> {
  const { items } = await client.list(replicaSets)
  return Object.fromEntries(items.map(set => [imageOf(set), set.spec?.replicas] as const).sort())
}

function isLive({ metadata }: Pod): boolean {
  return !metadata?.deletionTimestamp
}

/** What kubelets do: pods that are going are gone, and up to `count` more are ready. */
async function step(cluster: TestCluster, count = Number.POSITIVE_INFINITY): Promise<void> {
  let left = count
  for (const pod of await podsWith(cluster)) {
    if (!isLive(pod)) await cluster.client.delete(pods, pod.metadata as typeof key, { gracePeriodSeconds: 0 })
    else if (pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True')) continue
    else if (left-- > 0) await report(cluster, pod, 'ready')
  }
  await cluster.settled()
}

/** Steps until nothing moves any more; calls back after each. */
async function rollOut(cluster: TestCluster, look: () => Promise<void> = async () => {}): Promise<void> {
  for (let before = ''; ; ) {
    await step(cluster)
    await look()
    const now = JSON.stringify([await sizes(cluster), (await get(cluster)).status])
    if (now === before) return
    before = now
  }
}

/** `type status reason` of each condition. */
function conditions({ status }: Deployment): string[] {
  return (status?.conditions ?? []).map(({ type, status, reason }) => `${type} ${status} ${reason}`).sort()
}

const complete = ['Available True MinimumReplicasAvailable', 'Progressing True NewReplicaSetAvailable']

test('a deployment makes one replica set and is complete when its pods are', async () => {
  const cluster = await start()
  const set = await setOf(cluster, 'v1')
  const { metadata, spec } = await get(cluster)
  const hash = templateHash(spec?.template, undefined)
  assert.equal(set?.metadata?.name, `web-${hash}`)
  assert.deepEqual(set?.spec?.selector, { matchLabels: { app: 'web', 'pod-template-hash': hash } })
  assert.deepEqual(set?.metadata?.labels, { app: 'web', 'pod-template-hash': hash })
  assert.deepEqual(set?.metadata?.annotations, {
    [revisionAnnotation]: '1',
    'deployment.kubernetes.io/desired-replicas': '4',
    'deployment.kubernetes.io/max-replicas': '5',
  })
  const [owner] = set?.metadata?.ownerReferences ?? []
  assert.deepEqual([owner?.kind, owner?.uid, owner?.controller], ['Deployment', metadata?.uid, true])
  assert.equal(metadata?.annotations?.[revisionAnnotation], '1')
  assert.deepEqual(conditions(await get(cluster)), [
    'Available False MinimumReplicasUnavailable',
    'Progressing True ReplicaSetUpdated',
  ])
  assert.deepEqual(await eventsAbout(cluster, 'web'), [
    `ScalingReplicaSet: Scaled up replica set web-${hash} from 0 to 4`,
  ])

  await step(cluster)
  const { status } = await get(cluster)
  const { conditions: _conditions, ...counts } = status ?? {}
  assert.deepEqual(counts, {
    observedGeneration: 1,
    replicas: 4,
    updatedReplicas: 4,
    readyReplicas: 4,
    availableReplicas: 4,
    terminatingReplicas: 0,
  })
  assert.deepEqual(conditions(await get(cluster)), complete)
  const progressing = status?.conditions?.find(({ type }) => type === 'Progressing')
  assert.equal(progressing?.message, `ReplicaSet "web-${hash}" has successfully progressed.`)
  await cluster.close()
})

for (const { maxSurge, maxUnavailable, most, least } of [
  { maxSurge: 1, maxUnavailable: 0, most: 5, least: 4 },
  { maxSurge: 0, maxUnavailable: 1, most: 4, least: 3 },
  { maxSurge: '25%', maxUnavailable: '25%', most: 5, least: 3 },
  { maxSurge: '100%', maxUnavailable: 0, most: 8, least: 4 },
  { maxSurge: 0, maxUnavailable: '100%', most: 4, least: 0 },
]) {
  test(`a new image rolls out within maxSurge ${maxSurge} and maxUnavailable ${maxUnavailable}`, async () => {
    const cluster = await start({ strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge, maxUnavailable } } })
    await rollOut(cluster)
    const check = async (): Promise<void> => {
      const { status } = await get(cluster)
      const wanted = Object.values(await sizes(cluster)).reduce<number>((sum, size) => sum + (size ?? 0), 0)
      assert.ok(wanted <= most, `${wanted} pods are more than ${most}`)
      assert.ok((status?.availableReplicas ?? 0) >= least, `${status?.availableReplicas} available, less than ${least}`)
    }
    await setImage(cluster, 'v2')
    await check()
    assert.equal((await get(cluster)).status?.observedGeneration, 2)
    await rollOut(cluster, check)
    assert.deepEqual(await sizes(cluster), { v1: 0, v2: 4 })
    assert.deepEqual(conditions(await get(cluster)), complete)
    assert.deepEqual(new Set((await podsWith(cluster)).map(pod => pod.spec?.containers[0]?.image)), new Set(['v2']))
    await cluster.close()
  })
}

test('a new image that never becomes ready takes no more than maxUnavailable, and can be taken back', async () => {
  const cluster = await start()
  await rollOut(cluster)
  await setImage(cluster, 'broken')
  for (let i = 0; i < 5; i++) await step(cluster, 0)
  assert.deepEqual(await sizes(cluster), { broken: 2, v1: 3 })
  assert.ok(conditions(await get(cluster)).includes('Available True MinimumReplicasAvailable'))
  await setImage(cluster, 'v1')
  await rollOut(cluster)
  assert.deepEqual(await sizes(cluster), { broken: 0, v1: 4 })
  await cluster.close()
})

test('Recreate makes nothing new before the last old pod is gone', async () => {
  const cluster = await start({ replicas: 2, strategy: { type: 'Recreate' } })
  await rollOut(cluster)
  await setImage(cluster, 'v2')
  assert.deepEqual(await sizes(cluster), { v1: 0 })
  const [first, second] = await podsWith(cluster)
  assert.ok(first && second && !isLive(first) && !isLive(second))
  await cluster.client.delete(pods, first.metadata as typeof key, { gracePeriodSeconds: 0 })
  await cluster.settled()
  assert.deepEqual(await sizes(cluster), { v1: 0 })
  // It has ended, though it is still there.
  await report(cluster, second, 'succeeded')
  await cluster.settled()
  assert.deepEqual(await sizes(cluster), { v1: 0, v2: 2 })
  await rollOut(cluster)
  assert.deepEqual(conditions(await get(cluster)), complete)
  await cluster.close()
})

test('a rollback uses the old replica set again, under a new revision', async () => {
  const cluster = await start()
  await rollOut(cluster)
  const first = await setOf(cluster, 'v1')
  await setImage(cluster, 'v2')
  await rollOut(cluster)
  await setImage(cluster, 'v1')
  await rollOut(cluster)
  assert.deepEqual(await sizes(cluster), { v1: 4, v2: 0 })
  const again = await setOf(cluster, 'v1')
  assert.equal(again?.metadata?.uid, first?.metadata?.uid)
  assert.equal(again?.metadata?.annotations?.[revisionAnnotation], '3')
  assert.equal(again?.metadata?.annotations?.['deployment.kubernetes.io/revision-history'], '1')
  assert.equal((await setOf(cluster, 'v2'))?.metadata?.annotations?.[revisionAnnotation], '2')
  assert.equal((await get(cluster)).metadata?.annotations?.[revisionAnnotation], '3')
  assert.deepEqual(conditions(await get(cluster)), complete)
  await cluster.close()
})

test('annotations of the deployment go to the current replica set, kubectl’s own excepted', async () => {
  const cluster = await start()
  const annotations = {
    'kubernetes.io/change-cause': 'because',
    'kubectl.kubernetes.io/last-applied-configuration': '{}',
  }
  await cluster.client.patch(deployments, key, 'merge', { metadata: { annotations } })
  await cluster.settled()
  const set = await setOf(cluster, 'v1')
  assert.equal(set?.metadata?.annotations?.['kubernetes.io/change-cause'], 'because')
  assert.equal(set?.metadata?.annotations?.['kubectl.kubernetes.io/last-applied-configuration'], undefined)
  await cluster.close()
})

test('only revisionHistoryLimit old replica sets stay, the newest', async () => {
  const cluster = await start({ replicas: 1, revisionHistoryLimit: 2 })
  for (const image of ['v2', 'v3', 'v4', 'v5']) {
    await rollOut(cluster)
    await setImage(cluster, image)
  }
  await rollOut(cluster)
  assert.deepEqual(await sizes(cluster), { v3: 0, v4: 0, v5: 1 })
  await cluster.close()
})

test('a paused deployment makes nothing new but scales, is not held to its deadline, and goes on when resumed', async () => {
  const cluster = await start({ replicas: 2, progressDeadlineSeconds: 60 })
  await rollOut(cluster)
  await patch(cluster, { paused: true })
  await setImage(cluster, 'v2')
  assert.deepEqual(await sizes(cluster), { v1: 2 })
  assert.ok(conditions(await get(cluster)).includes('Progressing Unknown DeploymentPaused'))
  await patch(cluster, { replicas: 3 })
  assert.deepEqual(await sizes(cluster), { v1: 3 })
  await step(cluster)
  await cluster.pass(600_000)
  assert.ok(conditions(await get(cluster)).includes('Progressing Unknown DeploymentPaused'))
  await patch(cluster, { paused: false })
  await rollOut(cluster)
  assert.deepEqual(await sizes(cluster), { v1: 0, v2: 3 })
  assert.deepEqual(conditions(await get(cluster)), complete)
  await cluster.close()
})

test('scaling in the midst of a rolling update shares the pods in proportion', async () => {
  const strategy = { type: 'RollingUpdate', rollingUpdate: { maxSurge: 3, maxUnavailable: 2 } }
  const cluster = await start({ replicas: 10, strategy })
  await rollOut(cluster)
  await setImage(cluster, 'v2')
  for (let i = 0; i < 5; i++) await step(cluster, 0)
  assert.deepEqual(await sizes(cluster), { v1: 8, v2: 5 })
  await patch(cluster, { replicas: 15 })
  // The example of the Kubernetes documentation.
  assert.deepEqual(await sizes(cluster), { v1: 11, v2: 7 })
  await rollOut(cluster)
  assert.deepEqual(await sizes(cluster), { v1: 0, v2: 15 })
  await patch(cluster, { replicas: 0 })
  await step(cluster)
  assert.deepEqual(await sizes(cluster), { v1: 0, v2: 0 })
  await cluster.close()
})

test('a rollout that does not move for progressDeadlineSeconds says so, and recovers', async () => {
  const cluster = await start({ replicas: 2, progressDeadlineSeconds: 60 })
  await cluster.pass(30_000)
  await step(cluster, 1)
  await cluster.pass(59_000)
  assert.ok(conditions(await get(cluster)).includes('Progressing True ReplicaSetUpdated'))
  await cluster.pass(3_000)
  const stuck = (await get(cluster)).status?.conditions?.find(({ type }) => type === 'Progressing')
  assert.deepEqual([stuck?.status, stuck?.reason], ['False', 'ProgressDeadlineExceeded'])
  assert.match(stuck?.message ?? '', /^ReplicaSet "web-\w+" has timed out progressing\.$/)
  await cluster.pass(600_000)
  await step(cluster)
  assert.deepEqual(conditions(await get(cluster)), complete)
  await cluster.close()
})

test('minReadySeconds holds a rollout up, and reaches the replica set when it changes', async () => {
  const cluster = await start({ replicas: 1, minReadySeconds: 10 })
  await step(cluster)
  assert.ok(conditions(await get(cluster)).includes('Available False MinimumReplicasUnavailable'))
  await cluster.pass(10_000)
  assert.deepEqual(conditions(await get(cluster)), complete)
  await patch(cluster, { minReadySeconds: 5 })
  assert.equal((await setOf(cluster, 'v1'))?.spec?.minReadySeconds, 5)
  await cluster.close()
})

test('a name that another template has taken costs a collision count, and then works', async () => {
  const cluster = await startTestCluster([deploymentController(), replicaSetController()])
  const { client } = cluster
  // The hash is of the template as the server keeps it.
  const { spec } = await client.create(deployments, deployment('v1'), { dryRun: true })
  const name = `web-${templateHash(spec?.template, undefined)}`
  const other = draft(deployment('other').spec!)
  await client.create(replicaSets, {
    metadata: { namespace: 'default', name },
    spec: {
      replicas: 0,
      selector: { matchLabels: { app: 'other' } },
      template: { ...other.template, metadata: { labels: { app: 'other' } } },
    },
  })
  await client.create(deployments, deployment('v1'))
  await cluster.settled()
  await cluster.pass(1_000)
  const { status } = await get(cluster)
  assert.equal(status?.collisionCount, 1)
  const set = await setOf(cluster, 'v1')
  assert.equal(set?.metadata?.name, `web-${templateHash((await get(cluster)).spec?.template, 1)}`)
  assert.equal(set?.spec?.replicas, 4)
  await cluster.close()
})

for (const [refused, expected] of [
  ['ReplicaSet', ['Available False MinimumReplicasUnavailable', 'Progressing False ReplicaSetCreateError']],
  [
    'Pod',
    [
      'Available False MinimumReplicasUnavailable',
      'Progressing True NewReplicaSetCreated',
      'ReplicaFailure True FailedCreate',
    ],
  ],
] as const) {
  test(`a refused ${refused} shows in the conditions`, async () => {
    const plugin = {
      name: 'Quota',
      validate({ kind, operation }: { kind: { kind: string }; operation: string }) {
        if (kind.kind === refused && operation === 'CREATE') throw forbidden(pods, 'x', 'exceeded quota')
      },
    }
    const cluster = await start({}, { admission: [plugin] })
    assert.deepEqual(conditions(await get(cluster)), expected)
    if (refused === 'ReplicaSet') {
      const [told] = await eventsAbout(cluster, 'web')
      assert.match(told ?? '', /^ReplicaSetCreateError: Failed to create new replica set "web-\w+": .*exceeded quota$/)
    }
    await cluster.close()
  })
}

test('a replica set of the template that has no owner is adopted; one whose labels change is released', async () => {
  const cluster = await start({ replicas: 1 })
  const set = await setOf(cluster, 'v1')
  const setKey = set?.metadata as typeof key
  await cluster.client.patch(replicaSets, setKey, 'merge', { metadata: { ownerReferences: null } })
  await cluster.settled()
  const adopted = await cluster.client.get(replicaSets, setKey)
  assert.equal(adopted.metadata?.ownerReferences?.[0]?.kind, 'Deployment')
  assert.equal((await cluster.client.list(replicaSets)).items.length, 1)
  await cluster.client.patch(replicaSets, setKey, 'merge', { metadata: { labels: { app: 'mine' } } })
  await cluster.settled()
  const released = await cluster.client.get(replicaSets, setKey)
  assert.deepEqual(released.metadata?.ownerReferences ?? [], [])
  await cluster.close()
})

test('a deployment that is being deleted makes nothing any more', async () => {
  const cluster = await start({ replicas: 1 })
  await cluster.client.patch(deployments, key, 'merge', { metadata: { finalizers: ['test/hold'] } })
  await cluster.client.delete(deployments, key)
  await setImage(cluster, 'v2')
  assert.deepEqual(await sizes(cluster), { v1: 1 })
  await cluster.close()
})

test('a complete deployment is at rest: looking at it again writes nothing', async () => {
  const cluster = await start()
  await rollOut(cluster)
  const before = cluster.store.revision
  await cluster.client.patch(pods, (await podsWith(cluster))[0]?.metadata as typeof key, 'merge', {
    metadata: { annotations: { a: 'b' } },
  })
  await cluster.pass(3_600_000)
  assert.equal(cluster.store.revision, before + 1)
  await cluster.close()
})
