/** The kinds of resource.k8s.io, version by version. */
import type { Kind } from '../kind.ts'
import { deviceClasses, deviceClassesV1beta1, deviceClassesV1beta2 } from './device-class.ts'
import { deviceTaintRules, deviceTaintRulesV1alpha3 } from './device-taint-rule.ts'
import { resourceClaims, resourceClaimsV1beta1, resourceClaimsV1beta2 } from './resource-claim.ts'
import {
  resourceClaimTemplates,
  resourceClaimTemplatesV1beta1,
  resourceClaimTemplatesV1beta2,
} from './resource-claim-template.ts'
import { resourcePoolStatusRequests } from './resource-pool-status-request.ts'
import { resourceSlices, resourceSlicesV1beta1, resourceSlicesV1beta2 } from './resource-slice.ts'

export const resourceKinds: readonly Kind[] = [
  deviceClasses,
  resourceClaims,
  resourceClaimTemplates,
  resourceSlices,
  deviceClassesV1beta2,
  deviceTaintRules,
  resourceClaimsV1beta2,
  resourceClaimTemplatesV1beta2,
  resourceSlicesV1beta2,
  deviceClassesV1beta1,
  resourceClaimsV1beta1,
  resourceClaimTemplatesV1beta1,
  resourceSlicesV1beta1,
  deviceTaintRulesV1alpha3,
  resourcePoolStatusRequests,
]

export {
  deviceClasses,
  deviceClassesV1beta1,
  deviceClassesV1beta2,
  deviceTaintRules,
  deviceTaintRulesV1alpha3,
  resourceClaims,
  resourceClaimsV1beta1,
  resourceClaimsV1beta2,
  resourceClaimTemplates,
  resourceClaimTemplatesV1beta1,
  resourceClaimTemplatesV1beta2,
  resourcePoolStatusRequests,
  resourceSlices,
  resourceSlicesV1beta1,
  resourceSlicesV1beta2,
}
