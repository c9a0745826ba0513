/** The kinds of scheduling.k8s.io, version by version. */
import type { Kind } from '../kind.ts'
import { podGroups } from './pod-group.ts'
import { priorityClasses, systemPriorities } from './priority-class.ts'
import { workloads } from './workload.ts'

export const schedulingKinds: readonly Kind[] = [priorityClasses, podGroups, workloads]

export { podGroups, priorityClasses, systemPriorities, workloads }
