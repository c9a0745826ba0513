/** status of a ReplicaSet from the pods it has (calculateStatus). Pure. */
import type { ReplicaSetCondition, ReplicaSetStatus } from '@petrel/machinery/api/apps-v1'
import type { Pod } from '@petrel/machinery/api/core-v1'
import { selectorFromSet } from '@petrel/machinery/selectors'
import { toTime } from '../../base/index.ts'
import { omitZeros } from '../omit-zeros.ts'
import { isAvailable, isReady } from '../pod-state.ts'
import type { Replicas } from './replicas.ts'

/** `failure` is what kept the controller from creating or deleting; undefined when nothing did. */
export function statusOf(
  owner: Replicas,
  active: readonly Pod[],
  terminatingReplicas: number | undefined,
  failure: unknown,
  now: number,
): ReplicaSetStatus {
  const { minReadySeconds = 0, template, replicas = 1 } = owner.spec ?? {}
  const labelled = selectorFromSet(template?.metadata?.labels ?? {})
  const conditions = conditionsOf(owner.status?.conditions ?? [], active.length - replicas, failure, now)
  return {
    replicas: active.length,
    ...omitZeros({
      fullyLabeledReplicas: active.filter(pod => labelled.matches(pod.metadata?.labels)).length,
      readyReplicas: active.filter(isReady).length,
      availableReplicas: active.filter(pod => isAvailable(pod, minReadySeconds, now)).length,
      observedGeneration: owner.metadata?.generation ?? 0,
    }),
    ...(terminatingReplicas !== undefined && { terminatingReplicas }),
    ...(conditions.length > 0 && { conditions }),
  }
}

function conditionsOf(
  old: readonly ReplicaSetCondition[],
  surplus: number,
  failure: unknown,
  now: number,
): ReplicaSetCondition[] {
  const others = old.filter(({ type }) => type !== 'ReplicaFailure')
  if (failure === undefined) return others
  const known = old.find(({ type }) => type === 'ReplicaFailure')
  return [
    ...others,
    known ?? {
      type: 'ReplicaFailure',
      status: 'True',
      lastTransitionTime: toTime(now),
      reason: surplus < 0 ? 'FailedCreate' : 'FailedDelete',
      message: failure instanceof Error ? failure.message : String(failure),
    },
  ]
}
