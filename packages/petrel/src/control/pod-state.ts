/** What controllers ask of a pod's status (k8s.io/component-helpers and pkg/api/v1/pod). */
import type { Pod } from '@petrel/machinery/api/core-v1'

/** The condition Ready is True. */
export function isReady(pod: Pod): boolean {
  return readySince(pod) !== undefined
}

/** When the pod became ready, ms; NaN where the condition has no time; undefined when it is not. */
export function readySince(pod: Pod): number | undefined {
  const ready = pod.status?.conditions?.find(condition => condition.type === 'Ready')
  return ready?.status === 'True' ? Date.parse(ready.lastTransitionTime ?? '') : undefined
}

/** All containers have ended and none starts again. */
export function isTerminal(pod: Pod): boolean {
  return pod.status?.phase === 'Failed' || pod.status?.phase === 'Succeeded'
}

/** Counts as a replica: neither over nor on its way out. */
export function isActive(pod: Pod): boolean {
  return !isTerminal(pod) && pod.metadata?.deletionTimestamp === undefined
}

/** On its way out, and not over yet (controller.IsPodTerminating). */
export function isTerminating(pod: Pod): boolean {
  return !isTerminal(pod) && pod.metadata?.deletionTimestamp !== undefined
}

/** Ready for `minReadySeconds` without a break. */
export function isAvailable(pod: Pod, minReadySeconds: number, now: number): boolean {
  const since = readySince(pod)
  if (since === undefined) return false
  return minReadySeconds === 0 || since + minReadySeconds * 1000 <= now
}
