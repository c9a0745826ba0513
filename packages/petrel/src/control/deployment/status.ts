/** status of a Deployment: counts over its ReplicaSets, and the three conditions. Pure. */
import type { Deployment, DeploymentCondition, DeploymentStatus, ReplicaSet } from '@petrel/machinery/api/apps-v1'
import { toTime } from '../../base/index.ts'
import { omitZeros } from '../omit-zeros.ts'
import { bounds, type ReplicaSets, replicasOf } from './sizes.ts'

type Verdict = Pick<DeploymentCondition, 'type' | 'status' | 'reason' | 'message'>

/** 2^31-1 means no deadline (HasProgressDeadline). */
export function progressDeadlineMs(deployment: Deployment): number | undefined {
  const seconds = deployment.spec?.progressDeadlineSeconds ?? 600
  return seconds === 2 ** 31 - 1 ? undefined : seconds * 1000
}

/** `step`: what this pass did to the current ReplicaSet, which counts as progress. */
export function statusOf(
  deployment: Deployment,
  sets: ReplicaSets,
  step: Verdict | undefined,
  now: number,
): DeploymentStatus {
  const counts = countsOf(deployment, sets)
  const conditions = new Map((deployment.status?.conditions ?? []).map(condition => [condition.type, condition]))
  const set = (verdict: Verdict, renewed = false): void => {
    conditions.set(verdict.type, dated(verdict, conditions.get(verdict.type), renewed, now))
  }

  set(availability(deployment, counts.availableReplicas ?? 0))
  if (progressDeadlineMs(deployment) === undefined) conditions.delete('Progressing')
  else {
    if (step) set(step)
    const isRolling = !deployment.spec?.paused && !deployment.metadata?.deletionTimestamp
    const verdict = isRolling && progress(deployment, counts, sets.current, conditions.get('Progressing'), now)
    if (verdict) set(verdict, verdict.reason === 'ReplicaSetUpdated')
  }
  const failure = replicaFailure(sets)
  if (failure) set(failure)
  else conditions.delete('ReplicaFailure')
  return { ...counts, conditions: [...conditions.values()] }
}

/** Paused and resumed deployments say so (checkPausedConditions); undefined when the condition says it already. */
export function pauseVerdict(deployment: Deployment): Verdict | undefined {
  if (progressDeadlineMs(deployment) === undefined) return undefined
  const reason = deployment.status?.conditions?.find(({ type }) => type === 'Progressing')?.reason
  if (reason === 'ProgressDeadlineExceeded') return undefined
  const paused = deployment.spec?.paused ?? false
  if (paused && reason !== 'DeploymentPaused') {
    return { type: 'Progressing', status: 'Unknown', reason: 'DeploymentPaused', message: 'Deployment is paused' }
  }
  if (!paused && reason === 'DeploymentPaused') {
    return { type: 'Progressing', status: 'Unknown', reason: 'DeploymentResumed', message: 'Deployment is resumed' }
  }
  return undefined
}

function countsOf(deployment: Deployment, { current, old }: ReplicaSets): Omit<DeploymentStatus, 'conditions'> {
  const all = [...old, ...(current ? [current] : [])]
  const sum = (of: (set: ReplicaSet) => number | undefined): number => all.reduce((n, set) => n + (of(set) ?? 0), 0)
  const available = sum(set => set.status?.availableReplicas)
  const { collisionCount } = deployment.status ?? {}
  const terminatingReplicas = terminatingOf(all)
  const counts = omitZeros({
    observedGeneration: deployment.metadata?.generation ?? 0,
    replicas: sum(set => set.status?.replicas),
    updatedReplicas: current?.status?.replicas ?? 0,
    readyReplicas: sum(set => set.status?.readyReplicas),
    availableReplicas: available,
    unavailableReplicas: Math.max(0, all.reduce((n, set) => n + replicasOf(set), 0) - available),
    ...(collisionCount !== undefined && { collisionCount }),
  })
  return { ...counts, ...(terminatingReplicas !== undefined && { terminatingReplicas }) }
}

