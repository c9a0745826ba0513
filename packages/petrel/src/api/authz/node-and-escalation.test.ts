import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pod } from '@petrel/machinery/api/core-v1'
import type { ClusterRole, PolicyRule } from '@petrel/machinery/api/rbac-v1'
import {
  clusterRoleBindings,
  clusterRoles,
  type Kind,
  type KubeObject,
  persistentVolumeClaims,
  pods,
  type Resource,
  roleBindings,
  roles,
} from '@petrel/machinery/kinds'
import type { StatusError } from '@petrel/machinery/status'
import { nodeRules } from '../bootstrap/index.ts'
import type { AdmissionRequest, Attributes, UserInfo } from '../contract.ts'
import { MemoryReader } from '../memory-reader.ts'
import { createAuthorizer, escalationCheck, podReferences } from './index.ts'
import { NodeAuthorizer } from './node-authorizer.ts'

const node1: UserInfo = { username: 'system:node:n1', groups: ['system:nodes', 'system:authenticated'] }

const pod: Pod = {
  metadata: { namespace: 'shop', name: 'web', uid: 'u1' },
  spec: {
    nodeName: 'n1',
    serviceAccountName: 'sa',
    imagePullSecrets: [{ name: 'pull' }],
    containers: [
      {
        name: 'c',
        envFrom: [{ secretRef: { name: 'envfrom-s' } }, { configMapRef: { name: 'envfrom-c' } }],
        env: [
          { name: 'a', valueFrom: { secretKeyRef: { name: 'env-s', key: 'k' } } },
          { name: 'b', valueFrom: { configMapKeyRef: { name: 'env-c', key: 'k' } } },
        ],
      },
    ],
    initContainers: [{ name: 'i', envFrom: [{ secretRef: { name: 'init-s' } }] }],
    ephemeralContainers: [{ name: 'e', envFrom: [{ configMapRef: { name: 'debug-c' } }] }],
    volumes: [
      { name: 's', secret: { secretName: 'vol-s' } },
      { name: 'c', configMap: { name: 'vol-c' } },
      { name: 'p', projected: { sources: [{ secret: { name: 'proj-s' } }, { configMap: { name: 'proj-c' } }] } },
      { name: 'pvc', persistentVolumeClaim: { claimName: 'claim' } },
      { name: 'scratch', ephemeral: {} },
    ],
    resourceClaims: [{ name: 'gpu', resourceClaimName: 'gpu' }],
  },
}

test('podReferences() finds every object that a pod needs', () => {
  const sorted = (...resource: Parameters<typeof podReferences>): string[] => podReferences(...resource).sort()
  assert.deepEqual(sorted(pod, 'secrets'), ['env-s', 'envfrom-s', 'init-s', 'proj-s', 'pull', 'vol-s'])
  assert.deepEqual(sorted(pod, 'configmaps'), ['debug-c', 'env-c', 'envfrom-c', 'proj-c', 'vol-c'])
  assert.deepEqual(sorted(pod, 'persistentvolumeclaims'), ['claim', 'web-scratch'])
  assert.deepEqual(sorted(pod, 'serviceaccounts'), ['sa'])
  assert.deepEqual(sorted(pod, 'resourceclaims'), ['gpu'])
  assert.deepEqual(sorted({ ...pod, metadata: { annotations: { 'kubernetes.io/config.mirror': 'x' } } }, 'secrets'), [])
})

function ask(user: UserInfo, text: string, fieldSelector?: string): Attributes {
  const [verb = '', what = '', where = ''] = text.split(' ')
  const [group = '', resource = '', subresource = ''] = what.split('/')
  const [namespace = '', name = ''] = where.includes('/') ? where.split('/') : ['', where]
  return {
    user,
    verb,
    resourceRequest: true,
    group: group === 'core' ? '' : group,
    version: 'v1',
    resource,
    subresource,
    namespace,
    name,
    path: '',
    ...(fieldSelector !== undefined && { fieldSelector }),
  }
}

