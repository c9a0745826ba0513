/** resource.k8s.io DeviceClass. */
import type { DeviceClass } from '../../api/resource-v1.gen.ts'
import type { DeviceClass as DeviceClassV1beta1 } from '../../api/resource-v1beta1.gen.ts'
import type { DeviceClass as DeviceClassV1beta2 } from '../../api/resource-v1beta2.gen.ts'
import { defineKind } from '../define-kind.ts'
import { storedAs } from '../stored-as.ts'

const shared = {
  group: 'resource.k8s.io',
  kind: 'DeviceClass',
  plural: 'deviceclasses',
  namespaced: false,
  strategy: { hasGeneration: true },
} as const

export const deviceClasses = defineKind<DeviceClass>({
  ...shared,
  version: 'v1',
  definition: 'io.k8s.api.resource.v1.DeviceClass',
})

export const deviceClassesV1beta2 = defineKind<DeviceClassV1beta2>({
  ...shared,
  version: 'v1beta2',
  storage: storedAs<DeviceClassV1beta2>(deviceClasses, 'v1beta2'),
  definition: 'io.k8s.api.resource.v1beta2.DeviceClass',
})

export const deviceClassesV1beta1 = defineKind<DeviceClassV1beta1>({
  ...shared,
  version: 'v1beta1',
  storage: storedAs<DeviceClassV1beta1>(deviceClasses, 'v1beta1'),
  definition: 'io.k8s.api.resource.v1beta1.DeviceClass',
})
