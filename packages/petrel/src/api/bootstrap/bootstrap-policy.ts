/** Upstream's bootstrap roles and bindings as objects (bootstrappolicy/policy.go, namespace_policy.go). */

import type { ObjectMeta } from '@petrel/machinery/api/meta-v1'
import type {
  ClusterRole,
  ClusterRoleBinding,
  PolicyRule,
  Role,
  RoleBinding,
  Subject,
} from '@petrel/machinery/api/rbac-v1'
import { clusterRoleRules } from './cluster-roles.ts'
import { controllerRules } from './controller-roles.ts'
import { on, read, recordEvents } from './policy-notation.ts'

export interface BootstrapPolicy {
  readonly clusterRoles: readonly ClusterRole[]
  readonly clusterRoleBindings: readonly ClusterRoleBinding[]
  readonly roles: readonly Role[]
  readonly roleBindings: readonly RoleBinding[]
}

const apiGroup = 'rbac.authorization.k8s.io'
const apiVersion = `${apiGroup}/v1`

/** Made on every call: needed once, at the start. */
export function bootstrapPolicy(): BootstrapPolicy {
  return {
    clusterRoles: clusterRoles(),
    clusterRoleBindings: clusterRoleBindings(),
    roles: roles(),
    roleBindings: roleBindings(),
  }
}

/** Roles that are gathered into another one, by the label that says so. */
const gatheredInto: Record<string, string> = {
  edit: 'admin',
  view: 'edit',
  'system:aggregate-to-admin': 'admin',
  'system:aggregate-to-edit': 'edit',
  'system:aggregate-to-view': 'view',
}

function clusterRoles(): ClusterRole[] {
  const aggregated = ['admin', 'edit', 'view'].map(
    (name): ClusterRole => ({
      ...clusterRole(name),
      aggregationRule: { clusterRoleSelectors: [{ matchLabels: { [aggregationLabel(name)]: 'true' } }] },
    }),
  )
  const plain = Object.entries(clusterRoleRules()).map(([name, rules]) => ({ ...clusterRole(name), rules }))
  const controllers = Object.entries(controllerRules()).map(([name, rules]) => ({
    ...clusterRole(controllerRole(name)),
    rules,
  }))
  return [...aggregated, ...plain, ...controllers]
}

function clusterRoleBindings(): ClusterRoleBinding[] {
  const subjects: Record<string, Subject[]> = {
    'cluster-admin': [group('system:masters')],
    'system:monitoring': [group('system:monitoring')],
    'system:discovery': [group('system:authenticated')],
    'system:basic-user': [group('system:authenticated')],
    'system:public-info-viewer': [group('system:authenticated'), group('system:unauthenticated')],
    'system:node-proxier': [user('system:kube-proxy')],
    'system:kube-controller-manager': [user('system:kube-controller-manager')],
    'system:kube-dns': [serviceAccount('kube-dns')],
    'system:kube-scheduler': [user('system:kube-scheduler')],
    'system:volume-scheduler': [user('system:kube-scheduler')],
    'system:service-account-issuer-discovery': [group('system:serviceaccounts')],
    'system:node': [],
  }
  return [
    ...Object.entries(subjects).map(([name, whom]) => clusterRoleBinding(name, whom)),
    ...Object.keys(controllerRules()).map(name => clusterRoleBinding(controllerRole(name), [serviceAccount(name)])),
  ]
}

function roles(): Role[] {
  return [
    role('kube-public', 'system:controller:bootstrap-signer', [
      on('core', 'configmaps', read),
      on('core', 'configmaps', 'update', 'cluster-info'),
      recordEvents(),
    ]),
    role('kube-system', 'extension-apiserver-authentication-reader', [
      on('core', 'configmaps', read, 'extension-apiserver-authentication'),
    ]),
    role('kube-system', 'system::leader-locking-kube-controller-manager', leaderRules()),
    role('kube-system', 'system::leader-locking-kube-scheduler', leaderRules()),
    role('kube-system', 'system:controller:bootstrap-signer', [on('core', 'secrets', read)]),
    role('kube-system', 'system:controller:cloud-provider', [on('core', 'configmaps', 'create get list watch')]),
    role('kube-system', 'system:controller:token-cleaner', [
      on('core', 'secrets', 'delete get list watch'),
      recordEvents(),
    ]),
  ]
}

function roleBindings(): RoleBinding[] {
  const manager = user('system:kube-controller-manager')
  const scheduler = user('system:kube-scheduler')
  const leader = 'system::leader-locking-'
  return [
    controllerBinding('kube-public', 'bootstrap-signer'),
    roleBinding(
      'kube-system',
      'system::extension-apiserver-authentication-reader',
      [manager, scheduler],
      'extension-apiserver-authentication-reader',
    ),
    roleBinding('kube-system', `${leader}kube-controller-manager`, [
      manager,
      serviceAccount('kube-controller-manager'),
      serviceAccount('leader-election-controller'),
    ]),
    roleBinding('kube-system', `${leader}kube-scheduler`, [scheduler, serviceAccount('kube-scheduler')]),
    controllerBinding('kube-system', 'bootstrap-signer'),
    controllerBinding('kube-system', 'cloud-provider'),
    controllerBinding('kube-system', 'token-cleaner'),
  ]
}

function leaderRules(): PolicyRule[] {
  const verbs = 'create get list update watch'
  return [on('coordination.k8s.io', 'leases', verbs), on('coordination.k8s.io', 'leasecandidates', verbs)]
}

function clusterRole(name: string): ClusterRole {
  const into = gatheredInto[name]
  return {
    kind: 'ClusterRole',
    apiVersion,
    metadata: metadata(name, into === undefined ? {} : { [aggregationLabel(into)]: 'true' }),
  }
}

function clusterRoleBinding(name: string, subjects: Subject[]): ClusterRoleBinding {
  const roleRef = { apiGroup, kind: 'ClusterRole', name }
  return {
    kind: 'ClusterRoleBinding',
    apiVersion,
    metadata: metadata(name),
    ...(subjects.length > 0 && { subjects }),
    roleRef,
  }
}

function role(namespace: string, name: string, rules: PolicyRule[]): Role {
  return { kind: 'Role', apiVersion, metadata: { ...metadata(name), namespace }, rules }
}

function roleBinding(namespace: string, name: string, subjects: Subject[], roleName = name): RoleBinding {
  const roleRef = { apiGroup, kind: 'Role', name: roleName }
  return { kind: 'RoleBinding', apiVersion, metadata: { ...metadata(name), namespace }, subjects, roleRef }
}

function controllerBinding(namespace: string, name: string): RoleBinding {
  return roleBinding(namespace, controllerRole(name), [serviceAccount(name)])
}

function metadata(name: string, labels: Record<string, string> = {}): ObjectMeta {
  return {
    name,
    labels: { 'kubernetes.io/bootstrapping': 'rbac-defaults', ...labels },
    annotations: { 'rbac.authorization.kubernetes.io/autoupdate': 'true' },
  }
}

function aggregationLabel(into: string): string {
  return `rbac.authorization.k8s.io/aggregate-to-${into}`
}

function controllerRole(name: string): string {
  return `system:controller:${name}`
}

function user(name: string): Subject {
  return { kind: 'User', apiGroup, name }
}

function group(name: string): Subject {
  return { kind: 'Group', apiGroup, name }
}

function serviceAccount(name: string): Subject {
  return { kind: 'ServiceAccount', name, namespace: 'kube-system' }
}