const unrelated = "no relationship found between node 'n1' and this object"
const nodeCases: [request: string, allowed: true | string, selector?: string][] = [
  ['get core/secrets shop/vol-s', true],
  ['watch core/secrets shop/pull', true],
  ['get core/secrets shop/other', unrelated],
  ['get core/secrets other/vol-s', unrelated],
  ['list core/secrets shop/', 'No Object name found'],
  ['list core/secrets ', 'can only read namespaced object of this type'],
  ['update core/secrets shop/vol-s', 'can only read resources of this type'],
  ['get core/configmaps shop/proj-c', true],
  ['get core/configmaps shop/nope', unrelated],
  ['get core/persistentvolumeclaims shop/claim', true],
  ['get core/persistentvolumeclaims shop/web-scratch', true],
  ['list core/persistentvolumeclaims shop/', 'can only get individual resources of this type'],
  ['update core/persistentvolumeclaims/status shop/claim', true],
  ['delete core/persistentvolumeclaims/status shop/claim', 'can only get/update/patch this type'],
  ['get core/persistentvolumes pv-1', true],
  ['get core/persistentvolumes pv-2', unrelated],
  ['get resource.k8s.io/resourceclaims shop/gpu', true],
  ['create core/serviceaccounts/token shop/sa', true],
  ['create core/serviceaccounts/token shop/other', unrelated],
  ['create core/serviceaccounts shop/sa', 'can only create token subresource of serviceaccount'],
  ['get core/serviceaccounts shop/sa', true],
  ['update coordination.k8s.io/leases kube-node-lease/n1', true],
  ['create coordination.k8s.io/leases kube-node-lease/', true],
  [
    'update coordination.k8s.io/leases kube-node-lease/n2',
    'can only access node lease with the same name as the requesting node',
  ],
  ['get coordination.k8s.io/leases default/n1', 'can only access leases in the "kube-node-lease" system namespace'],
  ['get storage.k8s.io/csinodes n1', true],
  ['get storage.k8s.io/csinodes n2', 'can only access CSINode with the same name as the requesting node'],
  ['get core/nodes n1', true],
  ['get core/nodes n2', "node 'n1' cannot read 'n2', only its own Node object"],
  ['list core/nodes ', "node 'n1' cannot read all nodes, only its own Node object"],
  ['create core/nodes ', true],
  ['patch core/nodes/status n1', true],
  ['delete core/nodes n1', ''],
  ['get core/pods shop/web', true],
  ['get core/pods shop/other', unrelated],
  ['list core/pods ', true],
  ['list core/pods ', true, 'spec.nodeName=n1'],
  ['list core/pods ', 'can only list/watch pods with spec.nodeName field selector', ''],
  ['list core/pods ', 'can only list/watch pods with spec.nodeName field selector', 'spec.nodeName=n2'],
  ['patch core/pods/status shop/web', true],
  ['create core/pods/eviction shop/web', true],
  ['create core/pods/exec shop/web', ''],
  ['list core/services ', true],
  ['create authentication.k8s.io/tokenreviews ', true],
  ['list apps/deployments shop/', ''],
]

test('NodeAuthorizer lets a node have what its pods need and no more', () => {
  const reader = new MemoryReader()
  const authorizer = new NodeAuthorizer(reader, nodeRules())
  reader.put(pods, pod)
  reader.put(persistentVolumeClaims, { metadata: { namespace: 'shop', name: 'claim' }, spec: { volumeName: 'pv-1' } })
  for (const [text, expected, selector] of nodeCases) {
    const decision = authorizer.authorize(ask(node1, text, selector))
    assert.deepEqual(
      decision,
      expected === true ? { allowed: true, reason: '' } : { allowed: false, reason: expected },
      `${text} ${selector}`,
    )
  }
  authorizer.close()
  assert.equal(reader.listeners, 0)
})

test('NodeAuthorizer follows pods as they come, move and go', () => {
  const reader = new MemoryReader()
  const authorizer = new NodeAuthorizer(reader, [])
  const may = (user: UserInfo): boolean => authorizer.authorize(ask(user, 'get core/secrets shop/vol-s')).allowed
  const node2 = { username: 'system:node:n2', groups: ['system:nodes'] }
  assert.equal(may(node1), false)
  reader.put(pods, { ...pod, spec: { ...pod.spec!, nodeName: '' } })
  assert.equal(may(node1), false)
  reader.put(pods, pod)
  assert.deepEqual([may(node1), may(node2)], [true, false])
  reader.put(pods, { ...pod, spec: { ...pod.spec!, nodeName: 'n2' } })
  assert.deepEqual([may(node1), may(node2)], [false, true])
  reader.remove(pods, 'shop', 'web')
  assert.equal(may(node2), false)
})

