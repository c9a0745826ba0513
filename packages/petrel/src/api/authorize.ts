/** Asks the authorizer about a request; a no becomes the 403 that upstream answers. */
import { forbiddenRequest } from './authz/index.ts'
import type { Attributes, Authorizer, UserInfo } from './contract.ts'
import type { RequestInfo } from './request-info.ts'

function attributesOf(user: UserInfo, info: RequestInfo): Attributes {
  const { verb, resourceRequest, group, version, resource, subresource, namespace, name, path } = info
  return { user, verb, resourceRequest, group, version, resource, subresource, namespace, name, path }
}

/** Throws Forbidden. */
export function authorize(authorizer: Authorizer, user: UserInfo, info: RequestInfo): void {
  const attributes = attributesOf(user, info)
  const decision = authorizer.authorize(attributes)
  if (!decision.allowed) throw forbiddenRequest(attributes, decision.reason)
}
