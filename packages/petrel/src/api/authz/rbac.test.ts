import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ClusterRole, PolicyRule, RoleBinding, Subject } from '@petrel/machinery/api/rbac-v1'
import { clusterRoleBindings, clusterRoles, roleBindings, roles } from '@petrel/machinery/kinds'
import {
  type Arbitrary,
  array,
  boolean,
  constantFrom,
  assert as fcAssert,
  oneof,
  property,
  record,
  subarray,
} from 'fast-check'
import { bootstrapPolicy, nodeRules } from '../bootstrap/index.ts'
import type { Attributes, UserInfo } from '../contract.ts'
import { MemoryReader } from '../memory-reader.ts'
import { createAuthorizer, forbiddenRequest, uncovered } from './index.ts'
import { RbacAuthorizer } from './rbac-authorizer.ts'
import { compactRules, describeRule } from './rule-cover.ts'
import { ruleAllows } from './rule-match.ts'

/** `verb group/resource[/subresource] [namespace/]name`, or `verb /path`. */
function request(user: UserInfo, text: string): Attributes {
  const [verb = '', what = '', where = ''] = text.split(' ')
  if (what.startsWith('/')) {
    return {
      user,
      verb,
      resourceRequest: false,
      group: '',
      version: '',
      resource: '',
      subresource: '',
      namespace: '',
      name: '',
      path: what,
    }
  }
  const [group = '', resource = '', subresource = ''] = what.split('/')
  const slash = where.indexOf('/')
  return {
    user,
    verb,
    resourceRequest: true,
    group: group === 'core' ? '' : group,
    version: 'v1',
    resource,
    subresource,
    namespace: slash < 0 ? '' : where.slice(0, slash),
    name: where.slice(slash + 1),
    path: '',
  }
}

const rule = (verbs: string, groups: string, resources: string, names?: string): PolicyRule => ({
  verbs: verbs.split(' '),
  apiGroups: groups.split(' ').map(group => (group === 'core' ? '' : group)),
  resources: resources.split(' '),
  ...(names !== undefined && { resourceNames: names.split(' ') }),
})
const urlRule = (verbs: string, urls: string): PolicyRule => ({
  verbs: verbs.split(' '),
  nonResourceURLs: urls.split(' '),
})
const user = (username: string, ...groups: string[]): UserInfo => ({ username, groups })

const matches: [rule: PolicyRule, request: string, allowed: boolean][] = [
  [rule('get', 'core', 'pods'), 'get core/pods a/p', true],
  [rule('get', 'core', 'pods'), 'list core/pods a/', false],
  [rule('get', 'core', 'pods'), 'get apps/pods a/p', false],
  [rule('get', 'core', 'pods'), 'get core/pods/log a/p', false],
  [rule('get', 'core', 'pods/log'), 'get core/pods/log a/p', true],
  [rule('get', 'core', 'pods/log'), 'get core/pods a/p', false],
  [rule('get', '*', '*/scale'), 'get apps/deployments/scale a/d', true],
  [rule('get', '*', '*/scale'), 'get apps/deployments a/d', false],
  [rule('*', '*', '*'), 'deletecollection x.y/zs/status ', true],
  [rule('*', '*', '*'), 'get /healthz', false],
  [rule('get', 'core', 'secrets', 'a b'), 'get core/secrets n/b', true],
  [rule('get', 'core', 'secrets', 'a b'), 'get core/secrets n/c', false],
  [rule('list', 'core', 'secrets', 'a'), 'list core/secrets n/', false],
  [urlRule('get', '/healthz /logs/*'), 'get /healthz', true],
  [urlRule('get', '/healthz /logs/*'), 'get /healthz/etcd', false],
  [urlRule('get', '/healthz /logs/*'), 'get /logs/a/b', true],
  [urlRule('get', '/healthz'), 'post /healthz', false],
  [urlRule('get', '*'), 'get /anything', true],
  [urlRule('get', '*'), 'get core/pods a/p', false],
]

for (const [allowing, text, allowed] of matches) {
  test(`ruleAllows() says ${allowed} to "${text}" under ${describeRule(allowing)}`, () => {
    assert.equal(ruleAllows(allowing, request(user('u'), text)), allowed)
  })
}

