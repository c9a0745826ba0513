/** pkg/registry/core/pod/strategy.go: what the server decides about a pod, and how long one may take to go. */
import type { Pod, PodCondition, PodSpec } from '../../../api/core-v1.gen.ts'
import type { LabelSelector } from '../../../api/meta-v1.gen.ts'
import { dns1123LabelFaults } from '../../../names/index.ts'
import { keepStatus } from '../../keep-status.ts'
import type { StatusSubresource, Strategy } from '../../kind.ts'
import { podSpecWarnings, qosClass } from '../pod-spec/index.ts'
import { validatePod, validatePodCreate, validatePodStatusUpdate, validatePodUpdate } from './validate.ts'

export const podStrategy: Strategy<Pod> = {
  prepareForCreate(pod) {
    const spec = pod.spec ?? ({} as PodSpec)
    pod.status = { phase: 'Pending', qosClass: qosClass(spec) }
    if (spec.schedulingGates?.length) pod.status.conditions = [schedulingGated]
    addMatchLabelKeys(pod)
  },
  prepareForUpdate: keepStatus,
  validateCreate: validatePodCreate,
  validate: validatePod,
  validateUpdate: validatePodUpdate,
  warnings(pod, old) {
    if (old) return []
    const name = pod.metadata?.name ?? ''
    const faults = name === '' ? [] : dns1123LabelFaults(name)
    const advice =
      "metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is recommended"
    return [...(faults.length > 0 ? [`${advice}: [${faults.join(' ')}]`] : []), ...podSpecWarnings(pod.spec, 'spec')]
  },
  gracePeriodSeconds(pod, requested) {
    const seconds = requested ?? pod.spec?.terminationGracePeriodSeconds ?? 0
    // Nothing runs that could use the time.
    if (!pod.spec?.nodeName || pod.status?.phase === 'Failed' || pod.status?.phase === 'Succeeded') return 0
    return seconds < 0 ? 1 : seconds
  },
}

export const podStatus: StatusSubresource<Pod> = {
  prepareForUpdate(pod, old) {
    if (old.spec) pod.spec = old.spec
    else delete pod.spec
    const metadata = pod.metadata ?? {}
    pod.metadata = metadata
    keep(metadata, old.metadata ?? {}, 'deletionTimestamp')
    keep(metadata, old.metadata ?? {}, 'deletionGracePeriodSeconds')
    keep(metadata, old.metadata ?? {}, 'ownerReferences')
    const status = pod.status ?? {}
    pod.status = status
    if (!status.qosClass && old.status?.qosClass) status.qosClass = old.status.qosClass
    keepObservedGenerations(status, old.status ?? {})
  },
  validateUpdate: validatePodStatusUpdate,
}

const schedulingGated: PodCondition = {
  type: 'PodScheduled',
  status: 'False',
  reason: 'SchedulingGated',
  message: 'Scheduling is blocked due to non-empty scheduling gates',
}

function keep<T extends object, K extends keyof T>(now: T, old: T, field: K): void {
  if (old[field] === undefined) delete now[field]
  else now[field] = old[field]
}

/** Writers that do not know observedGeneration must not take it back. */
function keepObservedGenerations(now: NonNullable<Pod['status']>, old: NonNullable<Pod['status']>): void {
  if (!now.observedGeneration && old.observedGeneration) now.observedGeneration = old.observedGeneration
  for (const condition of now.conditions ?? []) {
    const before = old.conditions?.find(candidate => candidate.type === condition.type)?.observedGeneration
    if (!condition.observedGeneration && before) condition.observedGeneration = before
  }
}

/** matchLabelKeys become part of the selectors, with the values that this pod has (KEP-3633, KEP-3243). */
function addMatchLabelKeys({ spec, metadata }: Pod): void {
  const labels = metadata?.labels ?? {}
  for (const affinity of [spec?.affinity?.podAffinity, spec?.affinity?.podAntiAffinity]) {
    const required = affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []
    const preferred = affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []
    for (const term of [...required, ...preferred.map(weighted => weighted.podAffinityTerm)]) {
      if (!term?.labelSelector) continue
      addRequirements(term.labelSelector, term.matchLabelKeys, 'In', labels)
      addRequirements(term.labelSelector, term.mismatchLabelKeys, 'NotIn', labels)
    }
  }
  for (const constraint of spec?.topologySpreadConstraints ?? []) {
    if (constraint.labelSelector) addRequirements(constraint.labelSelector, constraint.matchLabelKeys, 'In', labels)
  }
}

function addRequirements(
  selector: LabelSelector,
  keys: readonly string[] | undefined,
  operator: 'In' | 'NotIn',
  labels: Readonly<Record<string, string>>,
): void {
  for (const key of keys ?? []) {
    const value = labels[key]
    if (value === undefined) continue
    selector.matchExpressions = [...(selector.matchExpressions ?? []), { key, operator, values: [value] }]
  }
}
