/** certificates.k8s.io ClusterTrustBundle. */

import type { ClusterTrustBundle as ClusterTrustBundleV1alpha1 } from '../../api/certificates-v1alpha1.gen.ts'
import type { ClusterTrustBundle } from '../../api/certificates-v1beta1.gen.ts'
import { defineKind } from '../define-kind.ts'
import { nameTo, textColumn } from '../make-column.ts'
import { storedAs } from '../stored-as.ts'

const columns = nameTo<ClusterTrustBundle>(
  textColumn('SignerName', 'The signer whose anchors these are.', ({ spec }) => spec?.signerName || '<none>'),
)

const shared = {
  group: 'certificates.k8s.io',
  kind: 'ClusterTrustBundle',
  plural: 'clustertrustbundles',
  namespaced: false,
  columns,
  selectableFields: { 'spec.signerName': ({ spec }: ClusterTrustBundle) => spec?.signerName ?? '' },
} as const

export const clusterTrustBundles = defineKind<ClusterTrustBundle>({
  ...shared,
  version: 'v1beta1',
  definition: 'io.k8s.api.certificates.v1beta1.ClusterTrustBundle',
})

export const clusterTrustBundlesV1alpha1 = defineKind<ClusterTrustBundleV1alpha1>({
  ...shared,
  version: 'v1alpha1',
  storage: storedAs<ClusterTrustBundleV1alpha1>(clusterTrustBundles, 'v1alpha1'),
  definition: 'io.k8s.api.certificates.v1alpha1.ClusterTrustBundle',
})
