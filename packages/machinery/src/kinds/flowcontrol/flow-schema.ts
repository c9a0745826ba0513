/** flowcontrol.apiserver.k8s.io FlowSchema. */
import type { FlowSchema } from '../../api/flowcontrol-v1.gen.ts'
import { ageColumn, type Column, nameColumn } from '../../table/index.ts'
import { defineKind } from '../define-kind.ts'
import { numberColumn, textColumn } from '../make-column.ts'
import { statusAndGeneration } from '../with-status.ts'

const columns: readonly Column<FlowSchema>[] = [
  nameColumn,
  textColumn(
    'PriorityLevel',
    'The level that requests are put on.',
    ({ spec }) => spec?.priorityLevelConfiguration?.name ?? '',
  ),
  numberColumn(
    'MatchingPrecedence',
    'Lower numbers are tried first.',
    ({ spec }) => spec?.matchingPrecedence,
    'string',
  ),
  textColumn(
    'DistinguisherMethod',
    'How requests are told apart.',
    ({ spec }) => spec?.distinguisherMethod?.type ?? '<none>',
  ),
  ageColumn,
  textColumn(
    'MissingPL',
    'Whether that level does not exist.',
    ({ status }) => status?.conditions?.find(({ type }) => type === 'Dangling')?.status ?? '?',
  ),
]

export const flowSchemas = defineKind<FlowSchema>({
  group: 'flowcontrol.apiserver.k8s.io',
  version: 'v1',
  kind: 'FlowSchema',
  plural: 'flowschemas',
  namespaced: false,
  strategy: statusAndGeneration,
  subresources: { status: {} },
  columns,
  setDefaults: ({ spec }) => {
    // Zero is absent in Go.
    if (spec && !spec.matchingPrecedence) spec.matchingPrecedence = 1000
  },
  definition: 'io.k8s.api.flowcontrol.v1.FlowSchema',
})
