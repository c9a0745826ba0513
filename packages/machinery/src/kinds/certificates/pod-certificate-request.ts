/** certificates.k8s.io PodCertificateRequest. */
import type { PodCertificateRequest } from '../../api/certificates-v1beta1.gen.ts'
import { defineKind } from '../define-kind.ts'
import { nameTo, textColumn } from '../make-column.ts'
import { statusOnly } from '../with-status.ts'

const columns = nameTo<PodCertificateRequest>(
  textColumn('PodName', 'The pod that asks.', ({ spec }) => spec?.podName ?? ''),
  textColumn('ServiceAccountName', 'The account of the pod.', ({ spec }) => spec?.serviceAccountName ?? ''),
  textColumn('NodeName', 'The node of the pod.', ({ spec }) => spec?.nodeName ?? ''),
  textColumn('SignerName', 'The signer that is asked.', ({ spec }) => spec?.signerName ?? ''),
  textColumn('State', 'Pending, Issued, Denied or Failed.', ({ status }) => {
    const known = ['Denied', 'Failed', 'Issued']
    return known.find(type => status?.conditions?.some(c => c.type === type && c.status === 'True')) ?? 'Pending'
  }),
)

export const podCertificateRequests = defineKind<PodCertificateRequest>({
  group: 'certificates.k8s.io',
  version: 'v1beta1',
  kind: 'PodCertificateRequest',
  plural: 'podcertificaterequests',
  strategy: statusOnly,
  subresources: { status: {} },
  columns,
  selectableFields: {
    'spec.signerName': ({ spec }) => spec?.signerName ?? '',
    'spec.podName': ({ spec }) => spec?.podName ?? '',
    'spec.nodeName': ({ spec }) => spec?.nodeName ?? '',
  },
  definition: 'io.k8s.api.certificates.v1beta1.PodCertificateRequest',
})
