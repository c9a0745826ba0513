/**
 * Acting as somebody else (k8s.io/apiserver/pkg/endpoints/filters/impersonation.go): every part of the new identity that
 * the headers ask for needs the verb `impersonate` on it, checked as the real caller.
 */
import { internal } from '@petrel/machinery/status'
import { forbiddenRequest } from '../authz/index.ts'
import type { Attributes, Authorizer, Credentials, UserInfo } from '../contract.ts'
import {
  anonymousUser,
  authenticatedGroup,
  serviceAccountGroups,
  splitServiceAccountUsername,
  unauthenticatedGroup,
} from '../user-names.ts'

const extraPrefix = 'impersonate-extra-'
const authenticationGroup = 'authentication.k8s.io'

interface Part {
  readonly group: string
  readonly resource: string
  readonly subresource?: string
  readonly namespace?: string
  readonly name: string
}

/**
 * The user to go on with: `user` itself when no header asks for another. Headers that may be repeated have to come as
 * arrays (`headersDistinct` of node:http), since a group name may contain a comma. Throws Forbidden.
 */
export function impersonate(user: UserInfo, headers: Credentials['headers'], authorizer: Authorizer): UserInfo {
  const asked = read(headers)
  if (!asked) return user
  const account = splitServiceAccountUsername(asked.username)
  const parts: Part[] = [
    account
      ? { group: '', resource: 'serviceaccounts', namespace: account.namespace, name: account.name }
      : { group: '', resource: 'users', name: asked.username },
    ...asked.groups.map(name => ({ group: '', resource: 'groups', name })),
    ...Object.entries(asked.extra).flatMap(([key, values]) =>
      values.map(name => ({ group: authenticationGroup, resource: 'userextras', subresource: key, name })),
    ),
    ...(asked.uid === '' ? [] : [{ group: authenticationGroup, resource: 'uids', name: asked.uid }]),
  ]
  for (const part of parts) {
    const attributes = attributesOf(user, part)
    const decision = authorizer.authorize(attributes)
    if (!decision.allowed) throw forbiddenRequest(attributes, decision.reason)
  }
  const groups = asked.groups.length === 0 && account ? serviceAccountGroups(account.namespace) : asked.groups
  return {
    username: asked.username,
    ...(asked.uid !== '' && { uid: asked.uid }),
    groups: withSystemGroup(asked.username, groups),
    ...(Object.keys(asked.extra).length > 0 && { extra: asked.extra }),
  }
}

function read(
  headers: Credentials['headers'],
): { username: string; uid: string; groups: string[]; extra: Record<string, string[]> } | undefined {
  const username = all(headers['impersonate-user'])[0] ?? ''
  const uid = all(headers['impersonate-uid'])[0] ?? ''
  const groups = all(headers['impersonate-group'])
  const extra: Record<string, string[]> = {}
  for (const name in headers) {
    if (name.startsWith(extraPrefix)) extra[unescapeKey(name.slice(extraPrefix.length))] = all(headers[name])
  }
  if (username !== '') return { username, uid, groups, extra }
  const stray = [
    ...groups.map(group => `Impersonate-Group ${JSON.stringify(group)}`),
    ...Object.keys(extra).map(key => `Impersonate-Extra-${key}`),
    ...(uid === '' ? [] : [`Impersonate-Uid ${JSON.stringify(uid)}`]),
  ]
  if (stray.length === 0) return undefined
  throw internal(new Error(`requested [${stray.join(' ')}] without impersonating a user`))
}

/** Unless the caller chose, the new user is as authenticated as its name says. */
function withSystemGroup(username: string, groups: readonly string[]): readonly string[] {
  if (username === anonymousUser.username) {
    return groups.includes(unauthenticatedGroup) ? groups : [...groups, unauthenticatedGroup]
  }
  if (groups.includes(authenticatedGroup) || groups.includes(unauthenticatedGroup)) return groups
  return [...groups, authenticatedGroup]
}

function attributesOf(user: UserInfo, part: Part): Attributes {
  return {
    user,
    verb: 'impersonate',
    resourceRequest: true,
    group: part.group,
    version: 'v1',
    resource: part.resource,
    subresource: part.subresource ?? '',
    namespace: part.namespace ?? '',
    name: part.name,
    path: '',
  }
}

function all(value: string | readonly string[] | undefined): string[] {
  return value === undefined ? [] : typeof value === 'string' ? [value] : [...value]
}

/** Keys carry characters that header names cannot, percent-encoded. What does not decode stays as it is. */
function unescapeKey(key: string): string {
  try {
    return decodeURIComponent(key)
  } catch (error) {
    if (error instanceof URIError) return key
    throw error
  }
}
