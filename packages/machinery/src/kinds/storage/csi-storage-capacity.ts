/** storage.k8s.io CSIStorageCapacity. */
import type { CSIStorageCapacity } from '../../api/storage-v1.gen.ts'
import { nameAndCreation } from '../../table/index.ts'
import { defineKind } from '../define-kind.ts'

export const csiStorageCapacities = defineKind<CSIStorageCapacity>({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSIStorageCapacity',
  plural: 'csistoragecapacities',
  columns: nameAndCreation,
  strategy: { allowUnconditionalUpdate: false },
  definition: 'io.k8s.api.storage.v1.CSIStorageCapacity',
})
