/** `certificatesigningrequests/approval`: conditions alone (pkg/registry/certificates/certificates/strategy.go). */
import type { CertificateSigningRequest } from '@petrel/machinery/api/certificates-v1'
import { toTime } from '../../base/index.ts'
import type { SubresourceRules } from '../registry/update.ts'

export const approvalRules: SubresourceRules = {
  name: 'approval',
  prepare(object, old, context) {
    const request = object as CertificateSigningRequest
    const before = old as CertificateSigningRequest
    const now = toTime(context.now)
    if (before.spec) request.spec = before.spec
    const conditions = request.status?.conditions?.map(condition => ({
      ...condition,
      lastUpdateTime: condition.lastUpdateTime ?? now,
      lastTransitionTime: condition.lastTransitionTime ?? now,
    }))
    request.status = { ...before.status, ...(conditions && { conditions }) }
    if (!conditions) delete request.status.conditions
  },
  validate(object, _old, errors) {
    const conditions = (object as CertificateSigningRequest).status?.conditions ?? []
    const has = (type: string): boolean => conditions.some(condition => condition.type === type)
    if (has('Approved') && has('Denied')) {
      errors.invalid('status.conditions', 'Approved,Denied', 'Approved and Denied conditions are mutually exclusive')
    }
  },
}
