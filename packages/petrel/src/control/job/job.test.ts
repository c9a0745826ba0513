import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Job, JobSpec, JobStatus } from '@petrel/machinery/api/batch-v1'
import type { Pod } from '@petrel/machinery/api/core-v1'
import fc from 'fast-check'
import { formatIndexes, parseIndexes } from './indexes.ts'
import { newJobPod } from './job-pods.ts'
import { failuresInARow, finishedAt, retryDelayMs } from './retry-delay.ts'
import { verdictOf, wantedActive } from './verdict.ts'

const now = Date.UTC(2026, 0, 1, 12)

function job(spec: Partial<JobSpec> = {}, status: JobStatus = {}): Job {
  return {
    metadata: { name: 'work', namespace: 'default', uid: 'u' },
    spec: { template: { spec: { containers: [{ name: 'c' }] } }, ...spec },
    status,
  }
}

function pod(phase: string, finishedAt?: string, restartCount = 0): Pod {
  const containerStatuses = [
    {
      name: 'c',
      ready: false,
      image: '',
      imageID: '',
      restartCount,
      state: finishedAt ? { terminated: { exitCode: 1, finishedAt } } : {},
    },
  ]
  return {
    metadata: { uid: 'p', creationTimestamp: '2026-01-01T00:00:00Z' },
    spec: { containers: [] },
    status: { phase, containerStatuses },
  }
}

const running = pod('Running')

const verdicts: readonly {
  name: string
  job: Job
  active: Pod[]
  succeeded: number
  failed: number
  reason: string | undefined
}[] = [
  { name: 'goes on', job: job({ completions: 2 }), active: [running], succeeded: 1, failed: 0, reason: undefined },
  {
    name: 'has its completions, and a pod too many',
    job: job({ completions: 2 }),
    active: [running],
    succeeded: 2,
    failed: 0,
    reason: undefined,
  },
  {
    name: 'has its completions',
    job: job({ completions: 2 }),
    active: [],
    succeeded: 2,
    failed: 6,
    reason: 'CompletionsReached',
  },
  {
    name: 'is a work queue that is empty',
    job: job(),
    active: [],
    succeeded: 1,
    failed: 0,
    reason: 'CompletionsReached',
  },
  { name: 'is a work queue that drains', job: job(), active: [running], succeeded: 1, failed: 0, reason: undefined },
  {
    name: 'failed too often',
    job: job({ completions: 1, backoffLimit: 2 }),
    active: [],
    succeeded: 0,
    failed: 3,
    reason: 'BackoffLimitExceeded',
  },
  {
    name: 'may fail that often',
    job: job({ completions: 1, backoffLimit: 2 }),
    active: [],
    succeeded: 0,
    failed: 2,
    reason: undefined,
  },
  {
    name: 'restarted too often in place',
    job: job({ completions: 1, backoffLimit: 2, template: { spec: { restartPolicy: 'OnFailure', containers: [] } } }),
    active: [pod('Running', undefined, 2)],
    succeeded: 0,
    failed: 0,
    reason: 'BackoffLimitExceeded',
  },
  {
    name: 'is over its deadline',
    job: job({ completions: 1, activeDeadlineSeconds: 60 }, { startTime: '2026-01-01T11:58:00Z' }),
    active: [running],
    succeeded: 0,
    failed: 0,
    reason: 'DeadlineExceeded',
  },
]

for (const { name, job, active, succeeded, failed, reason } of verdicts) {
  test(`verdictOf() is ${reason ?? 'open'} for a job that ${name}`, () => {
    assert.equal(verdictOf(job, { active, succeeded, failed }, now)?.reason, reason)
  })
}

test('verdictOf() stays what it was once it was said', () => {
  const failing = job(
    { completions: 1 },
    { conditions: [{ type: 'FailureTarget', status: 'True', reason: 'DeadlineExceeded', message: 'm' }] },
  )
  assert.equal(verdictOf(failing, { active: [], succeeded: 1, failed: 0 }, now)?.final, 'Failed')
})

