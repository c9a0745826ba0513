/** Names of users and groups with a meaning of their own (k8s.io/apiserver/pkg/authentication/user and …/serviceaccount). */
import type { UserInfo } from './contract.ts'

/** May do everything; asked before any other authorizer. */
export const mastersGroup = 'system:masters'
export const nodesGroup = 'system:nodes'
export const nodeUserPrefix = 'system:node:'
export const authenticatedGroup = 'system:authenticated'
export const unauthenticatedGroup = 'system:unauthenticated'
export const serviceAccountsGroup = 'system:serviceaccounts'
export const serviceAccountUserPrefix = 'system:serviceaccount:'

/** Who calls without credentials. */
export const anonymousUser: UserInfo = Object.freeze({
  username: 'system:anonymous',
  groups: Object.freeze([unauthenticatedGroup]),
})

export function serviceAccountUsername(namespace: string, name: string): string {
  return `${serviceAccountUserPrefix}${namespace}:${name}`
}

export function serviceAccountGroups(namespace: string): string[] {
  return [serviceAccountsGroup, `${serviceAccountsGroup}:${namespace}`]
}

/** The service account behind a user name, or undefined when it is none. */
export function splitServiceAccountUsername(username: string): { namespace: string; name: string } | undefined {
  if (!username.startsWith(serviceAccountUserPrefix)) return undefined
  const [namespace = '', name = '', ...rest] = username.slice(serviceAccountUserPrefix.length).split(':')
  return namespace === '' || name === '' || rest.length > 0 ? undefined : { namespace, name }
}

/** The node behind a user: undefined for others, '' for a member of system:nodes whose name says no node (pkg/auth/nodeidentifier). */
export function nodeNameOf(user: UserInfo): string | undefined {
  if (!user.username.startsWith(nodeUserPrefix) || !user.groups.includes(nodesGroup)) return undefined
  return user.username.slice(nodeUserPrefix.length)
}