/** Undefined while a ReplicaSet that was looked at does not tell (GetTerminatingReplicaCountForReplicaSets). */
function terminatingOf(sets: readonly ReplicaSet[]): number | undefined {
  const looked = sets.filter(({ status }) => status?.observedGeneration || status?.terminatingReplicas !== undefined)
  return looked.reduce<number | undefined>((sum, { status }) => {
    return sum === undefined || status?.terminatingReplicas === undefined ? undefined : sum + status.terminatingReplicas
  }, 0)
}

function availability(deployment: Deployment, available: number): Verdict {
  return available >= replicasOf(deployment) - bounds(deployment).maxUnavailable
    ? {
        type: 'Available',
        status: 'True',
        reason: 'MinimumReplicasAvailable',
        message: 'Deployment has minimum availability.',
      }
    : {
        type: 'Available',
        status: 'False',
        reason: 'MinimumReplicasUnavailable',
        message: 'Deployment does not have minimum availability.',
      }
}

export function isComplete(deployment: Deployment, status: DeploymentStatus): boolean {
  const wanted = replicasOf(deployment)
  return (
    (status.updatedReplicas ?? 0) === wanted &&
    (status.replicas ?? 0) === wanted &&
    (status.availableReplicas ?? 0) === wanted &&
    (status.observedGeneration ?? 0) >= (deployment.metadata?.generation ?? 0)
  )
}

/** Undefined when nothing is to be said anew. */
function progress(
  deployment: Deployment,
  status: DeploymentStatus,
  current: ReplicaSet | undefined,
  known: DeploymentCondition | undefined,
  now: number,
): Verdict | undefined {
  const wasComplete = known?.reason === 'NewReplicaSetAvailable'
  if (status.replicas === status.updatedReplicas && wasComplete) return undefined
  const subject = current ? `ReplicaSet "${current.metadata?.name}"` : `Deployment "${deployment.metadata?.name}"`
  if (isComplete(deployment, status)) {
    return {
      type: 'Progressing',
      status: 'True',
      reason: 'NewReplicaSetAvailable',
      message: `${subject} has successfully progressed.`,
    }
  }
  if (movedOn(deployment.status, status)) {
    return { type: 'Progressing', status: 'True', reason: 'ReplicaSetUpdated', message: `${subject} is progressing.` }
  }
  if (!known || wasComplete || known.reason === 'ProgressDeadlineExceeded') return undefined
  const deadline = Date.parse(known.lastUpdateTime ?? '') + (progressDeadlineMs(deployment) ?? Number.POSITIVE_INFINITY)
  if (deadline >= now) return undefined
  return {
    type: 'Progressing',
    status: 'False',
    reason: 'ProgressDeadlineExceeded',
    message: `${subject} has timed out progressing.`,
  }
}

function movedOn(before: DeploymentStatus | undefined, after: DeploymentStatus): boolean {
  const old = (status: DeploymentStatus | undefined): number => (status?.replicas ?? 0) - (status?.updatedReplicas ?? 0)
  return (
    (after.updatedReplicas ?? 0) > (before?.updatedReplicas ?? 0) ||
    old(after) < old(before) ||
    (after.readyReplicas ?? 0) > (before?.readyReplicas ?? 0) ||
    (after.availableReplicas ?? 0) > (before?.availableReplicas ?? 0)
  )
}

/** A ReplicaSet that cannot make its pods makes the Deployment say so; the current one speaks first. */
function replicaFailure({ current, old }: ReplicaSets): Verdict | undefined {
  for (const set of [...(current ? [current] : []), ...old]) {
    const failure = set.status?.conditions?.find(({ type }) => type === 'ReplicaFailure')
    if (!failure) continue
    const { status, reason = '', message = '' } = failure
    return { type: 'ReplicaFailure', status, reason, message }
  }
  return undefined
}

/** Same status and reason: the condition stays as it is, unless `renewed`. Same status: its transition time stays. */
function dated(
  verdict: Verdict,
  known: DeploymentCondition | undefined,
  renewed: boolean,
  now: number,
): DeploymentCondition {
  if (known && !renewed && known.status === verdict.status && known.reason === verdict.reason) return known
  const time = toTime(now)
  const transition = known?.status === verdict.status ? known.lastTransitionTime : undefined
  return { ...verdict, lastUpdateTime: time, lastTransitionTime: transition ?? time }
}
