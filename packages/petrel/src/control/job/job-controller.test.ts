import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Job, JobSpec } from '@petrel/machinery/api/batch-v1'
import type { Pod } from '@petrel/machinery/api/core-v1'
import { jobs, pods } from '@petrel/machinery/kinds'
import { startControllers } from '../start-controllers.ts'
import { eventsAbout, podsWith, report, startTestCluster, type TestCluster } from '../testing/index.ts'
import { ttlAfterFinishedController } from '../ttl-after-finished/index.ts'
import { jobController, jobOrphanPodController } from './index.ts'
import { indexAnnotation, trackingFinalizer } from './job-pods.ts'

const key = { namespace: 'default', name: 'work' }

async function start(spec: Partial<JobSpec> = {}): Promise<TestCluster> {
  const cluster = await startTestCluster([jobController(), jobOrphanPodController()])
  const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'image' }] } }
  await cluster.client.create(jobs, { metadata: key, spec: { template, ...spec } })
  await cluster.settled()
  return cluster
}

function get({ client }: TestCluster): Promise<Job> {
  return client.get(jobs, key)
}

/** Pods that neither ended nor are going. */
async function active(cluster: TestCluster): Promise<readonly Pod[]> {
  return (await podsWith(cluster)).filter(
    ({ metadata, status }) => !metadata?.deletionTimestamp && !['Succeeded', 'Failed'].includes(status?.phase ?? ''),
  )
}

/** What the first active pod does. */
async function next(cluster: TestCluster, step: 'ready' | 'succeeded' | 'failed', restarts?: number): Promise<void> {
  const [pod] = await active(cluster)
  assert.ok(pod, `no active pod that could be ${step}`)
  await report(cluster, pod, step, restarts)
  await cluster.settled()
}

async function drain(cluster: TestCluster): Promise<void> {
  for (const { metadata } of await podsWith(cluster)) {
    if (metadata?.deletionTimestamp)
      await cluster.client.delete(pods, metadata as typeof key, { gracePeriodSeconds: 0 })
  }
  await cluster.settled()
}

/** The conditions that are True, as `type reason`. */
function conditions({ status }: Job): string[] {
  return (status?.conditions ?? []).filter(one => one.status === 'True').map(({ type, reason }) => `${type} ${reason}`)
}

function counts({ status }: Job): Record<string, number | undefined> {
  const { active = 0, succeeded = 0, failed = 0, ready, terminating } = status ?? {}
  return { active, succeeded, failed, ready, terminating }
}

test('a job runs its pods, counts them, and is complete', async () => {
  const cluster = await start({ completions: 3, parallelism: 2 })
  assert.equal((await active(cluster)).length, 2)
  const [pod] = await active(cluster)
  assert.match(pod?.metadata?.name ?? '', /^work-[a-z0-9]{5}$/)
  assert.deepEqual(pod?.metadata?.finalizers, [trackingFinalizer])
  assert.deepEqual(counts(await get(cluster)), { active: 2, succeeded: 0, failed: 0, ready: 0, terminating: 0 })
  await next(cluster, 'ready')
  assert.equal((await get(cluster)).status?.ready, 1)
  await cluster.pass(5_000)
  await next(cluster, 'succeeded')
  assert.equal((await active(cluster)).length, 2)
  await next(cluster, 'succeeded')
  assert.equal((await active(cluster)).length, 1)
  await next(cluster, 'succeeded')
  const job = await get(cluster)
  assert.deepEqual(counts(job), { active: 0, succeeded: 3, failed: 0, ready: 0, terminating: 0 })
  assert.deepEqual(conditions(job), ['SuccessCriteriaMet CompletionsReached', 'Complete CompletionsReached'])
  assert.equal(job.status?.conditions?.[1]?.message, 'Reached expected number of succeeded pods')
  assert.equal(job.status?.startTime, '2026-01-01T00:00:00Z')
  assert.equal(job.status?.completionTime, '2026-01-01T00:00:05Z')
  assert.deepEqual(job.status?.uncountedTerminatedPods, {})
  const list = await podsWith(cluster)
  assert.equal(list.length, 3)
  assert.deepEqual(
    list.flatMap(({ metadata }) => metadata?.finalizers ?? []),
    [],
  )
  const told = await eventsAbout(cluster, 'work')
  assert.equal(told.filter(words => words.startsWith('SuccessfulCreate: Created pod: work-')).length, 3)
  assert.equal(told.at(-1), 'Completed: Job completed')
  await cluster.close()
})

