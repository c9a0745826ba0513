/** What plugins have in common: which requests concern them, and how they refuse (k8s.io/apiserver/pkg/admission/errors.go). */
import { forbidden, type StatusError } from '@petrel/machinery/status'
import type { AdmissionRequest } from '../contract.ts'

/** 403 that names the object, or as much of its name as there is before generateName. */
export function refuse(request: AdmissionRequest, why: string): StatusError {
  const { name, generateName } = request.object?.metadata ?? {}
  return forbidden(request.kind, request.name || name || generateName || 'Unknown', why)
}

/** `pods`, `leases.coordination.k8s.io`. */
export function resourceOf({ kind }: AdmissionRequest): string {
  return kind.group === '' ? kind.plural : `${kind.plural}.${kind.group}`
}

/** True for a write of the resource itself, not of a subresource. */
export function concerns(
  request: AdmissionRequest,
  resource: string,
  ...operations: AdmissionRequest['operation'][]
): boolean {
  return request.subresource === '' && operations.includes(request.operation) && resourceOf(request) === resource
}
