import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PolicyRule, RoleBinding, Subject } from '../../api/rbac-v1.gen.ts'
import { cells, create, update } from '../test-writes.ts'
import { clusterRoleBindings, clusterRoles, roleBindings, roles } from './index.ts'

const rule: PolicyRule = { verbs: ['get'], apiGroups: [''], resources: ['pods'] }

const rules: readonly [what: string, rule: PolicyRule, inRole: string[], inClusterRole: string[]][] = [
  ['resources', rule, [], []],
  [
    'no verbs',
    { ...rule, verbs: [] },
    ['verbs: Required value: verbs must contain at least one value'],
    ['verbs: Required value: verbs must contain at least one value'],
  ],
  [
    'nothing but verbs',
    { verbs: ['get'] },
    [
      'apiGroups: Required value: resource rules must supply at least one api group',
      'resources: Required value: resource rules must supply at least one resource',
    ],
    [
      'apiGroups: Required value: resource rules must supply at least one api group',
      'resources: Required value: resource rules must supply at least one resource',
    ],
  ],
  [
    'a URL',
    { verbs: ['get'], nonResourceURLs: ['/healthz'] },
    ['nonResourceURLs: Invalid value: ["/healthz"]: namespaced rules cannot apply to non-resource URLs'],
    [],
  ],
  [
    'both',
    { ...rule, nonResourceURLs: ['/x'] },
    [
      'nonResourceURLs: Invalid value: ["/x"]: namespaced rules cannot apply to non-resource URLs',
      'nonResourceURLs: Invalid value: ["/x"]: rules cannot apply to both regular resources and non-resource URLs',
    ],
    ['nonResourceURLs: Invalid value: ["/x"]: rules cannot apply to both regular resources and non-resource URLs'],
  ],
]

test('roles.validate() and clusterRoles.validate() name the fault', () => {
  for (const [what, one, inRole, inClusterRole] of rules) {
    const at = (faults: string[]): string[] => faults.map(fault => `rules[0].${fault}`)
    assert.deepEqual(create(roles, { rules: [one] }).faults, at(inRole), what)
    assert.deepEqual(create(clusterRoles, { rules: [one] }).faults, at(inClusterRole), what)
  }
  assert.deepEqual(create(clusterRoles, { metadata: { name: 'system:a' }, aggregationRule: {} }).faults, [
    'aggregationRule.clusterRoleSelectors: Required value: at least one clusterRoleSelector required if aggregationRule is non-nil',
  ])
  assert.deepEqual(create(roles, { metadata: { name: 'a/b' } }).faults, [
    'metadata.name: Invalid value: "a/b": may not contain \'/\'',
  ])
})

const binding = (...subjects: Subject[]): RoleBinding => ({
  roleRef: { kind: 'ClusterRole', name: 'edit' },
  subjects,
})

const subjects: readonly [Subject, inNamespace: string[], inCluster: string[]][] = [
  [{ kind: 'User', name: 'alice' }, [], []],
  [{ kind: 'ServiceAccount', name: 'a' }, [], ['subjects[0].namespace: Required value']],
  [
    { kind: 'ServiceAccount', name: 'a', namespace: 'b', apiGroup: 'x' },
    ['subjects[0].apiGroup: Unsupported value: "x": supported values: ""'],
    ['subjects[0].apiGroup: Unsupported value: "x": supported values: ""'],
  ],
  [
    { kind: 'Robot', name: 'r' },
    ['subjects[0].kind: Unsupported value: "Robot": supported values: "ServiceAccount", "User", "Group"'],
    ['subjects[0].kind: Unsupported value: "Robot": supported values: "ServiceAccount", "User", "Group"'],
  ],
  [{ kind: 'Group', name: '' }, ['subjects[0].name: Required value'], ['subjects[0].name: Required value']],
]

test('bindings take users, groups and service accounts', () => {
  for (const [subject, inNamespace, inCluster] of subjects) {
    assert.deepEqual(create(roleBindings, binding(subject)).faults, inNamespace)
    assert.deepEqual(create(clusterRoleBindings, binding(subject)).faults, inCluster)
  }
  const { object } = create(roleBindings, binding({ kind: 'User', name: 'alice' }))
  assert.equal(object.roleRef.apiGroup, 'rbac.authorization.k8s.io')
  assert.equal(object.subjects?.[0]?.apiGroup, 'rbac.authorization.k8s.io')
})

test('bindings keep their role', () => {
  const { faults } = update(roleBindings, binding(), object => {
    object.roleRef = { ...object.roleRef, name: 'admin' }
  })
  assert.deepEqual(faults, [
    'roleRef: Invalid value: {"kind":"ClusterRole","name":"admin","apiGroup":"rbac.authorization.k8s.io"}: cannot change roleRef',
  ])
  assert.deepEqual(create(clusterRoleBindings, { roleRef: { kind: 'Role', name: 'a' } }).faults, [
    'roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole"',
  ])
})

test('columns show who has the role', () => {
  const { object } = create(
    roleBindings,
    binding({ kind: 'User', name: 'alice' }, { kind: 'ServiceAccount', name: 'a', namespace: 'b' }),
  )
  assert.deepEqual(cells(roleBindings, object), {
    Name: 'a',
    Role: 'ClusterRole/edit',
    Age: '<unknown>',
    Users: 'alice',
    Groups: '',
    ServiceAccounts: 'b/a',
  })
})
