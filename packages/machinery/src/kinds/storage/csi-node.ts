/** storage.k8s.io CSINode. */
import type { CSINode } from '../../api/storage-v1.gen.ts'
import { defineKind } from '../define-kind.ts'
import { nameTo, numberColumn } from '../make-column.ts'

const columns = nameTo<CSINode>(
  numberColumn('Drivers', 'How many drivers are registered on the node.', ({ spec }) => spec?.drivers?.length),
)

export const csiNodes = defineKind<CSINode>({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSINode',
  plural: 'csinodes',
  namespaced: false,
  columns,
  strategy: { allowUnconditionalUpdate: false },
  definition: 'io.k8s.api.storage.v1.CSINode',
})