test('wantedActive() is bounded by parallelism and by what is left', () => {
  const tally = (succeeded: number, active: Pod[] = []) => ({ active, succeeded, failed: 0 })
  assert.equal(wantedActive(job({ completions: 5, parallelism: 3 }), tally(0)), 3)
  assert.equal(wantedActive(job({ completions: 5, parallelism: 3 }), tally(4)), 1)
  assert.equal(wantedActive(job({ parallelism: 3 }), tally(0)), 3)
  assert.equal(wantedActive(job({ parallelism: 3 }), tally(1, [running, running])), 2)
})

test('retryDelayMs() doubles with failures in a row up to ten minutes, and forgets them after a success', () => {
  const none = { count: 0, lastMs: 0 }
  const ended = (phase: string, secondsAgo: number): Pod => pod(phase, new Date(now - secondsAgo * 1000).toISOString())
  const failed = (...secondsAgo: number[]): Pod[] => secondsAgo.map(seconds => ended('Failed', seconds))
  const delay = (before: typeof none, succeeded: readonly Pod[], lost: readonly Pod[]): number =>
    retryDelayMs(failuresInARow(before, succeeded, lost), now)
  assert.equal(delay(none, [], []), 0)
  assert.equal(delay(none, [], failed(4)), 6_000)
  assert.equal(delay(none, [], failed(4, 30)), 16_000)
  assert.equal(delay({ count: 1, lastMs: now - 30_000 }, [], failed(4)), 16_000)
  assert.equal(delay({ count: 2, lastMs: now - 1000 }, [], []), 19_000)
  assert.equal(delay({ count: 9, lastMs: now }, [ended('Succeeded', 10)], failed(4, 30)), 6_000)
  assert.equal(delay({ count: 9, lastMs: now }, [ended('Succeeded', 4)], failed(10)), 0)
  assert.equal(delay({ count: 1000, lastMs: now }, [], []), 600_000)
})

test('finishedAt() is when the last container ended, else when the pod was not ready, deleted or made', () => {
  const at = (time: string) => Date.parse(time)
  assert.equal(finishedAt(pod('Failed', '2026-01-01T11:00:00Z')), at('2026-01-01T11:00:00Z'))
  const lost = pod('Running')
  assert.equal(finishedAt(lost), at('2026-01-01T00:00:00Z'))
  const metadata = { ...lost.metadata, deletionTimestamp: '2026-01-01T10:00:30Z', deletionGracePeriodSeconds: 30 }
  assert.equal(finishedAt({ ...lost, metadata }), at('2026-01-01T10:00:00Z'))
  const notReady = { type: 'Ready', status: 'False', lastTransitionTime: '2026-01-01T09:00:00Z' }
  assert.equal(finishedAt({ ...lost, metadata, status: { conditions: [notReady] } }), at('2026-01-01T09:00:00Z'))
})

test('parseIndexes() and formatIndexes() are inverse', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer({ min: 0, max: 50 })), indexes => {
      const sorted = new Set(indexes.sort((a, b) => a - b))
      assert.deepEqual(parseIndexes(formatIndexes(sorted), 51), sorted)
    }),
  )
  assert.equal(formatIndexes(new Set([1, 3, 4, 5, 7, 8])), '1,3-5,7,8')
  assert.deepEqual(parseIndexes('0-9,x,12', 3), new Set([0, 1, 2]))
})

test('newJobPod() holds the pod, and tells an indexed one its index', () => {
  const plain = newJobPod(job(), undefined)
  assert.deepEqual(plain.metadata?.finalizers, ['batch.kubernetes.io/job-tracking'])
  assert.equal(plain.metadata?.generateName, 'work-')
  const indexed = newJobPod(job({ completionMode: 'Indexed', completions: 3 }), 2)
  assert.equal(indexed.metadata?.annotations?.['batch.kubernetes.io/job-completion-index'], '2')
  assert.equal(indexed.spec?.hostname, 'work-2')
  assert.equal(indexed.spec?.containers[0]?.env?.[0]?.name, 'JOB_COMPLETION_INDEX')
})