test('a work queue makes no more pods after the first success, and is complete when all have ended', async () => {
  const cluster = await start({ parallelism: 3 })
  assert.equal((await active(cluster)).length, 3)
  await next(cluster, 'succeeded')
  assert.equal((await active(cluster)).length, 2)
  assert.deepEqual(conditions(await get(cluster)), [])
  await next(cluster, 'failed')
  await next(cluster, 'succeeded')
  assert.deepEqual(counts(await get(cluster)), { active: 0, succeeded: 2, failed: 1, ready: 0, terminating: 0 })
  assert.ok(conditions(await get(cluster)).includes('Complete CompletionsReached'))
  await cluster.close()
})

test('an indexed job has one pod for each index, and replaces the one that failed', async () => {
  const cluster = await start({ completionMode: 'Indexed', completions: 4, parallelism: 3 })
  const indexes = async (): Promise<string[]> =>
    (await active(cluster)).map(({ metadata }) => metadata?.annotations?.[indexAnnotation] ?? '').sort()
  assert.deepEqual(await indexes(), ['0', '1', '2'])
  const byIndex = async (index: string): Promise<Pod> =>
    (await active(cluster)).find(({ metadata }) => metadata?.annotations?.[indexAnnotation] === index)!
  await report(cluster, await byIndex('1'), 'succeeded')
  await cluster.settled()
  assert.deepEqual(await indexes(), ['0', '2', '3'])
  assert.equal((await get(cluster)).status?.completedIndexes, '1')
  await report(cluster, await byIndex('0'), 'failed')
  await cluster.settled()
  assert.deepEqual(await indexes(), ['2', '3'])
  await cluster.pass(10_000)
  assert.deepEqual(await indexes(), ['0', '2', '3'])
  for (const index of ['3', '2', '0']) {
    await report(cluster, await byIndex(index), 'succeeded')
    await cluster.settled()
  }
  const job = await get(cluster)
  assert.equal(job.status?.completedIndexes, '0-3')
  assert.deepEqual(counts(job), { active: 0, succeeded: 4, failed: 1, ready: 0, terminating: 0 })
  assert.ok(conditions(job).includes('Complete CompletionsReached'))
  await cluster.close()
})

test('an indexed job keeps one of two pods with the same index, and none without one', async () => {
  const cluster = await start({ completionMode: 'Indexed', completions: 2, parallelism: 2 })
  const list = await active(cluster)
  for (const [i, index] of [
    [0, '1'],
    [1, undefined],
  ] as const) {
    const copy = list.find(({ metadata }) => metadata?.annotations?.[indexAnnotation] === '1')!
    await cluster.client.create(pods, {
      metadata: {
        namespace: 'default',
        name: `stray-${i}`,
        labels: copy.metadata?.labels ?? {},
        ownerReferences: copy.metadata?.ownerReferences ?? [],
        finalizers: [trackingFinalizer],
        ...(index !== undefined && { annotations: { [indexAnnotation]: index } }),
      },
      spec: { containers: [{ name: 'main', image: 'image' }] },
    })
  }
  await cluster.settled()
  assert.deepEqual((await active(cluster)).map(({ metadata }) => metadata?.annotations?.[indexAnnotation]).sort(), [
    '0',
    '1',
  ])
  assert.equal((await get(cluster)).status?.failed, undefined)
  await cluster.close()
})

