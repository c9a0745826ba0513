/** Asks the authorizer about a request; a no becomes the 403 that upstream answers. */
import { forbiddenRequest } from './authz/index.ts'
import type { Attributes, Authorizer, UserInfo } from './contract.ts'
import type { RequestInfo } from './request-info.ts'

const selecting: ReadonlySet<string> = new Set(['list', 'watch', 'deletecollection'])

function attributesOf(user: UserInfo, info: RequestInfo, query: URLSearchParams): Attributes {
  const { verb, resourceRequest, group, version, resource, subresource, namespace, name, path } = info
  const attributes = { user, verb, resourceRequest, group, version, resource, subresource, namespace, name, path }
  return selecting.has(verb) ? { ...attributes, fieldSelector: query.get('fieldSelector') ?? '' } : attributes
}

/** Throws Forbidden. */
export function authorize(
  authorizer: Authorizer,
  user: UserInfo,
  { info, query }: { readonly info: RequestInfo; readonly query: URLSearchParams },
): void {
  const attributes = attributesOf(user, info, query)
  const decision = authorizer.authorize(attributes)
  if (!decision.allowed) throw forbiddenRequest(attributes, decision.reason)
}