const covering: [held: PolicyRule[], wanted: PolicyRule[], missing: PolicyRule[]][] = [
  [[rule('*', '*', '*')], [rule('get list', 'core apps', 'pods pods/log', 'a')], []],
  [[rule('get', 'core', 'pods')], [rule('get list', 'core', 'pods')], [rule('list', 'core', 'pods')]],
  [[rule('get', 'core', 'pods'), rule('list', 'core', 'pods')], [rule('get list', 'core', 'pods')], []],
  [[rule('get', 'core', 'pods', 'a')], [rule('get', 'core', 'pods')], [rule('get', 'core', 'pods')]],
  [[rule('get', 'core', 'pods', 'a')], [rule('get', 'core', 'pods', 'a b')], [rule('get', 'core', 'pods', 'b')]],
  [[rule('get', 'apps', '*/scale')], [rule('get', 'apps', 'deployments/scale')], []],
  [[rule('get', 'apps', '*/scale')], [rule('get', 'apps', 'deployments')], [rule('get', 'apps', 'deployments')]],
  [[rule('get', 'apps', 'x')], [rule('get', '*', 'x')], [rule('get', '*', 'x')]],
  [[urlRule('get', '/a/*')], [urlRule('get post', '/a/b')], [urlRule('post', '/a/b')]],
]

for (const [held, wanted, missing] of covering) {
  test(`uncovered() of ${wanted.map(describeRule)} by ${held.map(describeRule)} is ${missing.map(describeRule) || 'nothing'}`, () => {
    assert.deepEqual(uncovered(held, wanted), missing)
  })
}

test('compactRules() joins verbs of the same resource', () => {
  const joined = compactRules([
    rule('get', 'core', 'pods'),
    urlRule('get', '/a'),
    rule('list', 'core', 'pods'),
    rule('get', 'core', 'pods', 'x'),
  ])
  assert.deepEqual(joined.map(describeRule), [
    '{NonResourceURLs:["/a"], Verbs:["get"]}',
    '{APIGroups:[""], Resources:["pods"], Verbs:["get" "list"]}',
    '{APIGroups:[""], Resources:["pods"], ResourceNames:["x"], Verbs:["get"]}',
  ])
})

const some = (...words: string[]): Arbitrary<string[]> => subarray(words, { minLength: 1 })
const anyRule: Arbitrary<PolicyRule> = oneof(
  record({
    verbs: some('get', 'list', '*'),
    apiGroups: some('', 'apps', '*'),
    resources: some('a', 'b', 'a/s', '*/s', '*'),
    resourceNames: subarray(['x', 'y']),
  }),
  record({ verbs: some('get', 'list', '*'), nonResourceURLs: some('/a', '/a/*', '/a/b', '*') }),
)
const anyRequest: Arbitrary<Attributes> = record({
  verb: constantFrom('get', 'list', 'watch'),
  what: constantFrom('core/a', 'apps/a', 'core/b', 'core/a/s', 'apps/b/s', 'x/a', '/a', '/a/b', '/a/c', '/b'),
  where: constantFrom('', 'n/x', 'n/y', 'n/z', 'm/x'),
  username: constantFrom('u', 'system:serviceaccount:n:sa'),
  groups: subarray(['g', 'h']),
}).map(({ verb, what, where, username, groups }) => request({ username, groups }, `${verb} ${what} ${where}`))

test('uncovered() is empty only when every request that is wanted is allowed by what is held', () => {
  fcAssert(
    property(array(anyRule, { maxLength: 4 }), array(anyRule, { maxLength: 2 }), anyRequest, (held, wanted, asked) => {
      if (uncovered(held, wanted).length > 0) return
      if (wanted.some(allowing => ruleAllows(allowing, asked)))
        assert.ok(held.some(allowing => ruleAllows(allowing, asked)))
    }),
    { numRuns: 2000 },
  )
})

/** RBAC as its definition has it, looking at every binding for every request. */
function naive(reader: MemoryReader, asked: Attributes): boolean {
  const applies = ({ kind, name, namespace }: Subject, home: string): boolean =>
    (kind === 'User' && name === asked.user.username) ||
    (kind === 'Group' && asked.user.groups.includes(name)) ||
    (kind === 'ServiceAccount' && `system:serviceaccount:${namespace ?? home}:${name}` === asked.user.username)
  const allows = (binding: RoleBinding, home: string): boolean => {
    const { kind, name } = binding.roleRef
    const role: ClusterRole | undefined =
      kind === 'Role' ? reader.get(roles, home, name) : reader.get(clusterRoles, '', name)
    return (
      (binding.subjects ?? []).some(subject => applies(subject, home)) &&
      (role?.rules ?? []).some(allowing => ruleAllows(allowing, asked))
    )
  }
  if (reader.list(clusterRoleBindings, '').some(binding => allows(binding, ''))) return true
  return (
    asked.namespace !== '' &&
    reader.list(roleBindings, asked.namespace).some(binding => allows(binding, asked.namespace))
  )
}