test('failed pods are replaced after 10 s, 20 s, 40 s; beyond backoffLimit the job has failed', async () => {
  const cluster = await start({ completions: 1, backoffLimit: 2 })
  for (const delay of [10_000, 20_000]) {
    await next(cluster, 'failed')
    assert.equal((await active(cluster)).length, 0)
    await cluster.pass(delay - 1000)
    assert.equal((await active(cluster)).length, 0, `a pod came before ${delay} ms`)
    await cluster.pass(1000)
    assert.equal((await active(cluster)).length, 1, `no pod after ${delay} ms`)
  }
  await next(cluster, 'failed')
  await cluster.pass(3_600_000)
  const job = await get(cluster)
  assert.deepEqual(counts(job), { active: 0, succeeded: 0, failed: 3, ready: 0, terminating: 0 })
  assert.deepEqual(conditions(job), ['FailureTarget BackoffLimitExceeded', 'Failed BackoffLimitExceeded'])
  assert.equal(job.status?.completionTime, undefined)
  assert.equal(
    (await eventsAbout(cluster, 'work')).at(-1),
    'BackoffLimitExceeded: Job has reached the specified backoff limit',
  )
  assert.equal((await podsWith(cluster)).length, 3)
  await cluster.close()
})

test('the pods that still run when a job fails are deleted, count as failed, and are waited for', async () => {
  const cluster = await start({ completions: 3, parallelism: 3, backoffLimit: 0 })
  for (const pod of await active(cluster)) await report(cluster, pod, 'ready')
  await cluster.settled()
  await next(cluster, 'failed')
  let job = await get(cluster)
  assert.deepEqual(conditions(job), ['FailureTarget BackoffLimitExceeded'])
  assert.deepEqual(counts(job), { active: 0, succeeded: 0, failed: 3, ready: 0, terminating: 2 })
  await drain(cluster)
  job = await get(cluster)
  assert.deepEqual(conditions(job), ['FailureTarget BackoffLimitExceeded', 'Failed BackoffLimitExceeded'])
  assert.deepEqual(counts(job), { active: 0, succeeded: 0, failed: 3, ready: 0, terminating: 0 })
  assert.equal((await podsWith(cluster)).length, 1)
  await cluster.close()
})

test('with restartPolicy OnFailure the restarts of the containers count', async () => {
  const template = { spec: { restartPolicy: 'OnFailure', containers: [{ name: 'main', image: 'image' }] } }
  const cluster = await start({ completions: 1, backoffLimit: 3, template })
  await next(cluster, 'ready', 2)
  assert.deepEqual(conditions(await get(cluster)), [])
  await next(cluster, 'ready', 3)
  assert.deepEqual(conditions(await get(cluster)), ['FailureTarget BackoffLimitExceeded'])
  await cluster.close()
})

test('activeDeadlineSeconds ends a job on time', async () => {
  const cluster = await start({ completions: 1, activeDeadlineSeconds: 60 })
  await next(cluster, 'ready')
  await cluster.pass(59_000)
  assert.deepEqual(conditions(await get(cluster)), [])
  await cluster.pass(1_000)
  assert.deepEqual(conditions(await get(cluster)), ['FailureTarget DeadlineExceeded'])
  await drain(cluster)
  assert.deepEqual(conditions(await get(cluster)), ['FailureTarget DeadlineExceeded', 'Failed DeadlineExceeded'])
  assert.equal(
    (await eventsAbout(cluster, 'work')).at(-1),
    'DeadlineExceeded: Job was active longer than specified deadline',
  )
  await cluster.close()
})

