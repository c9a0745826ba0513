/** storage.k8s.io VolumeAttributesClass. */
import type { VolumeAttributesClass } from '../../api/storage-v1.gen.ts'
import type { VolumeAttributesClass as VolumeAttributesClassV1beta1 } from '../../api/storage-v1beta1.gen.ts'
import { defineKind } from '../define-kind.ts'
import { nameTo, textColumn } from '../make-column.ts'
import { storedAs } from '../stored-as.ts'

const columns = nameTo<VolumeAttributesClass>(
  textColumn('DriverName', 'The driver that the parameters are for.', object => object.driverName),
)

const shared = {
  group: 'storage.k8s.io',
  kind: 'VolumeAttributesClass',
  plural: 'volumeattributesclasses',
  namespaced: false,
  shortNames: ['vac'],
  columns,
} as const

export const volumeAttributesClasses = defineKind<VolumeAttributesClass>({
  ...shared,
  version: 'v1',
  definition: 'io.k8s.api.storage.v1.VolumeAttributesClass',
})

export const volumeAttributesClassesV1beta1 = defineKind<VolumeAttributesClassV1beta1>({
  ...shared,
  version: 'v1beta1',
  storage: storedAs<VolumeAttributesClassV1beta1>(volumeAttributesClasses, 'v1beta1'),
  definition: 'io.k8s.api.storage.v1beta1.VolumeAttributesClass',
})
