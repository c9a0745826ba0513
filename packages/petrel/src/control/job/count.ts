/**
 * The counters of a Job's status. Invariant: each pod that ends is counted exactly once. Its uid is written into
 * status.uncountedTerminatedPods before its finalizer goes, and moves into the counters when the finalizer is gone
 * (KEP-2307). The succeeded pods of Indexed jobs need no list: their index tells. Pure.
 */
import type { Job, JobStatus } from '@petrel/machinery/api/batch-v1'
import type { Pod } from '@petrel/machinery/api/core-v1'
import { formatIndexes, parseIndexes } from './indexes.ts'
import { indexOf, isFailed, isIndexed, isTracked, type JobPods } from './job-pods.ts'
import type { Verdict } from './verdict.ts'

/** MaxUncountedPods: more wait for the next pass. */
const maxUncounted = 500

export type Counters = Required<Pick<JobStatus, 'succeeded' | 'failed' | 'uncountedTerminatedPods'>> &
  Pick<JobStatus, 'completedIndexes'>

/** Pods that ended and stand in no counter and no list yet. */
export function newlyEnded({ status }: Job, { succeeded, failed }: JobPods): { succeeded: Pod[]; failed: Pod[] } {
  const { succeeded: won = [], failed: lost = [] } = status?.uncountedTerminatedPods ?? {}
  return {
    succeeded: succeeded.filter(pod => !won.includes(pod.metadata?.uid ?? '')),
    failed: failed.filter(pod => !lost.includes(pod.metadata?.uid ?? '')),
  }
}

/** The indexes that have succeeded, counted or not. */
export function completedIndexes(job: Job, { succeeded }: JobPods): Set<number> {
  const completed = parseIndexes(job.status?.completedIndexes, job.spec?.completions ?? 0)
  for (const pod of succeeded) {
    const index = indexOf(pod, job)
    if (index !== undefined) completed.add(index)
  }
  return completed
}

/** How many pods have succeeded and failed by now, counted or not. */
export function totals(job: Job, pods: JobPods): { succeeded: number; failed: number } {
  const { succeeded = 0, failed = 0, uncountedTerminatedPods: waiting } = job.status ?? {}
  const ended = newlyEnded(job, pods)
  return {
    succeeded: isIndexed(job)
      ? completedIndexes(job, pods).size
      : succeeded + (waiting?.succeeded?.length ?? 0) + ended.succeeded.length,
    failed: failed + (waiting?.failed?.length ?? 0) + ended.failed.length,
  }
}

/** The next counters, and the pods whose finalizers may go once these are written. */
export function count(
  job: Job,
  all: readonly Pod[],
  verdict: Verdict | undefined,
): { counters: Counters; toRelease: Pod[] } {
  const indexed = isIndexed(job)
  const { status = {} } = job
  const tracked = all.filter(isTracked)
  const held = new Set(tracked.map(pod => pod.metadata?.uid ?? ''))
  const won = settle(status.uncountedTerminatedPods?.succeeded, held)
  const lost = settle(status.uncountedTerminatedPods?.failed, held)
  const completed = parseIndexes(status.completedIndexes, job.spec?.completions ?? 0)

  const toRelease: Pod[] = []
  for (const pod of tracked) {
    const { uid = '', deletionTimestamp } = pod.metadata ?? {}
    if (won.uids.has(uid) || lost.uids.has(uid)) {
      toRelease.push(pod)
      continue
    }
    if (won.uids.size + lost.uids.size >= maxUncounted) continue
    const succeeded = pod.status?.phase === 'Succeeded'
    // When the job has come to its end, what is still on its way out counts as failed, or not at all after a success.
    const abandoned = verdict !== undefined && deletionTimestamp !== undefined
    const failed = !succeeded && (isFailed(pod, job) || (abandoned && verdict.final === 'Failed'))
    if (!succeeded && !failed && !abandoned && !job.metadata?.deletionTimestamp) continue
    toRelease.push(pod)
    const index = indexOf(pod, job)
    if (indexed && index === undefined) continue
    if (failed) lost.uids.add(uid)
    else if (succeeded && index !== undefined && indexed) completed.add(index)
    else if (succeeded) won.uids.add(uid)
  }
  const completedText = formatIndexes(completed)
  const counters = {
    succeeded: indexed ? completed.size : (status.succeeded ?? 0) + won.done,
    failed: (status.failed ?? 0) + lost.done,
    ...(indexed && completedText !== '' && { completedIndexes: completedText }),
    uncountedTerminatedPods: {
      ...(won.uids.size > 0 && { succeeded: [...won.uids] }),
      ...(lost.uids.size > 0 && { failed: [...lost.uids] }),
    },
  }
  return { counters, toRelease }
}

/** Of the listed uids those that are still held, and how many are not: these count now. */
function settle(listed: readonly string[] = [], held: ReadonlySet<string>): { uids: Set<string>; done: number } {
  const uids = new Set(listed.filter(uid => held.has(uid)))
  return { uids, done: listed.length - uids.size }
}
