/** resource.k8s.io ResourceClaimTemplate. */
import type { ResourceClaimTemplate } from '../../api/resource-v1.gen.ts'
import type { ResourceClaimTemplate as ResourceClaimTemplateV1beta1 } from '../../api/resource-v1beta1.gen.ts'
import type { ResourceClaimTemplate as ResourceClaimTemplateV1beta2 } from '../../api/resource-v1beta2.gen.ts'
import { defineKind } from '../define-kind.ts'
import type { KubeObject } from '../kind.ts'
import { storedAs } from '../stored-as.ts'
import { setClaimDefaults } from './claim-defaults.ts'
import { claimFromV1, claimToV1 } from './v1beta1-shape.ts'

const shared = {
  group: 'resource.k8s.io',
  kind: 'ResourceClaimTemplate',
  plural: 'resourceclaimtemplates',
} as const

export const resourceClaimTemplates = defineKind<ResourceClaimTemplate>({
  ...shared,
  setDefaults: ({ spec }) => setClaimDefaults(spec?.spec),
  version: 'v1',
  definition: 'io.k8s.api.resource.v1.ResourceClaimTemplate',
})

export const resourceClaimTemplatesV1beta2 = defineKind<ResourceClaimTemplateV1beta2>({
  ...shared,
  setDefaults: ({ spec }) => setClaimDefaults(spec?.spec),
  version: 'v1beta2',
  storage: storedAs<ResourceClaimTemplateV1beta2>(resourceClaimTemplates, 'v1beta2'),
  definition: 'io.k8s.api.resource.v1beta2.ResourceClaimTemplate',
})

export const resourceClaimTemplatesV1beta1 = defineKind<ResourceClaimTemplateV1beta1>({
  ...shared,
  setDefaults: ({ spec }) => setClaimDefaults(spec?.spec),
  version: 'v1beta1',
  storage: {
    kind: resourceClaimTemplates,
    fromStorage: (stored: KubeObject) => {
      const { spec, ...rest } = stored as ResourceClaimTemplate
      return {
        ...rest,
        apiVersion: 'resource.k8s.io/v1beta1',
        ...(spec && {
          spec: { ...spec, spec: { ...(spec.spec?.devices && { devices: claimFromV1(spec.spec.devices) }) } },
        }),
      }
    },
    toStorage: ({ spec, ...rest }: ResourceClaimTemplateV1beta1) => {
      const object: ResourceClaimTemplate = {
        ...rest,
        apiVersion: 'resource.k8s.io/v1',
        ...(spec && {
          spec: { ...spec, spec: { ...(spec.spec?.devices && { devices: claimToV1(spec.spec.devices) }) } },
        }),
      }
      return object
    },
  },
  definition: 'io.k8s.api.resource.v1beta1.ResourceClaimTemplate',
})
