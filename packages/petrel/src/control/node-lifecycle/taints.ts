/** The taints that a node's conditions ask for (pkg/controller/nodelifecycle, nodeConditionToTaintKeyStatusMap). */
import type { Node, Taint } from '@petrel/machinery/api/core-v1'
import { toTime } from '../../base/index.ts'

const notReady = 'node.kubernetes.io/not-ready'
const unreachable = 'node.kubernetes.io/unreachable'
const unschedulable = 'node.kubernetes.io/unschedulable'

/** Condition, its status, and the key of the taint. */
const conditionTaints: readonly (readonly [condition: string, status: string, key: string])[] = [
  ['Ready', 'False', notReady],
  ['Ready', 'Unknown', unreachable],
  ['MemoryPressure', 'True', 'node.kubernetes.io/memory-pressure'],
  ['DiskPressure', 'True', 'node.kubernetes.io/disk-pressure'],
  ['NetworkUnavailable', 'True', 'node.kubernetes.io/network-unavailable'],
  ['PIDPressure', 'True', 'node.kubernetes.io/pid-pressure'],
]
const conditionKeys = new Set([...conditionTaints.map(([, , key]) => key), unschedulable])

export function hasNoExecuteTaint(node: Node): boolean {
  return node.spec?.taints?.some(taint => taint.effect === 'NoExecute' && isReadiness(taint)) ?? false
}

/**
 * All taints the node should have: what others put there stays, in place. A first NoExecute taint needs `mayEvict`;
 * a node that has one keeps one until it is ready. `paused` takes them all away.
 */
export function desiredTaints(node: Node, ready: string, mayEvict: boolean, paused: boolean, now: number): Taint[] {
  const current = node.spec?.taints ?? []
  const wanted: Taint[] = []
  for (const [type, status, key] of conditionTaints) {
    if (statusOf(node, type) === status) wanted.push({ key, effect: 'NoSchedule' })
  }
  if (node.spec?.unschedulable) wanted.push({ key: unschedulable, effect: 'NoSchedule' })
  const silent = ready === 'False' ? notReady : ready === 'True' ? undefined : unreachable
  if (silent && !paused && (mayEvict || hasNoExecuteTaint(node))) wanted.push({ key: silent, effect: 'NoExecute' })
  const isWanted = (taint: Taint): boolean => wanted.some(candidate => same(candidate, taint))
  const kept = current.filter(taint => !isManaged(taint) || isWanted(taint))
  const added = wanted.filter(taint => !current.some(candidate => same(candidate, taint)))
  return [...kept, ...added.map(taint => ({ ...taint, timeAdded: toTime(now) }))]
}

export function sameTaints(a: readonly Taint[], b: readonly Taint[]): boolean {
  return a.length === b.length && a.every(taint => b.some(candidate => same(taint, candidate)))
}

function isManaged(taint: Taint): boolean {
  return taint.effect === 'NoSchedule'
    ? conditionKeys.has(taint.key)
    : taint.effect === 'NoExecute' && isReadiness(taint)
}

function isReadiness(taint: Taint): boolean {
  return taint.key === notReady || taint.key === unreachable
}

function same(a: Taint, b: Taint): boolean {
  return a.key === b.key && a.effect === b.effect
}

function statusOf(node: Node, type: string): string | undefined {
  return node.status?.conditions?.find(condition => condition.type === type)?.status
}