test('a suspended job has no pods; resumed it starts anew, and what was deleted does not count', async () => {
  const cluster = await start({ completions: 2, parallelism: 2, suspend: true, activeDeadlineSeconds: 100 })
  assert.equal((await active(cluster)).length, 0)
  assert.deepEqual(conditions(await get(cluster)), ['Suspended JobSuspended'])
  assert.equal((await get(cluster)).status?.startTime, undefined)
  const suspend = async (value: boolean): Promise<void> => {
    await cluster.client.patch(jobs, key, 'merge', { spec: { suspend: value } })
    await cluster.settled()
  }
  await cluster.pass(1000_000)
  await suspend(false)
  assert.equal((await active(cluster)).length, 2)
  assert.equal((await get(cluster)).status?.startTime, '2026-01-01T00:16:40Z')
  assert.deepEqual(conditions(await get(cluster)), [])
  await next(cluster, 'succeeded')
  await suspend(true)
  await drain(cluster)
  assert.deepEqual(counts(await get(cluster)), { active: 0, succeeded: 1, failed: 0, ready: 0, terminating: 0 })
  await suspend(false)
  assert.equal((await active(cluster)).length, 1)
  await next(cluster, 'succeeded')
  assert.ok(conditions(await get(cluster)).includes('Complete CompletionsReached'))
  const told = (await eventsAbout(cluster, 'work')).filter(words => /^(Suspended|Resumed)/.test(words))
  assert.deepEqual(told, ['Suspended: Job suspended', 'Resumed: Job resumed'])
  await cluster.close()
})

test('less parallelism takes pods away, and these count neither way', async () => {
  const cluster = await start({ completions: 10, parallelism: 4 })
  await cluster.client.patch(jobs, key, 'merge', { spec: { parallelism: 1 } })
  await cluster.settled()
  assert.equal((await active(cluster)).length, 1)
  assert.deepEqual(counts(await get(cluster)), { active: 1, succeeded: 0, failed: 0, ready: 0, terminating: 0 })
  await cluster.client.patch(jobs, key, 'merge', { spec: { parallelism: 3 } })
  await cluster.settled()
  assert.equal((await active(cluster)).length, 3)
  await cluster.close()
})

for (const [how, grace] of [
  ['deleted', undefined],
  ['deleted by force', 0],
] as const) {
  test(`a pod that is ${how} counts as failed once, and is replaced`, async () => {
    const cluster = await start({ completions: 1 })
    await next(cluster, 'ready')
    const [pod] = await active(cluster)
    await cluster.client.delete(
      pods,
      pod?.metadata as typeof key,
      grace === undefined ? {} : { gracePeriodSeconds: grace },
    )
    await cluster.settled()
    assert.equal((await get(cluster)).status?.failed, 1)
    assert.equal((await active(cluster)).length, 0)
    await cluster.pass(10_000)
    await drain(cluster)
    assert.equal((await active(cluster)).length, 1)
    assert.equal((await get(cluster)).status?.failed, 1)
    assert.deepEqual((await podsWith(cluster)).length, 1)
    await cluster.close()
  })
}

test('with podReplacementPolicy Failed a deleted pod holds its place until it has ended', async () => {
  const cluster = await start({ completions: 1, podReplacementPolicy: 'Failed' })
  await next(cluster, 'ready')
  const [pod] = await active(cluster)
  await cluster.client.delete(pods, pod?.metadata as typeof key)
  await cluster.pass(60_000)
  assert.equal((await active(cluster)).length, 0)
  assert.deepEqual(counts(await get(cluster)), { active: 0, succeeded: 0, failed: 0, ready: 0, terminating: 1 })
  await report(cluster, pod!, 'failed')
  await cluster.pass(10_000)
  await drain(cluster)
  assert.equal((await active(cluster)).length, 1)
  assert.deepEqual(counts(await get(cluster)), { active: 1, succeeded: 0, failed: 1, ready: 0, terminating: 0 })
  await cluster.close()
})

