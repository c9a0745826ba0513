/** resource.k8s.io ResourceClaim. */
import type { ResourceClaim } from '../../api/resource-v1.gen.ts'
import type { ResourceClaim as ResourceClaimV1beta1 } from '../../api/resource-v1beta1.gen.ts'
import type { ResourceClaim as ResourceClaimV1beta2 } from '../../api/resource-v1beta2.gen.ts'
import { defineKind } from '../define-kind.ts'
import type { KubeObject } from '../kind.ts'
import { nameTo, textColumn } from '../make-column.ts'
import { storedAs } from '../stored-as.ts'
import { statusOnly } from '../with-status.ts'
import { setClaimDefaults } from './claim-defaults.ts'
import { claimFromV1, claimToV1 } from './v1beta1-shape.ts'

interface Claim extends KubeObject {
  status?: { allocation?: unknown; reservedFor?: readonly unknown[] }
}

/** resourceClaimState of pkg/printers/internalversion. */
function stateOf({ metadata, status }: Claim): string {
  const states: string[] = []
  if (metadata?.deletionTimestamp) states.push('deleted')
  if (status?.allocation) states.push('allocated')
  else if (!metadata?.deletionTimestamp) states.push('pending')
  if (status?.allocation && (status.reservedFor ?? []).length > 0) states.push('reserved')
  return states.join()
}

const shared = {
  group: 'resource.k8s.io',
  kind: 'ResourceClaim',
  plural: 'resourceclaims',
  columns: nameTo<Claim>(textColumn('State', 'How far its allocation has come.', stateOf)),
  strategy: statusOnly,
  subresources: { status: {} },
} as const

export const resourceClaims = defineKind<ResourceClaim>({
  ...shared,
  setDefaults: ({ spec }) => setClaimDefaults(spec),
  version: 'v1',
  definition: 'io.k8s.api.resource.v1.ResourceClaim',
})

export const resourceClaimsV1beta2 = defineKind<ResourceClaimV1beta2>({
  ...shared,
  setDefaults: ({ spec }) => setClaimDefaults(spec),
  version: 'v1beta2',
  storage: storedAs<ResourceClaimV1beta2>(resourceClaims, 'v1beta2'),
  definition: 'io.k8s.api.resource.v1beta2.ResourceClaim',
})

export const resourceClaimsV1beta1 = defineKind<ResourceClaimV1beta1>({
  ...shared,
  setDefaults: ({ spec }) => setClaimDefaults(spec),
  version: 'v1beta1',
  storage: {
    kind: resourceClaims,
    fromStorage: (stored: KubeObject) => {
      const { spec, ...rest } = stored as ResourceClaim
      return {
        ...rest,
        apiVersion: 'resource.k8s.io/v1beta1',
        ...(spec && { spec: { ...(spec.devices && { devices: claimFromV1(spec.devices) }) } }),
      }
    },
    toStorage: ({ spec, ...rest }: ResourceClaimV1beta1) => {
      const object: ResourceClaim = {
        ...rest,
        apiVersion: 'resource.k8s.io/v1',
        ...(spec && { spec: { ...(spec.devices && { devices: claimToV1(spec.devices) }) } }),
      }
      return object
    },
  },
  definition: 'io.k8s.api.resource.v1beta1.ResourceClaim',
})