test('RbacAuthorizer answers after every change as if it looked at every binding', () => {
  const names = constantFrom('one', 'two')
  const namespacesOf = constantFrom('n', 'm')
  const subject: Arbitrary<Subject> = constantFrom(
    { kind: 'User', name: 'u' },
    { kind: 'Group', name: 'g' },
    { kind: 'Group', name: 'h' },
    { kind: 'ServiceAccount', name: 'sa' },
    { kind: 'ServiceAccount', name: 'sa', namespace: 'n' },
  )
  const change = record({
    what: constantFrom('role', 'clusterrole', 'rolebinding', 'clusterrolebinding'),
    remove: boolean(),
    name: names,
    namespace: namespacesOf,
    roleKind: constantFrom('Role', 'ClusterRole'),
    role: names,
    rules: array(anyRule, { maxLength: 2 }),
    subjects: array(subject, { maxLength: 3 }),
  })
  fcAssert(
    property(
      array(change, { maxLength: 12 }),
      array(anyRequest, { minLength: 1, maxLength: 8 }),
      boolean(),
      (changes, asked, early) => {
        const reader = new MemoryReader()
        let authorizer = early ? new RbacAuthorizer(reader) : undefined
        for (const { what, remove, name, namespace, roleKind, role, rules, subjects } of changes) {
          const roleRef = {
            apiGroup: 'rbac.authorization.k8s.io',
            kind: what === 'rolebinding' ? roleKind : 'ClusterRole',
            name: role,
          }
          if (what === 'role')
            remove ? reader.remove(roles, namespace, name) : reader.put(roles, { metadata: { namespace, name }, rules })
          if (what === 'clusterrole')
            remove ? reader.remove(clusterRoles, '', name) : reader.put(clusterRoles, { metadata: { name }, rules })
          if (what === 'rolebinding')
            remove
              ? reader.remove(roleBindings, namespace, name)
              : reader.put(roleBindings, { metadata: { namespace, name }, roleRef, subjects })
          if (what === 'clusterrolebinding')
            remove
              ? reader.remove(clusterRoleBindings, '', name)
              : reader.put(clusterRoleBindings, { metadata: { name }, roleRef, subjects })
        }
        authorizer ??= new RbacAuthorizer(reader)
        for (const one of asked) assert.equal(authorizer.authorize(one).allowed, naive(reader, one))
        authorizer.close()
        assert.equal(reader.listeners, 0)
      },
    ),
    { numRuns: 1500 },
  )
})

function standing() {
  const reader = new MemoryReader()
  const policy = bootstrapPolicy()
  for (const role of policy.clusterRoles) reader.put(clusterRoles, role)
  for (const binding of policy.clusterRoleBindings) reader.put(clusterRoleBindings, binding)
  for (const role of policy.roles) reader.put(roles, role)
  for (const binding of policy.roleBindings) reader.put(roleBindings, binding)
  return { reader, authorizer: createAuthorizer({ reader, nodeRules: nodeRules() }) }
}

const anonymous = user('system:anonymous', 'system:unauthenticated')
const nobody = user('nobody', 'system:authenticated')
const admin = user('root', 'system:masters', 'system:authenticated')
const scheduler = user('system:kube-scheduler', 'system:authenticated')
const deployer = user(
  'system:serviceaccount:kube-system:deployment-controller',
  'system:serviceaccounts',
  'system:authenticated',
)

const bootstrapCases: [who: UserInfo, request: string, allowed: boolean, reason?: string][] = [
  [anonymous, 'get /', false],
  [
    anonymous,
    'get /healthz',
    true,
    'RBAC: allowed by ClusterRoleBinding "system:public-info-viewer" of ClusterRole "system:public-info-viewer" to Group "system:unauthenticated"',
  ],
  [anonymous, 'get /livez', true],
  [anonymous, 'get /readyz', true],
  [anonymous, 'get /version', true],
  [anonymous, 'get /version/', true],
  [anonymous, 'get /readyz/etcd', false],
  [anonymous, 'get /metrics', false],
  [anonymous, 'get /api', false],
  [anonymous, 'get /openapi/v3', false],
  [anonymous, 'get /.well-known/openid-configuration', false],
  [deployer, 'get /.well-known/openid-configuration', true],
  [deployer, 'get /openid/v1/jwks', true],
  [anonymous, 'list core/pods a/', false],
  [nobody, 'get /api', true],
  [nobody, 'get /apis/apps/v1', true],
  [nobody, 'get /openapi/v3', true],
  [nobody, 'get /metrics', false],
  [nobody, 'create authorization.k8s.io/selfsubjectaccessreviews ', true],
  [nobody, 'create authorization.k8s.io/subjectaccessreviews ', false],
  [nobody, 'get core/namespaces x', false],
  [admin, 'get /', true, ''],
  [admin, 'deletecollection x/y a/', true, ''],
  [
    scheduler,
    'create core/pods/binding a/p',
    true,
    'RBAC: allowed by ClusterRoleBinding "system:kube-scheduler" of ClusterRole "system:kube-scheduler" to User "system:kube-scheduler"',
  ],
  [scheduler, 'get coordination.k8s.io/leases kube-system/kube-scheduler', true],
  [
    scheduler,
    'update coordination.k8s.io/leases kube-system/other',
    true,
    'RBAC: allowed by RoleBinding "system::leader-locking-kube-scheduler/kube-system" of Role "system::leader-locking-kube-scheduler" to User "system:kube-scheduler"',
  ],
  [scheduler, 'update coordination.k8s.io/leases default/other', false],
  [scheduler, 'delete core/secrets a/s', false],
  [
    deployer,
    'create apps/replicasets a/r',
    true,
    'RBAC: allowed by ClusterRoleBinding "system:controller:deployment-controller" of ClusterRole "system:controller:deployment-controller" to ServiceAccount "deployment-controller/kube-system"',
  ],
  [deployer, 'create core/pods a/p', false],
  [user('kube-scheduler'), 'get core/nodes n', false],
]

