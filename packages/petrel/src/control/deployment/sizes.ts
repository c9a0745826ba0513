/**
 * How large each ReplicaSet of a Deployment is to be next: the arithmetic of rolling, recreating and scaling. Pure, and
 * in upstream's roundings (pkg/controller/deployment/util), because people have tuned maxSurge and maxUnavailable to it.
 */
import type { Deployment, ReplicaSet } from '@petrel/machinery/api/apps-v1'
import { maxReplicasAnnotation } from './annotations.ts'

export interface ReplicaSets {
  readonly current: ReplicaSet | undefined
  /** Those of earlier templates, oldest first. */
  readonly old: readonly ReplicaSet[]
}

/** What to scale, in this order, and to how many. */
export type Sizes = ReadonlyMap<ReplicaSet, number>

export function replicasOf(set: ReplicaSet | Deployment): number {
  return set.spec?.replicas ?? 1
}

function sum(sets: readonly ReplicaSet[], of: (set: ReplicaSet) => number): number {
  return sets.reduce((total, set) => total + of(set), 0)
}

/** A count, or a percentage of `total`. */
function scaled(value: number | string | undefined, total: number, round: (n: number) => number): number {
  if (typeof value !== 'string') return value ?? 0
  return round((Number.parseInt(value, 10) * total) / 100)
}

/** maxSurge rounds up, maxUnavailable down; where both come to 0, one may be unavailable, or nothing would ever move. */
export function bounds(deployment: Deployment): { maxSurge: number; maxUnavailable: number } {
  if (deployment.spec?.strategy?.type === 'Recreate') return { maxSurge: 0, maxUnavailable: 0 }
  const total = replicasOf(deployment)
  const { maxSurge = '25%', maxUnavailable = '25%' } = deployment.spec?.strategy?.rollingUpdate ?? {}
  const surge = scaled(maxSurge, total, Math.ceil)
  const unavailable = scaled(maxUnavailable, total, Math.floor)
  return { maxSurge: surge, maxUnavailable: Math.min(total, surge === 0 && unavailable === 0 ? 1 : unavailable) }
}

/** The size at which a ReplicaSet for a new template starts, or to which it grows in this step. */
export function nextSizeOfCurrent(deployment: Deployment, { current, old }: ReplicaSets): number {
  const wanted = replicasOf(deployment)
  if (deployment.spec?.strategy?.type === 'Recreate') return wanted
  const now = current ? replicasOf(current) : 0
  const room = wanted + bounds(deployment).maxSurge - now - sum(old, replicasOf)
  return room <= 0 ? now : now + Math.min(room, wanted - now)
}

/** One step of a rolling update: grow the current one if there is room, else shrink the old ones as far as may be. */
export function rollingSizes(deployment: Deployment, sets: ReplicaSets & { readonly current: ReplicaSet }): Sizes {
  const { current } = sets
  const wanted = replicasOf(deployment)
  const now = replicasOf(current)
  const next = now > wanted ? wanted : nextSizeOfCurrent(deployment, sets)
  if (next !== now) return new Map([[current, next]])
  return shrinkOld(deployment, sets)
}

function shrinkOld(deployment: Deployment, { current, old }: ReplicaSets & { readonly current: ReplicaSet }): Sizes {
  const available = (set: ReplicaSet): number => set.status?.availableReplicas ?? 0
  const minAvailable = replicasOf(deployment) - bounds(deployment).maxUnavailable
  const all = sum([...old, current], replicasOf)
  let spare = all - minAvailable - (replicasOf(current) - available(current))
  const sizes = new Map<ReplicaSet, number>()
  if (spare <= 0) return sizes

  // Replicas that serve nobody go first, whatever the bounds say of those that do.
  for (const set of old) {
    const unhealthy = Math.min(spare, replicasOf(set) - available(set))
    if (unhealthy <= 0) continue
    sizes.set(set, replicasOf(set) - unhealthy)
    spare -= unhealthy
  }
  let surplus = sum([...old, current], available) - minAvailable
  for (const set of old) {
    const size = sizes.get(set) ?? replicasOf(set)
    const fewer = Math.min(size, surplus)
    if (fewer <= 0) continue
    sizes.set(set, size - fewer)
    surplus -= fewer
  }
  return sizes
}

/** All old ones to nothing, before anything new is made. */
export function recreateSizes(old: readonly ReplicaSet[]): Sizes {
  return new Map(old.filter(set => replicasOf(set) > 0).map(set => [set, 0]))
}

/**
 * What a change of `spec.replicas` does: the one active ReplicaSet follows; in the midst of a rolling update all share
 * it in proportion to their size, and the largest takes what rounding leaves over.
 */
export function scaledSizes(deployment: Deployment, { current, old }: ReplicaSets): Sizes {
  const wanted = replicasOf(deployment)
  const active = [...old, ...(current ? [current] : [])].filter(set => replicasOf(set) > 0)
  const only = active.length > 1 ? undefined : (active[0] ?? current ?? old.at(-1))
  if (only) return new Map(replicasOf(only) === wanted ? [] : [[only, wanted]])
  if (current && isSaturated(deployment, current)) return recreateSizes(old)
  if (deployment.spec?.strategy?.type === 'Recreate' || active.length === 0) return new Map()

  const allowed = wanted > 0 ? wanted + bounds(deployment).maxSurge : 0
  const toAdd = allowed - sum(active, replicasOf)
  const ordered = [...active].sort(
    (a, b) => replicasOf(b) - replicasOf(a) || (toAdd > 0 ? newerFirst(a, b) : newerFirst(b, a)),
  )
  let added = 0
  const sizes = new Map<ReplicaSet, number>()
  for (const set of ordered) {
    const share = proportion(set, deployment, toAdd, added)
    sizes.set(set, replicasOf(set) + share)
    added += share
  }
  const largest = ordered[0]!
  sizes.set(largest, Math.max(0, sizes.get(largest)! + toAdd - added))
  return sizes
}

/** The update is through: all replicas are of the current template and available. */
export function isSaturated(deployment: Deployment, current: ReplicaSet): boolean {
  const wanted = replicasOf(deployment)
  const annotated = Number(current.metadata?.annotations?.['deployment.kubernetes.io/desired-replicas'])
  return replicasOf(current) === wanted && annotated === wanted && (current.status?.availableReplicas ?? 0) === wanted
}

function newerFirst(a: ReplicaSet, b: ReplicaSet): number {
  return (b.metadata?.creationTimestamp ?? '').localeCompare(a.metadata?.creationTimestamp ?? '')
}

/** The set's share of what is to be added; before the scaling it was part of `max-replicas`, as its annotation says. */
function proportion(set: ReplicaSet, deployment: Deployment, toAdd: number, added: number): number {
  if (replicasOf(set) === 0 || toAdd === 0 || toAdd === added) return 0
  const left = toAdd - added
  const fraction = fractionOf(set, deployment)
  return toAdd > 0 ? Math.min(fraction, left) : Math.max(fraction, left)
}

function fractionOf(set: ReplicaSet, deployment: Deployment): number {
  if (replicasOf(deployment) === 0) return -replicasOf(set)
  const before = Number(set.metadata?.annotations?.[maxReplicasAnnotation]) || (deployment.status?.replicas ?? 0)
  if (before === 0) return 0
  const max = replicasOf(deployment) + bounds(deployment).maxSurge
  return roundHalfAway((replicasOf(set) * max) / before) - replicasOf(set)
}

function roundHalfAway(n: number): number {
  return n < 0 ? Math.ceil(n - 0.5) : Math.floor(n + 0.5)
}
