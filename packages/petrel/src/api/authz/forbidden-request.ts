/** The refusal of a request, in the words of k8s.io/apiserver/pkg/endpoints/handlers/responsewriters/errors.go. */
import { forbidden, type StatusError } from '@petrel/machinery/status'
import type { Attributes } from '../contract.ts'

/** 403; `reason` is the authorizers' and may be empty. */
export function forbiddenRequest(request: Attributes, reason: string): StatusError {
  const words = describe(request).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
  const why = reason === '' ? words : `${words}: ${reason}`
  return forbidden({ group: request.group, plural: request.resource }, request.name, why)
}

function describe(request: Attributes): string {
  const user = JSON.stringify(request.user.username)
  if (!request.resourceRequest) return `User ${user} cannot ${request.verb} path ${JSON.stringify(request.path)}`
  const resource = request.subresource === '' ? request.resource : `${request.resource}/${request.subresource}`
  const what = `User ${user} cannot ${request.verb} resource ${JSON.stringify(resource)} in API group ${JSON.stringify(request.group)}`
  return request.namespace === ''
    ? `${what} at the cluster scope`
    : `${what} in the namespace ${JSON.stringify(request.namespace)}`
}
