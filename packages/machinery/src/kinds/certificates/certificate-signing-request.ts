/**
 * certificates.k8s.io CertificateSigningRequest, after pkg/registry/certificates. Who asks is set by the server; signing
 * belongs to `status`, approving to `approval`.
 */
import type { CertificateSigningRequest, CertificateSigningRequestCondition } from '../../api/certificates-v1.gen.ts'
import { validateImmutable } from '../../names/index.ts'
import { ageColumn, type Column, humanDuration, nameColumn } from '../../table/index.ts'
import { defineKind } from '../define-kind.ts'
import { textColumn } from '../make-column.ts'
import { withStatus } from '../with-status.ts'

const minExpirationSeconds = 600

const columns: readonly Column<CertificateSigningRequest>[] = [
  nameColumn,
  ageColumn,
  textColumn('SignerName', 'Who shall sign.', ({ spec }) => spec?.signerName || '<none>'),
  textColumn('Requestor', 'Who asks.', ({ spec }) => spec?.username ?? ''),
  textColumn('RequestedDuration', 'For how long.', ({ spec }) =>
    spec?.expirationSeconds === undefined ? '<none>' : humanDuration(spec.expirationSeconds * 1000),
  ),
  textColumn('Condition', 'Where the request stands.', conditionCell),
]

export const certificateSigningRequests = defineKind<CertificateSigningRequest>({
  group: 'certificates.k8s.io',
  version: 'v1',
  kind: 'CertificateSigningRequest',
  plural: 'certificatesigningrequests',
  namespaced: false,
  shortNames: ['csr'],
  columns,
  selectableFields: { 'spec.signerName': ({ spec }) => spec?.signerName ?? '' },
  setDefaults: ({ status }) => {
    for (const condition of status?.conditions ?? []) condition.status ??= 'True'
  },
  strategy: withStatus<NonNullable<CertificateSigningRequest['status']>, CertificateSigningRequest>(
    {},
    {
      hasGeneration: false,
      prepareForCreate: (object, { user }) => {
        if (!object.spec) return
        object.spec = { ...object.spec, username: user.username, groups: [...user.groups] }
      },
      prepareForUpdate: (object, old) => {
        if (old.spec) object.spec = old.spec
      },
      validate: ({ spec }, errors) => {
        if (!spec?.request)
          errors.invalid('spec.request', spec?.request ?? '', 'PEM block type must be CERTIFICATE REQUEST')
        if (!spec?.usages?.length) errors.required('spec.usages', 'usages are required')
        const { signerName = '', expirationSeconds } = spec ?? {}
        if (signerName === '') errors.required('spec.signerName')
        else if (!/^[^/]+\.[^/]+\/.+$/.test(signerName)) {
          const rule = 'must be a fully qualified domain and path of the form "example.com/signer-name"'
          errors.invalid('spec.signerName', signerName, rule)
        }
        if (expirationSeconds !== undefined && expirationSeconds < minExpirationSeconds) {
          errors.invalid(
            'spec.expirationSeconds',
            expirationSeconds,
            'may not specify a duration less than 600 seconds (10 minutes)',
          )
        }
      },
    },
  ),
  subresources: {
    status: {
      validateUpdate: ({ status }, old, errors) => {
        if (old.status?.certificate)
          validateImmutable(status?.certificate, old.status.certificate, 'status.certificate', errors)
      },
    },
    others: { approval: { kind: 'CertificateSigningRequest', verbs: ['get', 'patch', 'update'] } },
  },
  definition: 'io.k8s.api.certificates.v1.CertificateSigningRequest',
})

function conditionCell({ status }: CertificateSigningRequest): string {
  const has = (type: CertificateSigningRequestCondition['type']): boolean =>
    status?.conditions?.some(condition => condition.type === type) ?? false
  const decided = has('Denied') ? 'Denied' : has('Approved') ? 'Approved' : 'Pending'
  return `${decided}${has('Failed') ? ',Failed' : ''}${status?.certificate ? ',Issued' : ''}`
}
