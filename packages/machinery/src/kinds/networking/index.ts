/** The kinds of networking.k8s.io, version by version. */
import type { Kind } from '../kind.ts'
import { ingresses } from './ingress.ts'
import { ingressClasses } from './ingress-class.ts'
import { ipAddresses, ipAddressesV1beta1 } from './ip-address.ts'
import { networkPolicies } from './network-policy.ts'
import { serviceCidrs, serviceCidrsV1beta1 } from './service-cidr.ts'

export const networkingKinds: readonly Kind[] = [
  ingresses,
  ingressClasses,
  ipAddresses,
  networkPolicies,
  serviceCidrs,
  ipAddressesV1beta1,
  serviceCidrsV1beta1,
]

export {
  ingressClasses,
  ingresses,
  ipAddresses,
  ipAddressesV1beta1,
  networkPolicies,
  serviceCidrs,
  serviceCidrsV1beta1,
}
