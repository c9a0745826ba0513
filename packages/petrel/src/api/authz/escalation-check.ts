/**
 * Nobody hands out rights that they do not hold (pkg/registry/rbac/{role,clusterrole,rolebinding,clusterrolebinding}/policybased,
 * validation/rule.go): writing a role or binding needs every right in it, or the verbs `escalate` and `bind`. The API
 * server runs this behind admission, on the object as it would be stored.
 */
import { isDeepStrictEqual } from 'node:util'
import type { ClusterRole, PolicyRule, RoleBinding } from '@petrel/machinery/api/rbac-v1'
import { clusterRoles, type KubeObject, roles } from '@petrel/machinery/kinds'
import { forbidden, notFound } from '@petrel/machinery/status'
import type { AdmissionPlugin, AdmissionRequest, Attributes, Authorizer, ObjectReader, UserInfo } from '../contract.ts'
import { mastersGroup } from '../user-names.ts'
import type { RbacAuthorizer } from './rbac-authorizer.ts'
import { compactRules, describeRule, quotedList, uncovered } from './rule-cover.ts'

const rbacGroup = 'rbac.authorization.k8s.io'
const everything: PolicyRule[] = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
  { verbs: ['*'], nonResourceURLs: ['*'] },
]

export interface EscalationCheckOptions {
  readonly reader: ObjectReader
  readonly authorizer: Authorizer
  readonly rbac: RbacAuthorizer
}

export function escalationCheck(options: EscalationCheckOptions): AdmissionPlugin {
  return {
    name: 'RBACEscalationCheck',
    validate(request) {
      const { kind, operation, subresource, object, user } = request
      if (kind.group !== rbacGroup || subresource !== '' || !object) return
      if (operation !== 'CREATE' && operation !== 'UPDATE') return
      if (user.groups.includes(mastersGroup)) return
      if (operation === 'UPDATE' && changesOnlyCollection(object, request.oldObject)) return
      if (kind.kind === 'Role' || kind.kind === 'ClusterRole') checkRole(options, request, object)
      if (kind.kind === 'RoleBinding' || kind.kind === 'ClusterRoleBinding')
        checkBinding(options, request, object as RoleBinding)
    },
  }
}

function checkRole(options: EscalationCheckOptions, request: AdmissionRequest, role: ClusterRole): void {
  const { kind, user, namespace } = request
  if (options.authorizer.authorize(question(request, 'escalate', kind.plural, request.name)).allowed) return
  confirm(options, request, role.rules ?? [])
  // Such a role can gather anything.
  if ((role.aggregationRule?.clusterRoleSelectors ?? []).length === 0) return
  if (uncovered(options.rbac.policyRules(user, namespace).rules, everything).length === 0) return
  throw forbidden(kind, nameOf(request), 'must have cluster-admin privileges to use the aggregationRule')
}

function checkBinding(options: EscalationCheckOptions, request: AdmissionRequest, binding: RoleBinding): void {
  const { roleRef } = binding
  const resource = roleRef.kind === 'ClusterRole' ? clusterRoles : roleRef.kind === 'Role' ? roles : undefined
  if (!resource) throw new TypeError(`unsupported role reference kind: ${JSON.stringify(roleRef.kind)}`)
  if (options.authorizer.authorize(question(request, 'bind', resource.plural, roleRef.name)).allowed) return
  const role = options.reader.get<ClusterRole>(resource, resource.namespaced ? request.namespace : '', roleRef.name)
  if (!role) throw notFound(resource, roleRef.name)
  confirm(options, request, role.rules ?? [])
}

function confirm(options: EscalationCheckOptions, request: AdmissionRequest, rules: readonly PolicyRule[]): void {
  const held = options.rbac.policyRules(request.user, request.namespace)
  const missing = uncovered(held.rules, rules)
  if (missing.length > 0) throw forbidden(request.kind, nameOf(request), refusal(request.user, missing, held.missing))
}

function refusal(user: UserInfo, missing: readonly PolicyRule[], unresolved: readonly string[]): string {
  const lines = [...new Set(compactRules(missing).map(describeRule))].sort()
  const who = `user ${JSON.stringify(user.username)} (groups=${quotedList(user.groups)})`
  const words = `${who} is attempting to grant RBAC permissions not currently held:\n${lines.join('\n')}`
  return unresolved.length === 0 ? words : `${words}; resolution errors: [${[...new Set(unresolved)].join(', ')}]`
}

function question(request: AdmissionRequest, verb: string, resource: string, name: string): Attributes {
  return {
    user: request.user,
    verb,
    resourceRequest: true,
    group: rbacGroup,
    version: 'v1',
    resource,
    subresource: '',
    namespace: request.namespace,
    name,
    path: '',
  }
}

function nameOf(request: AdmissionRequest): string {
  return request.object?.metadata?.name ?? request.name
}

/** IsOnlyMutatingGCFields: the garbage collector must be able to let go of what it could not grant. */
function changesOnlyCollection(object: KubeObject, old: KubeObject | undefined): boolean {
  if (!old) return false
  const rest = ({ metadata, ...fields }: KubeObject): unknown => {
    const { ownerReferences, finalizers, managedFields, resourceVersion, ...others } = metadata ?? {}
    return JSON.parse(JSON.stringify({ ...fields, metadata: others }))
  }
  return isDeepStrictEqual(rest(object), rest(old))
}
