/** storage.k8s.io CSIStorageCapacity. */
import type { CSIStorageCapacity } from '../../api/storage-v1.gen.ts'
import { defineKind } from '../define-kind.ts'
import { nameTo, textColumn } from '../make-column.ts'

const columns = nameTo<CSIStorageCapacity>(
  textColumn('StorageClassName', 'The class that the capacity is for.', object => object.storageClassName),
  textColumn('Capacity', 'How much is left.', object => object.capacity ?? '<unset>'),
)

export const csiStorageCapacities = defineKind<CSIStorageCapacity>({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSIStorageCapacity',
  plural: 'csistoragecapacities',
  columns,
  definition: 'io.k8s.api.storage.v1.CSIStorageCapacity',
})
