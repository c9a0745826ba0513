import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Job, JobSpec, JobStatus } from '@petrel/machinery/api/batch-v1'
import type { Pod } from '@petrel/machinery/api/core-v1'
import fc from 'fast-check'
import { type Counters, count, totals } from './count.ts'
import { indexAnnotation, sortPods, trackingFinalizer } from './job-pods.ts'
import type { Verdict } from './verdict.ts'

function job(spec: Partial<JobSpec> = {}, status: JobStatus = {}): Job {
  return { metadata: { name: 'work' }, spec: { template: {}, completions: 5, ...spec }, status }
}

interface Wish {
  readonly phase?: string
  readonly tracked?: boolean
  readonly deleted?: boolean
  readonly index?: number
}

function pod(uid: string, { phase = 'Running', tracked = true, deleted = false, index }: Wish = {}): Pod {
  return {
    metadata: {
      uid,
      finalizers: tracked ? [trackingFinalizer] : [],
      ...(deleted && { deletionTimestamp: '2026-01-01T00:00:00Z' }),
      ...(index !== undefined && { annotations: { [indexAnnotation]: String(index) } }),
    },
    status: { phase },
  }
}

const failed: Verdict = { interim: 'FailureTarget', final: 'Failed', reason: '', message: '' }
const succeeded: Verdict = { interim: 'SuccessCriteriaMet', final: 'Complete', reason: '', message: '' }
const indexed = { completionMode: 'Indexed' }

