/** The kinds of coordination.k8s.io, version by version. */
import type { Kind } from '../kind.ts'
import { leases } from './lease.ts'
import { leaseCandidates, leaseCandidatesV1alpha2 } from './lease-candidate.ts'

export const coordinationKinds: readonly Kind[] = [leases, leaseCandidates, leaseCandidatesV1alpha2]

export { leaseCandidates, leaseCandidatesV1alpha2, leases }
