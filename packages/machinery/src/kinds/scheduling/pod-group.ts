/** scheduling.k8s.io PodGroup. */
import type { PodGroup } from '../../api/scheduling-v1alpha2.gen.ts'
import { defineKind } from '../define-kind.ts'
import { nameTo, textColumn } from '../make-column.ts'
import { statusOnly } from '../with-status.ts'

const columns = nameTo<PodGroup>(
  textColumn('Policy', 'How the group is scheduled.', ({ spec }) => (spec?.schedulingPolicy?.gang ? 'Gang' : 'Basic')),
  textColumn(
    'Workload',
    'The workload it was made from.',
    ({ spec }) => spec?.podGroupTemplateRef?.workload?.workloadName ?? '<none>',
  ),
  textColumn('Status', 'Where scheduling stands.', ({ status }) => {
    const conditions = status?.conditions ?? []
    const disrupted = conditions.find(condition => condition.type === 'DisruptionTarget')
    if (disrupted) return disrupted.reason
    const scheduled = conditions.find(condition => condition.type === 'PodGroupScheduled')
    return scheduled ? (scheduled.status === 'True' ? 'Scheduled' : 'Unschedulable') : 'Pending'
  }),
)

export const podGroups = defineKind<PodGroup>({
  group: 'scheduling.k8s.io',
  version: 'v1alpha2',
  kind: 'PodGroup',
  plural: 'podgroups',
  strategy: statusOnly,
  subresources: { status: {} },
  columns,
  definition: 'io.k8s.api.scheduling.v1alpha2.PodGroup',
})