test('a controller that dies between any two writes counts every pod once', async () => {
  // The client of the first controller breaks after so many writes; the second begins where it stopped.
  for (let writes = 0; writes < 12; writes++) {
    const cluster = await startTestCluster([])
    const { client } = cluster
    let left = writes
    const broken = new Error('the process has died')
    const mortal = new Proxy(client, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name)
        if (typeof member !== 'function') return member
        return (resource: typeof jobs, ...args: unknown[]) => {
          const isWrite = ['create', 'update', 'patch', 'delete'].includes(String(name)) && resource.plural !== 'events'
          if (isWrite && left-- <= 0) return Promise.reject(broken)
          return Reflect.apply(member, target, [resource, ...args])
        }
      },
    })
    const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'image' }] } }
    await client.create(jobs, { metadata: key, spec: { completions: 2, parallelism: 2, template } })
    const rest = async (running: ReturnType<typeof startControllers>): Promise<void> => {
      await running.ready()
      for (let quiet = 0; quiet < 30; quiet = running.idle() ? quiet + 1 : 0) {
        await new Promise(resolve => setImmediate(resolve))
      }
    }
    const first = startControllers(mortal, [jobController()], cluster)
    await rest(first)
    for (const pod of await active(cluster)) await report(cluster, pod, 'succeeded')
    await rest(first)
    await first.close()
    const second = startControllers(client, [jobController()], cluster)
    await rest(second)
    for (const pod of await active(cluster)) await report(cluster, pod, 'succeeded')
    await rest(second)
    const job = await get(cluster)
    assert.deepEqual(
      counts(job),
      { active: 0, succeeded: 2, failed: 0, ready: 0, terminating: 0 },
      `after ${writes} writes`,
    )
    assert.ok(conditions(job).includes('Complete CompletionsReached'), `after ${writes} writes`)
    assert.equal((await podsWith(cluster)).length, 2, `after ${writes} writes`)
    await second.close()
    await cluster.close()
  }
})

test('an orphan that matches is adopted, held and counted', async () => {
  const cluster = await start({
    completions: 2,
    parallelism: 1,
    manualSelector: true,
    selector: { matchLabels: { app: 'w' } },
    template: {
      metadata: { labels: { app: 'w' } },
      spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'image' }] },
    },
  })
  await cluster.client.create(pods, {
    metadata: { namespace: 'default', name: 'orphan', labels: { app: 'w' } },
    spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'image' }] },
  })
  await cluster.settled()
  // One of the two is too many.
  assert.equal((await active(cluster)).length, 1)
  await next(cluster, 'succeeded')
  await next(cluster, 'succeeded')
  assert.equal((await get(cluster)).status?.succeeded, 2)
  await cluster.close()
})

test('pods of a job that is gone, or was deleted with its pods orphaned, are held no longer', async () => {
  for (const propagationPolicy of ['Background', 'Orphan'] as const) {
    const cluster = await start({ completions: 2, parallelism: 2 })
    await next(cluster, 'ready')
    for (const pod of await active(cluster)) {
      if (propagationPolicy !== 'Orphan') continue
      await cluster.client.patch(pods, pod.metadata as typeof key, 'merge', {
        metadata: { ownerReferences: null, labels: null },
      })
    }
    await cluster.client.delete(jobs, key, { propagationPolicy: 'Background' })
    await cluster.settled()
    const list = await podsWith(cluster)
    assert.ok(list.length >= 2)
    assert.deepEqual(
      list.flatMap(({ metadata }) => metadata?.finalizers ?? []),
      [],
      propagationPolicy,
    )
    await cluster.close()
  }
})

test('a job that another controller manages is left alone', async () => {
  const cluster = await start({ managedBy: 'example.com/mine' })
  assert.deepEqual(await podsWith(cluster), [])
  assert.equal((await get(cluster)).status?.startTime, undefined)
  await cluster.close()
})

test('a finished job goes after ttlSecondsAfterFinished', async () => {
  const cluster = await startTestCluster([jobController(), ttlAfterFinishedController()])
  const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'image' }] } }
  await cluster.client.create(jobs, { metadata: key, spec: { completions: 1, ttlSecondsAfterFinished: 30, template } })
  await cluster.settled()
  await cluster.pass(5_000)
  await next(cluster, 'succeeded')
  await cluster.pass(29_000)
  assert.ok(conditions(await get(cluster)).includes('Complete CompletionsReached'))
  await cluster.pass(1_000)
  assert.deepEqual(
    (await cluster.client.list(jobs)).items.filter(({ metadata }) => !metadata?.deletionTimestamp),
    [],
  )
  await cluster.close()
})