test('the bootstrap policy allows what it should and no more', () => {
  const { authorizer } = standing()
  for (const [who, text, allowed, reason] of bootstrapCases) {
    const decision = authorizer.authorize(request(who, text))
    assert.equal(decision.allowed, allowed, `${who.username}: ${text}`)
    if (reason !== undefined) assert.equal(decision.reason, reason)
  }
  authorizer.close()
})

test('authorize() says which role a binding misses', () => {
  const { reader, authorizer } = standing()
  for (const name of ['a', 'b']) {
    reader.put(clusterRoleBindings, {
      metadata: { name },
      roleRef: { kind: 'ClusterRole', name: 'ghost' },
      subjects: [{ kind: 'User', name: 'nobody' }],
    })
  }
  const decision = authorizer.authorize(request(nobody, 'get core/pods a/p'))
  assert.deepEqual(decision, {
    allowed: false,
    reason: 'RBAC: clusterrole.rbac.authorization.k8s.io "ghost" not found',
  })
  reader.put(clusterRoles, { metadata: { name: 'ghost' }, rules: [rule('get', 'core', 'pods')] })
  assert.equal(authorizer.authorize(request(nobody, 'get core/pods a/p')).allowed, true)
})

test('rulesFor() gives resource and other rules of cluster and namespace', () => {
  const { reader, authorizer } = standing()
  reader.put(roles, { metadata: { namespace: 'shop', name: 'r' }, rules: [rule('get', 'core', 'pods', 'p')] })
  reader.put(roleBindings, {
    metadata: { namespace: 'shop', name: 'r' },
    roleRef: { kind: 'Role', name: 'r' },
    subjects: [{ kind: 'User', name: 'nobody' }],
  })
  const inShop = authorizer.rulesFor(nobody, 'shop')
  assert.deepEqual(inShop.resourceRules[0], {
    verbs: ['get'],
    apiGroups: [''],
    resources: ['pods'],
    resourceNames: ['p'],
  })
  assert.equal(inShop.resourceRules.length, authorizer.rulesFor(nobody, 'default').resourceRules.length + 1)
  assert.ok(inShop.nonResourceRules.some(({ nonResourceURLs }) => nonResourceURLs.includes('/healthz')))
})

const words: [request: string, message: string][] = [
  [
    'list core/pods y/',
    'pods is forbidden: User "nobody" cannot list resource "pods" in API group "" in the namespace "y"',
  ],
  [
    'list core/pods ',
    'pods is forbidden: User "nobody" cannot list resource "pods" in API group "" at the cluster scope',
  ],
  [
    'get core/nodes n1',
    'nodes "n1" is forbidden: User "nobody" cannot get resource "nodes" in API group "" at the cluster scope',
  ],
  [
    'create core/pods/exec y/p',
    'pods "p" is forbidden: User "nobody" cannot create resource "pods/exec" in API group "" in the namespace "y"',
  ],
  [
    'get apps/deployments y/d',
    'deployments.apps "d" is forbidden: User "nobody" cannot get resource "deployments" in API group "apps" in the namespace "y"',
  ],
  ['get /<a>&b', 'forbidden: User "nobody" cannot get path "/&lt;a&gt;&amp;b"'],
]

test('forbiddenRequest() uses the words of upstream', () => {
  for (const [text, message] of words) {
    const error = forbiddenRequest(request(nobody, text), '')
    assert.deepEqual([error.code, error.reason, error.message], [403, 'Forbidden', message])
  }
  assert.match(
    forbiddenRequest(request(nobody, 'get core/pods a/p'), 'RBAC: x').message,
    /in the namespace "a": RBAC: x$/,
  )
  assert.deepEqual(forbiddenRequest(request(nobody, 'get apps/deployments y/d'), '').status.details, {
    name: 'd',
    group: 'apps',
    kind: 'deployments',
  })
})
