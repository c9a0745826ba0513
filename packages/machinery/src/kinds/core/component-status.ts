/** core/v1 ComponentStatus: deprecated, read only, made up by the server when asked. */
import type { ComponentStatus } from '../../api/core-v1.gen.ts'
import { nameColumn } from '../../table/index.ts'
import { defineKind } from '../define-kind.ts'
import type { Kind } from '../kind.ts'

const healthy = (component: ComponentStatus): NonNullable<ComponentStatus['conditions']>[number] | undefined =>
  component.conditions?.find(condition => condition.type === 'Healthy')

export const componentStatuses: Kind<ComponentStatus> = defineKind<ComponentStatus>({
  group: '',
  version: 'v1',
  kind: 'ComponentStatus',
  plural: 'componentstatuses',
  namespaced: false,
  shortNames: ['cs'],
  verbs: ['get', 'list'],
  deprecated: { since: 'v1.19' },
  columns: [
    nameColumn,
    {
      name: 'Status',
      type: 'string',
      priority: 0,
      description: 'Healthy, Unhealthy or Unknown.',
      cell: component => {
        const condition = healthy(component)
        return condition ? (condition.status === 'True' ? 'Healthy' : 'Unhealthy') : 'Unknown'
      },
    },
    {
      name: 'Message',
      type: 'string',
      priority: 0,
      description: 'What the component says.',
      cell: component => healthy(component)?.message ?? '',
    },
    {
      name: 'Error',
      type: 'string',
      priority: 0,
      description: 'What went wrong when it was asked.',
      cell: component => healthy(component)?.error ?? '',
    },
  ],
  definition: 'io.k8s.api.core.v1.ComponentStatus',
})
