/**
 * Which replicas go first when there are too many (controller.ActivePodsWithRanks): the ones whose loss costs least.
 * Unscheduled, then pending, then not ready, then low deletion cost, then those whose node has several, then recently
 * ready, often restarted, young. Ages are compared by their order of magnitude (KEP-2185), so that not the same
 * generation always survives.
 */
import type { Pod } from '@petrel/machinery/api/core-v1'
import { isActive, isReady, readySince } from '../pod-state.ts'

const phases: Readonly<Record<string, number>> = { Pending: 0, Unknown: 1, Running: 2 }

/** The `count` of `pods` to delete; `related` are all pods that count when nodes are compared. */
export function podsToDelete(pods: readonly Pod[], related: readonly Pod[], count: number, now: number): Pod[] {
  if (count >= pods.length) return [...pods]
  const perNode = new Map<string, number>()
  for (const pod of related) {
    const node = pod.spec?.nodeName
    if (node && isActive(pod)) perNode.set(node, (perNode.get(node) ?? 0) + 1)
  }
  const rank = (pod: Pod): number => perNode.get(pod.spec?.nodeName ?? '') ?? 0
  return [...pods].sort((a, b) => compare(a, b, rank, now)).slice(0, count)
}

function compare(a: Pod, b: Pod, rank: (pod: Pod) => number, now: number): number {
  return (
    Number(hasNode(a)) - Number(hasNode(b)) ||
    phaseOf(a) - phaseOf(b) ||
    Number(isReady(a)) - Number(isReady(b)) ||
    deletionCost(a) - deletionCost(b) ||
    rank(b) - rank(a) ||
    magnitude(readySince(a), now) - magnitude(readySince(b), now) ||
    restarts(b) - restarts(a) ||
    magnitude(created(a), now) - magnitude(created(b), now) ||
    (a.metadata?.uid ?? '').localeCompare(b.metadata?.uid ?? '')
  )
}

function hasNode(pod: Pod): boolean {
  return Boolean(pod.spec?.nodeName)
}

function phaseOf(pod: Pod): number {
  return phases[pod.status?.phase ?? 'Pending'] ?? 1
}

/** Anything but a 32-bit integer counts as 0: the validation warns about it. */
function deletionCost(pod: Pod): number {
  const text = pod.metadata?.annotations?.['controller.kubernetes.io/pod-deletion-cost'] ?? ''
  const cost = /^(-?[1-9]\d*|0)$/.test(text) ? Number(text) : 0
  return Math.abs(cost) < 2 ** 31 ? cost : 0
}

function restarts(pod: Pod): number {
  return Math.max(0, ...(pod.status?.containerStatuses ?? []).map(({ restartCount }) => restartCount))
}

function created(pod: Pod): number {
  return Date.parse(pod.metadata?.creationTimestamp ?? '')
}

/** log2 of the age in nanoseconds: pods within a doubling are alike. Unknown times are the youngest. */
function magnitude(since: number | undefined, now: number): number {
  if (since === undefined || Number.isNaN(since)) return -1
  return Math.floor(Math.log2(Math.max(1, (now - since) * 1e6)))
}
