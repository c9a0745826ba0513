/** coordination.k8s.io LeaseCandidate. */

import type { LeaseCandidate as LeaseCandidateV1alpha2 } from '../../api/coordination-v1alpha2.gen.ts'
import type { LeaseCandidate } from '../../api/coordination-v1beta1.gen.ts'
import { defineKind } from '../define-kind.ts'
import { nameTo, textColumn } from '../make-column.ts'
import { storedAs } from '../stored-as.ts'

const columns = nameTo<LeaseCandidate>(
  textColumn('LeaseName', 'The lease it stands for.', ({ spec }) => spec?.leaseName ?? ''),
  textColumn('BinaryVersion', 'Version of the program.', ({ spec }) => spec?.binaryVersion ?? ''),
  textColumn('EmulationVersion', 'Version that the program behaves as.', ({ spec }) => spec?.emulationVersion ?? ''),
)

const shared = {
  group: 'coordination.k8s.io',
  kind: 'LeaseCandidate',
  plural: 'leasecandidates',
  columns,
} as const

export const leaseCandidates = defineKind<LeaseCandidate>({
  ...shared,
  version: 'v1beta1',
  definition: 'io.k8s.api.coordination.v1beta1.LeaseCandidate',
})

export const leaseCandidatesV1alpha2 = defineKind<LeaseCandidateV1alpha2>({
  ...shared,
  version: 'v1alpha2',
  storage: storedAs<LeaseCandidateV1alpha2>(leaseCandidates, 'v1alpha2'),
  definition: 'io.k8s.api.coordination.v1alpha2.LeaseCandidate',
})