const cases: readonly {
  name: string
  job: Job
  pods: readonly Pod[]
  verdict?: Verdict
  /** succeeded, failed, uncounted succeeded, uncounted failed, released */
  expect: [number, number, string, string, string]
}[] = [
  {
    name: 'lists what ended, and releases it',
    job: job({}, { succeeded: 1 }),
    pods: [pod('a', { phase: 'Succeeded' }), pod('b', { phase: 'Failed' }), pod('c')],
    expect: [1, 0, 'a', 'b', 'ab'],
  },
  {
    name: 'leaves what it listed in the list while the finalizer is there',
    job: job({}, { uncountedTerminatedPods: { succeeded: ['a'], failed: ['b'] } }),
    pods: [pod('a', { phase: 'Succeeded' }), pod('b', { phase: 'Failed' })],
    expect: [0, 0, 'a', 'b', 'ab'],
  },
  {
    name: 'counts what it listed once the finalizer, or the pod, is gone',
    job: job({}, { succeeded: 1, failed: 2, uncountedTerminatedPods: { succeeded: ['a'], failed: ['b', 'gone'] } }),
    pods: [pod('a', { phase: 'Succeeded', tracked: false }), pod('b', { phase: 'Failed', tracked: false })],
    expect: [2, 4, '', '', ''],
  },
  {
    name: 'takes a pod that is deleted for failed',
    job: job(),
    pods: [pod('a', { deleted: true })],
    expect: [0, 0, '', 'a', 'a'],
  },
  {
    name: 'waits for a deleted pod to end with podReplacementPolicy Failed',
    job: job({ podReplacementPolicy: 'Failed' }),
    pods: [pod('a', { deleted: true })],
    expect: [0, 0, '', '', ''],
  },
  {
    name: 'never moves a pod from failed to succeeded',
    job: job({}, { uncountedTerminatedPods: { failed: ['a'] } }),
    pods: [pod('a', { phase: 'Succeeded', deleted: true })],
    expect: [0, 0, '', 'a', 'a'],
  },
  {
    name: 'takes what is on its way out for failed when the job has failed',
    job: job({ podReplacementPolicy: 'Failed' }),
    pods: [pod('a', { deleted: true }), pod('b')],
    verdict: failed,
    expect: [0, 0, '', 'a', 'a'],
  },
  {
    name: 'lets go of what is on its way out, uncounted, when the job is complete',
    job: job({ podReplacementPolicy: 'Failed' }),
    pods: [pod('a', { deleted: true })],
    verdict: succeeded,
    expect: [0, 0, '', '', 'a'],
  },
  {
    name: 'lets go of all when the job is being deleted',
    job: { ...job(), metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' } },
    pods: [pod('a'), pod('b', { phase: 'Succeeded' })],
    expect: [0, 0, 'b', '', 'ab'],
  },
  {
    name: 'counts indexes, not pods, and those that the job has',
    job: job(indexed, { completedIndexes: '0,2', succeeded: 2 }),
    pods: [
      pod('a', { phase: 'Succeeded', index: 1 }),
      pod('b', { phase: 'Succeeded', index: 2 }),
      pod('c', { phase: 'Succeeded', index: 5 }),
      pod('d', { phase: 'Failed' }),
      pod('e', { phase: 'Failed', index: 4 }),
    ],
    expect: [3, 0, '', 'e', 'abcde'],
  },
]

for (const { name, job, pods, verdict, expect } of cases) {
  test(`count() ${name}`, () => {
    const { counters, toRelease } = count(job, pods, verdict)
    const { succeeded = [], failed = [] } = counters.uncountedTerminatedPods
    const released = toRelease.map(({ metadata }) => metadata?.uid)
    assert.deepEqual(
      [counters.succeeded, counters.failed, succeeded.join(''), failed.join(''), released.join('')],
      expect,
    )
  })
}

test('count() lists 500 pods at most and leaves the rest for the next time', () => {
  const many = Array.from({ length: 700 }, (_, i) => pod(`${i}`, { phase: 'Succeeded' }))
  const first = count(job({ completions: 700 }), many, undefined)
  assert.equal(first.counters.uncountedTerminatedPods.succeeded?.length, 500)
  assert.equal(first.toRelease.length, 500)
  // What was listed and is still held, in whatever order the pods come, is let go of again.
  const again = count(job({ completions: 700 }, first.counters), many.toReversed(), undefined)
  assert.deepEqual(new Set(again.toRelease), new Set(first.toRelease))
  assert.deepEqual(totals(job({ completions: 700 }), sortPods(job(), many)), { succeeded: 700, failed: 0 })
})

test('count() counts each pod once, in whatever order statuses, finalizers and pods come and go', () => {
  const step = fc.record({
    pod: fc.nat(5),
    act: fc.constantFrom('succeed', 'fail', 'delete', 'release', 'vanish', 'count'),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), steps => {
      const pods = new Map(Array.from({ length: 6 }, (_, i) => [i, pod(`${i}`)]))
      const outcome = new Map<number, 'succeeded' | 'failed'>()
      let counters: Counters = { succeeded: 0, failed: 0, uncountedTerminatedPods: {} }
      let releasable: readonly Pod[] = []
      const pass = (): void => {
        const result = count(job({}, counters), [...pods.values()], undefined)
        counters = result.counters
        releasable = result.toRelease
      }
      for (const { pod: i, act } of [...steps, ...outcomeSteps]) {
        const known = pods.get(i)
        if (act === 'count') pass()
        if (!known) continue
        const ended = known.status?.phase !== 'Running'
        if ((act === 'succeed' || act === 'fail') && !ended) {
          pods.set(i, { ...known, status: { phase: act === 'succeed' ? 'Succeeded' : 'Failed' } })
        } else if (act === 'delete') {
          pods.set(i, { ...known, metadata: { ...known.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } })
        } else if (act === 'release' && releasable.some(({ metadata }) => metadata?.uid === `${i}`)) {
          pods.set(i, { ...known, metadata: { ...known.metadata, finalizers: [] } })
        } else if (act === 'vanish' && known.metadata?.deletionTimestamp && known.metadata.finalizers?.length === 0) {
          pods.delete(i)
        }
        const now = pods.get(i)
        const lists = counters.uncountedTerminatedPods
        if (lists.succeeded?.includes(`${i}`)) outcome.set(i, outcome.get(i) ?? 'succeeded')
        if (lists.failed?.includes(`${i}`)) outcome.set(i, outcome.get(i) ?? 'failed')
        if (!now) assert.ok(outcome.has(i), 'a pod vanished uncounted')
      }
      const all = [...outcome.values()]
      assert.deepEqual(counters, {
        succeeded: all.filter(one => one === 'succeeded').length,
        failed: all.filter(one => one === 'failed').length,
        uncountedTerminatedPods: {},
      })
    }),
  )
})

/** Brings every story to its end: all pods end, are counted, released and counted for good. */
const outcomeSteps = [0, 1, 2, 3, 4, 5].flatMap(pod =>
  (['fail', 'count', 'release', 'count'] as const).map(act => ({ pod, act })),
)
