/** resource.k8s.io ResourceSlice. */
import type { ResourceSlice } from '../../api/resource-v1.gen.ts'
import type { ResourceSlice as ResourceSliceV1beta1 } from '../../api/resource-v1beta1.gen.ts'
import type { ResourceSlice as ResourceSliceV1beta2 } from '../../api/resource-v1beta2.gen.ts'
import { defineKind } from '../define-kind.ts'
import type { KubeObject } from '../kind.ts'
import { nameTo, textColumn } from '../make-column.ts'
import { storedAs } from '../stored-as.ts'
import { sliceFromV1, sliceToV1 } from './v1beta1-shape.ts'

const columns = nameTo<ResourceSlice>(
  textColumn('Node', 'The node that the devices belong to.', ({ spec }) => spec?.nodeName || '<unset>'),
  textColumn('Driver', 'The driver that offers the devices.', ({ spec }) => spec?.driver ?? ''),
  textColumn('Pool', 'The pool of the devices.', ({ spec }) => spec?.pool?.name ?? ''),
)

const unselectable =
  (version: string) =>
  (field: string): string =>
    `field label not supported for resource.k8s.io/${version}, Kind=ResourceSlice: ${field}`

const shared = {
  group: 'resource.k8s.io',
  kind: 'ResourceSlice',
  plural: 'resourceslices',
  namespaced: false,
  strategy: { hasGeneration: true },
  columns,
  selectableFields: {
    'spec.driver': ({ spec }: ResourceSlice) => spec?.driver ?? '',
    'spec.nodeName': ({ spec }: ResourceSlice) => spec?.nodeName ?? '',
  },
} as const

export const resourceSlices = defineKind<ResourceSlice>({
  ...shared,
  version: 'v1',
  unselectable: unselectable('v1'),
  definition: 'io.k8s.api.resource.v1.ResourceSlice',
})

export const resourceSlicesV1beta2 = defineKind<ResourceSliceV1beta2>({
  ...shared,
  version: 'v1beta2',
  unselectable: unselectable('v1beta2'),
  storage: storedAs<ResourceSliceV1beta2>(resourceSlices, 'v1beta2'),
  definition: 'io.k8s.api.resource.v1beta2.ResourceSlice',
})

export const resourceSlicesV1beta1 = defineKind<ResourceSliceV1beta1>({
  ...shared,
  version: 'v1beta1',
  unselectable: unselectable('v1beta1'),
  storage: {
    kind: resourceSlices,
    fromStorage: (stored: KubeObject) => {
      const { spec, ...rest } = stored as ResourceSlice
      return { ...rest, apiVersion: 'resource.k8s.io/v1beta1', ...(spec && { spec: sliceFromV1(spec) }) }
    },
    toStorage: ({ spec, ...rest }: ResourceSliceV1beta1) => {
      const object: ResourceSlice = {
        ...rest,
        apiVersion: 'resource.k8s.io/v1',
        ...(spec && { spec: sliceToV1(spec) }),
      }
      return object
    },
  },
  definition: 'io.k8s.api.resource.v1beta1.ResourceSlice',
})