test('NodeAuthorizer has no opinion on users that are no nodes, or nodes without a name', () => {
  const authorizer = new NodeAuthorizer(new MemoryReader(), nodeRules())
  const decide = (username: string, ...groups: string[]) =>
    authorizer.authorize(ask({ username, groups }, 'list core/services '))
  assert.deepEqual(decide('system:node:n1', 'system:authenticated'), { allowed: false, reason: '' })
  assert.deepEqual(decide('n1', 'system:nodes'), { allowed: false, reason: '' })
  assert.deepEqual(decide('system:node:', 'system:nodes'), {
    allowed: false,
    reason: 'unknown node for user "system:node:"',
  })
})

test('createAuthorizer() joins the reasons of the node and RBAC authorizers', () => {
  const reader = new MemoryReader()
  const authorizer = createAuthorizer({ reader, nodeRules: nodeRules() })
  const asked = ask(node1, 'get core/secrets shop/other')
  assert.deepEqual(authorizer.authorize(asked), { allowed: false, reason: unrelated })
  reader.put(clusterRoleBindings, {
    metadata: { name: 'b' },
    roleRef: { kind: 'ClusterRole', name: 'x' },
    subjects: [{ kind: 'Group', name: 'system:nodes' }],
  })
  assert.deepEqual(authorizer.authorize(asked), {
    allowed: false,
    reason: `${unrelated}\nRBAC: clusterrole.rbac.authorization.k8s.io "x" not found`,
  })
  reader.put(clusterRoles, {
    metadata: { name: 'x' },
    rules: [{ verbs: ['get'], apiGroups: [''], resources: ['secrets'] }],
  })
  assert.equal(authorizer.authorize(asked).allowed, true)
})

const al: UserInfo = { username: 'al', groups: ['dev', 'system:authenticated'] }
const podReader: PolicyRule = { verbs: ['get', 'list'], apiGroups: [''], resources: ['pods'] }
const podWriter: PolicyRule = { verbs: ['create', 'delete'], apiGroups: [''], resources: ['pods'] }
const all: PolicyRule = { verbs: ['*'], apiGroups: ['*'], resources: ['*'] }
const who =
  'user "al" (groups=["dev" "system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n'

interface EscalationCase {
  readonly name: string
  /** What al holds in the cluster. */
  readonly held: PolicyRule[]
  readonly resource: Resource
  readonly object: KubeObject & { rules?: PolicyRule[]; roleRef?: { kind: string; name: string } } & Pick<
      ClusterRole,
      'aggregationRule'
    >
  readonly old?: KubeObject
  readonly user?: UserInfo
  readonly code?: number
  readonly message?: string
}

const clusterRole = (rules: PolicyRule[], more: object = {}) => ({ metadata: { name: 'new', ...more }, rules })
const binding = (kind: string, name: string) => ({ metadata: { name: 'new' }, roleRef: { kind, name } })
const permission = (verb: string, resource: string, name?: string): PolicyRule => ({
  verbs: [verb],
  apiGroups: ['rbac.authorization.k8s.io'],
  resources: [resource],
  ...(name !== undefined && { resourceNames: [name] }),
})

