/**
 * Whether an applied object does what it is for, in the sense of `kubectl rollout status` and `kubectl wait`: `ready`,
 * still `waiting`, or `failed` for good; with a few words for the progress line.
 */
import type { DaemonSet, Deployment, ReplicaSet, StatefulSet } from '@petrel/machinery/api/apps-v1'
import type { Job } from '@petrel/machinery/api/batch-v1'
import type { Pod, ReplicationController } from '@petrel/machinery/api/core-v1'
import type { KubeObject } from '@petrel/machinery/kinds'

export interface Readiness {
  readonly state: 'ready' | 'waiting' | 'failed'
  readonly words: string
}

const ready: Readiness = { state: 'ready', words: 'ready' }

type Rule = (object: never) => Readiness

const rules: Readonly<Record<string, Rule>> = {
  Deployment: ({ metadata, spec, status }: Deployment): Readiness => {
    const progressing = status?.conditions?.find(condition => condition.type === 'Progressing')
    if (progressing?.reason === 'ProgressDeadlineExceeded') return { state: 'failed', words: progressing.message ?? '' }
    const wanted = spec?.replicas ?? 1
    const current = (status?.observedGeneration ?? 0) >= (metadata?.generation ?? 0)
    const done = Math.min(status?.updatedReplicas ?? 0, status?.availableReplicas ?? 0)
    return counted(done, wanted, current && (status?.replicas ?? 0) <= wanted)
  },
  ReplicaSet: ({ spec, status }: ReplicaSet) => counted(status?.availableReplicas ?? 0, spec?.replicas ?? 1, true),
  ReplicationController: ({ spec, status }: ReplicationController) =>
    counted(status?.availableReplicas ?? 0, spec?.replicas ?? 1, true),
  StatefulSet: ({ spec, status }: StatefulSet) => counted(status?.readyReplicas ?? 0, spec?.replicas ?? 1, true),
  DaemonSet: ({ metadata, status }: DaemonSet) =>
    counted(
      status?.numberAvailable ?? 0,
      status?.desiredNumberScheduled ?? 0,
      (status?.observedGeneration ?? 0) >= (metadata?.generation ?? 0),
    ),
  Job: ({ spec, status }: Job): Readiness => {
    const failed = status?.conditions?.find(condition => condition.type === 'Failed' && condition.status === 'True')
    if (failed) return { state: 'failed', words: failed.message ?? failed.reason ?? '' }
    const complete = status?.conditions?.some(condition => condition.type === 'Complete' && condition.status === 'True')
    return complete ? ready : { state: 'waiting', words: `${status?.succeeded ?? 0}/${spec?.completions ?? 1}` }
  },
  Pod: ({ status }: Pod): Readiness => {
    if (status?.phase === 'Failed') return { state: 'failed', words: status.message ?? status.reason ?? 'Failed' }
    const isReady = status?.conditions?.some(condition => condition.type === 'Ready' && condition.status === 'True')
    return isReady || status?.phase === 'Succeeded' ? ready : { state: 'waiting', words: status?.phase ?? 'Pending' }
  },
}

function counted(done: number, wanted: number, current: boolean): Readiness {
  return { state: current && done >= wanted ? 'ready' : 'waiting', words: `${done}/${wanted}` }
}

/** Kinds without a rule are ready once they exist. */
export function readinessOf(object: KubeObject): Readiness {
  const rule = rules[object.kind ?? '']
  return rule ? rule(object as never) : ready
}
