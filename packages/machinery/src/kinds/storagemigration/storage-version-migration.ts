/** storagemigration.k8s.io StorageVersionMigration. */
import type { StorageVersionMigration } from '../../api/storagemigration-v1beta1.gen.ts'
import { defineKind } from '../define-kind.ts'
import { statusOnly } from '../with-status.ts'

export const storageVersionMigrations = defineKind<StorageVersionMigration>({
  group: 'storagemigration.k8s.io',
  version: 'v1beta1',
  kind: 'StorageVersionMigration',
  plural: 'storageversionmigrations',
  namespaced: false,
  strategy: statusOnly,
  subresources: { status: {} },
  definition: 'io.k8s.api.storagemigration.v1beta1.StorageVersionMigration',
})