const escalations: EscalationCase[] = [
  { name: 'a role of what one holds', held: [podReader], resource: clusterRoles, object: clusterRole([podReader]) },
  {
    name: 'a role of more than one holds',
    held: [podReader],
    resource: clusterRoles,
    object: clusterRole([podReader, podWriter, { verbs: ['get'], nonResourceURLs: ['/metrics'] }]),
    code: 403,
    message: `clusterroles.rbac.authorization.k8s.io "new" is forbidden: ${who}{APIGroups:[""], Resources:["pods"], Verbs:["create" "delete"]}\n{NonResourceURLs:["/metrics"], Verbs:["get"]}`,
  },
  {
    name: 'a role in a namespace of more than one holds',
    held: [podReader],
    resource: roles,
    object: clusterRole([podWriter], { namespace: 'shop' }),
    code: 403,
    message: `roles.rbac.authorization.k8s.io "new" is forbidden: ${who}{APIGroups:[""], Resources:["pods"], Verbs:["create" "delete"]}`,
  },
  {
    name: 'a role by who may escalate',
    held: [permission('escalate', 'clusterroles')],
    resource: clusterRoles,
    object: clusterRole([podWriter]),
  },
  {
    name: 'a role by a master',
    held: [],
    resource: clusterRoles,
    object: clusterRole([all]),
    user: { username: 'al', groups: ['system:masters'] },
  },
  {
    name: 'an aggregated role by who holds little',
    held: [podReader],
    resource: clusterRoles,
    object: { metadata: { name: 'new' }, aggregationRule: { clusterRoleSelectors: [{ matchLabels: { a: 'b' } }] } },
    code: 403,
    message:
      'clusterroles.rbac.authorization.k8s.io "new" is forbidden: must have cluster-admin privileges to use the aggregationRule',
  },
  {
    name: 'an aggregated role by who holds everything',
    held: [all, { verbs: ['*'], nonResourceURLs: ['*'] }],
    resource: clusterRoles,
    object: { metadata: { name: 'new' }, aggregationRule: { clusterRoleSelectors: [{ matchLabels: { a: 'b' } }] } },
  },
  {
    name: 'finalizers of a role that one could not write',
    held: [],
    resource: clusterRoles,
    old: clusterRole([all], { finalizers: ['x'], resourceVersion: '4' }),
    object: clusterRole([all], { finalizers: [], resourceVersion: '5' }),
  },
  {
    name: 'labels of a role that one could not write',
    held: [],
    resource: clusterRoles,
    old: clusterRole([podWriter]),
    object: clusterRole([podWriter], { labels: { a: 'b' } }),
    code: 403,
    message: `clusterroles.rbac.authorization.k8s.io "new" is forbidden: ${who}{APIGroups:[""], Resources:["pods"], Verbs:["create" "delete"]}`,
  },
  {
    name: 'a binding to a role that one holds',
    held: [podReader],
    resource: clusterRoleBindings,
    object: binding('ClusterRole', 'readers'),
  },
  {
    name: 'a binding to a role beyond one',
    held: [podReader],
    resource: clusterRoleBindings,
    object: binding('ClusterRole', 'writers'),
    code: 403,
    message: `clusterrolebindings.rbac.authorization.k8s.io "new" is forbidden: ${who}{APIGroups:[""], Resources:["pods"], Verbs:["create" "delete"]}`,
  },
  {
    name: 'a binding by who may bind that role',
    held: [permission('bind', 'clusterroles', 'writers')],
    resource: clusterRoleBindings,
    object: binding('ClusterRole', 'writers'),
  },
  {
    name: 'a binding by who may bind another role',
    held: [permission('bind', 'clusterroles', 'readers')],
    resource: roleBindings,
    object: binding('ClusterRole', 'writers'),
    code: 403,
    message: `rolebindings.rbac.authorization.k8s.io "new" is forbidden: ${who}{APIGroups:[""], Resources:["pods"], Verbs:["create" "delete"]}`,
  },
  {
    name: 'a binding to no role',
    held: [podReader],
    resource: roleBindings,
    object: binding('Role', 'ghost'),
    code: 404,
    message: 'roles.rbac.authorization.k8s.io "ghost" not found',
  },
]

for (const { name, held, resource, object, old, user = al, code, message } of escalations) {
  test(`escalationCheck() ${code === undefined ? 'lets pass' : 'refuses'}: ${name}`, () => {
    const reader = new MemoryReader()
    reader.put(clusterRoles, { metadata: { name: 'held' }, rules: held })
    reader.put(clusterRoles, { metadata: { name: 'readers' }, rules: [podReader] })
    reader.put(clusterRoles, { metadata: { name: 'writers' }, rules: [podWriter] })
    reader.put(clusterRoleBindings, {
      metadata: { name: 'held' },
      roleRef: { kind: 'ClusterRole', name: 'held' },
      subjects: [{ kind: 'User', name: 'al' }],
    })
    const authorizer = createAuthorizer({ reader, nodeRules: [] })
    const plugin = escalationCheck({ reader, authorizer, rbac: authorizer.rbac })
    const request: AdmissionRequest = {
      operation: old ? 'UPDATE' : 'CREATE',
      // The check reads nothing of a kind but its names.
      kind: resource as Kind,
      subresource: '',
      namespace: resource.namespaced ? 'shop' : '',
      name: 'new',
      object,
      oldObject: old,
      user,
      dryRun: false,
      warn: assert.fail,
    }
    const run = (): unknown => plugin.validate?.(request)
    if (code === undefined) return assert.equal(run(), undefined)
    assert.throws(run, (error: StatusError) => {
      assert.deepEqual([error.code, error.message], [code, message])
      return true
    })
  })
}
