/** What a URL gets that leads nowhere, or not with this method. Upstream's router says no more than that. */
import { StatusError, type StatusReason } from '@petrel/machinery/status'

function refusal(code: number, reason: StatusReason, message: string): StatusError {
  return new StatusError({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    reason,
    details: {},
    code,
  })
}

export function noSuchResource(): StatusError {
  return refusal(404, 'NotFound', 'the server could not find the requested resource')
}

export function methodNotAllowed(): StatusError {
  return refusal(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource')
}
