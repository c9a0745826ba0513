/** The kinds of certificates.k8s.io, version by version. */
import type { Kind } from '../kind.ts'
import { certificateSigningRequests } from './certificate-signing-request.ts'
import { clusterTrustBundles, clusterTrustBundlesV1alpha1 } from './cluster-trust-bundle.ts'
import { podCertificateRequests } from './pod-certificate-request.ts'

export const certificatesKinds: readonly Kind[] = [
  certificateSigningRequests,
  clusterTrustBundles,
  podCertificateRequests,
  clusterTrustBundlesV1alpha1,
]

export { certificateSigningRequests, clusterTrustBundles, clusterTrustBundlesV1alpha1, podCertificateRequests }
