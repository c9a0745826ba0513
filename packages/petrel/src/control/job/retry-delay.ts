/**
 * How long a Job waits before it replaces failed pods: 10 s after the first failure since the last success, doubling to
 * 10 min (backoff_utils.go). The count lives in memory, as upstream's does; after a restart it is taken from the pods
 * that are still there.
 */
import type { Pod } from '@petrel/machinery/api/core-v1'

const firstDelayMs = 10_000
const maxDelayMs = 600_000

/** Failures since the last success, and when the newest was. */
export interface FailuresInARow {
  readonly count: number
  readonly lastMs: number
}

/** `succeeded` and `failed` are the pods that ended since `before`. */
export function failuresInARow(
  before: FailuresInARow,
  succeeded: readonly Pod[],
  failed: readonly Pod[],
): FailuresInARow {
  const since = succeeded.length === 0 ? before : { count: 0, lastMs: 0 }
  const lastSuccessMs = Math.max(Number.NEGATIVE_INFINITY, ...succeeded.map(finishedAt))
  const times = failed.map(finishedAt).filter(time => time > lastSuccessMs)
  return { count: since.count + times.length, lastMs: Math.max(since.lastMs, ...times) }
}

/** 0 when the next pod may be made. */
export function retryDelayMs({ count, lastMs }: FailuresInARow, now: number): number {
  if (count === 0) return 0
  return Math.max(0, lastMs + Math.min(maxDelayMs, firstDelayMs * 2 ** (count - 1)) - now)
}

/** When its last container ended, ms; else when it was no longer ready, was deleted, or was made (getFinishedTime). */
export function finishedAt({ metadata, spec, status }: Pod): number {
  const sidecars = new Set(spec?.initContainers?.filter(one => one.restartPolicy === 'Always').map(({ name }) => name))
  const containers = [
    ...(status?.containerStatuses ?? []),
    ...(status?.initContainerStatuses ?? []).filter(({ name }) => sidecars.has(name)),
  ]
  const ends = containers.map(({ state }) => Date.parse(state?.terminated?.finishedAt ?? ''))
  if (ends.length > 0 && !ends.some(Number.isNaN)) return Math.max(...ends)
  const ready = status?.conditions?.find(({ type }) => type === 'Ready')
  if (ready?.status === 'False' && ready.lastTransitionTime) return Date.parse(ready.lastTransitionTime)
  if (metadata?.deletionTimestamp) {
    return Date.parse(metadata.deletionTimestamp) - (metadata.deletionGracePeriodSeconds ?? 0) * 1000
  }
  return Date.parse(metadata?.creationTimestamp ?? '')
}
