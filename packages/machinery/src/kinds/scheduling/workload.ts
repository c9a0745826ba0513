/** scheduling.k8s.io Workload. */
import type { Workload } from '../../api/scheduling-v1alpha2.gen.ts'
import { defineKind } from '../define-kind.ts'

export const workloads = defineKind<Workload>({
  group: 'scheduling.k8s.io',
  version: 'v1alpha2',
  kind: 'Workload',
  plural: 'workloads',
  definition: 'io.k8s.api.scheduling.v1alpha2.Workload',
})
