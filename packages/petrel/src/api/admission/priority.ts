/**
 * Priority (plugin/pkg/admission/priority): a pod's number and preemption policy follow from its priority class, or from
 * the one class that is the default of all.
 */
import type { Pod, PodSpec } from '@petrel/machinery/api/core-v1'
import type { PriorityClass } from '@petrel/machinery/api/scheduling-v1'
import { priorityClasses } from '@petrel/machinery/kinds'
import type { AdmissionPlugin, AdmissionRequest, ObjectReader } from '../contract.ts'
import { concerns, refuse } from './refuse.ts'

/** A pod's part when there is no default class. */
const noClass: PriorityClass = { value: 0, preemptionPolicy: 'PreemptLowerPriority' }

export function priority(reader: ObjectReader): AdmissionPlugin {
  return {
    name: 'Priority',
    admit(request) {
      if (concerns(request, 'pods', 'CREATE')) admitPod(reader, request)
      if (concerns(request, 'pods', 'UPDATE')) keep(request)
    },
    validate(request) {
      if (!concerns(request, 'priorityclasses.scheduling.k8s.io', 'CREATE', 'UPDATE')) return
      const { globalDefault, metadata } = request.object as PriorityClass
      if (globalDefault !== true) return
      const other = defaultClass(reader)?.metadata?.name
      if (other === undefined || (request.operation === 'UPDATE' && other === metadata?.name)) return
      throw refuse(request, `PriorityClass ${other} is already marked as default. Only one default can exist`)
    },
  }
}

function admitPod(reader: ObjectReader, request: AdmissionRequest): void {
  const spec = (request.object as Pod).spec
  if (!spec) return
  const found = classOf(reader, request, spec)
  const value = found.value ?? 0
  if (spec.priority !== undefined && spec.priority !== value) {
    throw refuse(
      request,
      `the integer value of priority (${spec.priority}) must not be provided in pod spec; priority admission controller computed ${value} from the given PriorityClass name`,
    )
  }
  spec.priority = value
  const policy = found.preemptionPolicy
  if (policy === undefined) return
  if (spec.preemptionPolicy !== undefined && spec.preemptionPolicy !== policy) {
    throw refuse(
      request,
      `the string value of PreemptionPolicy (${spec.preemptionPolicy}) must not be provided in pod spec; priority admission controller computed ${policy} from the given PriorityClass name`,
    )
  }
  spec.preemptionPolicy = policy
}

function classOf(reader: ObjectReader, request: AdmissionRequest, spec: PodSpec): PriorityClass {
  const name = spec.priorityClassName ?? ''
  if (name === '') {
    const byDefault = defaultClass(reader)
    if (byDefault?.metadata?.name !== undefined) spec.priorityClassName = byDefault.metadata.name
    return byDefault ?? noClass
  }
  const found = reader.get(priorityClasses, '', name)
  if (!found) throw refuse(request, `no PriorityClass with name ${name} was found`)
  return found
}

/** Clients that send a pod back without what was filled in do not change it. */
function keep(request: AdmissionRequest): void {
  const spec = (request.object as Pod).spec
  const old = (request.oldObject as Pod | undefined)?.spec
  if (!spec || !old) return
  if (spec.priority === undefined && old.priority !== undefined) spec.priority = old.priority
  if (spec.preemptionPolicy === undefined && old.preemptionPolicy !== undefined)
    spec.preemptionPolicy = old.preemptionPolicy
}

/** The lowest, should a race have made two. */
function defaultClass(reader: ObjectReader): PriorityClass | undefined {
  let lowest: PriorityClass | undefined
  for (const candidate of reader.list(priorityClasses, '')) {
    if (candidate.globalDefault === true && (!lowest || (candidate.value ?? 0) < (lowest.value ?? 0)))
      lowest = candidate
  }
  return lowest
}
