import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { ClusterRole, ClusterRoleBinding, PolicyRule } from '@petrel/machinery/api/rbac-v1'
import {
  clusterRoleBindings,
  clusterRoles,
  type KubeObject,
  namespaces,
  priorityClasses,
  type Resource,
  roleBindings,
  roles,
} from '@petrel/machinery/kinds'
import { alreadyExists, conflict } from '@petrel/machinery/status'
import { parse } from 'yaml'
import { MemoryReader } from '../memory-reader.ts'
import { type BootstrapStore, bootstrap, bootstrapPolicy, nodeRules } from './index.ts'
import { reconcileBinding, reconcileRole } from './reconcile-policy.ts'

const repository = resolve(dirname(fileURLToPath(import.meta.url)), '../../../../..')
const golden = join(
  process.env['PETREL_GOLDEN'] ?? join(repository, '../shared/golden/kubernetes-v1.36'),
  'rbac-bootstrap',
)

const goldenFiles: [file: string, ours: () => readonly KubeObject[]][] = [
  ['cluster-roles.yaml', () => bootstrapPolicy().clusterRoles.filter(role => !isController(role))],
  ['controller-roles.yaml', () => bootstrapPolicy().clusterRoles.filter(isController)],
  ['cluster-role-bindings.yaml', () => bootstrapPolicy().clusterRoleBindings.filter(binding => !isController(binding))],
  ['controller-role-bindings.yaml', () => bootstrapPolicy().clusterRoleBindings.filter(isController)],
  ['namespace-roles.yaml', () => bootstrapPolicy().roles],
  ['namespace-role-bindings.yaml', () => bootstrapPolicy().roleBindings],
]

/**
 * Not ours, each with its reason. The golden files were made from OpenShift's tree, and this role of OpenShift's shows
 * /.well-known to the unauthenticated, who get health and version only (guarantee 5 of the design).
 */
const notOurs = ['system:openshift:public-info-viewer']

for (const [file, ours] of goldenFiles) {
  test(`bootstrapPolicy() equals upstream's ${file}`, t => {
    if (!existsSync(golden)) return t.skip(`no golden data in ${golden} (PETREL_GOLDEN)`)
    const items: (KubeObject & { rules?: unknown })[] = parse(readFileSync(join(golden, file), 'utf8')).items
    const theirs = items
      .filter(({ metadata }) => !notOurs.includes(metadata?.name ?? ''))
      // Upstream writes a null where an aggregated role has no rules yet.
      .map(({ rules, ...rest }) => (rules === null || rules === undefined ? rest : { ...rest, rules }))
    assert.deepEqual(sorted(ours()), sorted(theirs))
  })
}

test('every exception to the golden files is in them', t => {
  if (!existsSync(golden)) return t.skip(`no golden data in ${golden} (PETREL_GOLDEN)`)
  const text = goldenFiles.map(([file]) => readFileSync(join(golden, file), 'utf8')).join('')
  for (const name of notOurs) assert.ok(text.includes(`name: ${name}\n`), name)
})

test('bootstrapPolicy() gives the unauthenticated health and version alone', () => {
  const policy = bootstrapPolicy()
  const isAnonymous = ({ name }: { name: string }): boolean =>
    name === 'system:unauthenticated' || name === 'system:anonymous'
  const open = [...policy.clusterRoleBindings, ...policy.roleBindings].filter(binding =>
    binding.subjects?.some(isAnonymous),
  )
  assert.deepEqual(
    open.map(binding => binding.roleRef.name),
    ['system:public-info-viewer'],
  )
  const role = policy.clusterRoles.find(({ metadata }) => metadata?.name === 'system:public-info-viewer')
  assert.deepEqual(role?.rules, [
    { verbs: ['get'], nonResourceURLs: ['/healthz', '/livez', '/readyz', '/version', '/version/'] },
  ])
})

function isController(object: KubeObject): boolean {
  return object.metadata?.name?.startsWith('system:controller:') ?? false
}

function sorted(objects: readonly KubeObject[]): KubeObject[] {
  const key = (object: KubeObject): string => `${object.metadata?.namespace}/${object.metadata?.name}`
  return [...objects].sort((a, b) => (key(a) < key(b) ? -1 : 1))
}

/** A store that keeps what is written and counts it. */
class CountingStore extends MemoryReader implements BootstrapStore {
  readonly writes: string[] = []

  async create<T extends KubeObject>(resource: Resource<T>, object: T): Promise<void> {
    this.writes.push(`create ${resource.plural}/${object.metadata?.name}`)
    this.put(resource, object)
  }

  async update<T extends KubeObject>(resource: Resource<T>, object: T): Promise<void> {
    this.writes.push(`update ${resource.plural}/${object.metadata?.name}`)
    this.put(resource, object)
  }
}

test('bootstrap() creates everything on the first start and writes nothing on the second', async () => {
  const store = new CountingStore()
  const policy = bootstrapPolicy()
  const { created, updated } = await bootstrap(store)
  const policies = Object.values(policy).reduce((sum, objects: readonly unknown[]) => sum + objects.length, 0)
  assert.deepEqual({ created, updated }, { created: policies + 4 + 2, updated: 0 })
  assert.deepEqual(
    store.list(namespaces, '').map(object => object.metadata?.name),
    ['kube-system', 'kube-public', 'kube-node-lease', 'default'],
  )
  assert.deepEqual(
    store.list(priorityClasses, '').map(({ metadata, value }) => [metadata?.name, value]),
    [
      ['system-node-critical', 2000001000],
      ['system-cluster-critical', 2000000000],
    ],
  )
  assert.equal(store.list(roles, 'kube-public').length, 1)
  assert.equal(store.list(roleBindings, 'kube-system').length, 6)
  store.writes.length = 0
  assert.deepEqual(await bootstrap(store), { created: 0, updated: 0 })
  assert.deepEqual(store.writes, [])
})

test('bootstrap() brings back what was deleted or narrowed and leaves what was widened', async () => {
  const store = new CountingStore()
  await bootstrap(store)
  store.writes.length = 0
  store.remove(clusterRoleBindings, '', 'system:basic-user')
  const dns = store.get(clusterRoles, '', 'system:kube-dns')!
  const extra: PolicyRule = { verbs: ['get'], apiGroups: [''], resources: ['nodes'] }
  store.put(clusterRoles, { ...dns, rules: [{ ...dns.rules![0]!, verbs: ['list'] }, extra] })
  const view = store.get(clusterRoles, '', 'view')!
  store.put(clusterRoles, { ...view, rules: [extra] })
  assert.deepEqual(await bootstrap(store), { created: 1, updated: 1 })
  assert.deepEqual(store.writes.sort(), [
    'create clusterrolebindings/system:basic-user',
    'update clusterroles/system:kube-dns',
  ])
  assert.deepEqual(store.get(clusterRoles, '', 'system:kube-dns')!.rules, [
    { verbs: ['list'], apiGroups: [''], resources: ['endpoints', 'services'] },
    extra,
    { verbs: ['watch'], apiGroups: [''], resources: ['endpoints'] },
    { verbs: ['watch'], apiGroups: [''], resources: ['services'] },
  ])
  assert.deepEqual(store.get(clusterRoles, '', 'view')!.rules, [extra])
})

test('bootstrap() accepts that another server wrote first, and passes on every other failure', async () => {
  const overtaken = new CountingStore()
  overtaken.create = async (resource, object) => {
    throw alreadyExists(resource, object.metadata?.name ?? '')
  }
  assert.deepEqual(await bootstrap(overtaken), { created: 0, updated: 0 })
  const failing = new CountingStore()
  failing.create = async () => {
    throw conflict({ group: '', plural: 'namespaces' }, 'x', 'disk is full')
  }
  await assert.rejects(bootstrap(failing), /disk is full/)
})

const base: ClusterRole = {
  metadata: { name: 'r', labels: { a: '1' }, annotations: { b: '2' } },
  rules: [{ verbs: ['get'], apiGroups: [''], resources: ['pods'] }],
}
const select = (value: string): NonNullable<ClusterRole['aggregationRule']> => ({
  clusterRoleSelectors: [{ matchLabels: { l: value } }],
})

const roleCases: { name: string; existing: ClusterRole; expected: ClusterRole; result: ClusterRole | undefined }[] = [
  { name: 'the same', existing: base, expected: base, result: undefined },
  {
    name: 'wider',
    existing: { ...base, rules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }] },
    expected: base,
    result: undefined,
  },
  { name: 'no rules', existing: { metadata: base.metadata! }, expected: base, result: base },
  {
    name: 'protected',
    existing: { metadata: { name: 'r', annotations: { 'rbac.authorization.kubernetes.io/autoupdate': 'false' } } },
    expected: base,
    result: undefined,
  },
  {
    name: 'labels missing, others kept',
    existing: { ...base, metadata: { name: 'r', labels: { a: 'other', c: '3' }, resourceVersion: '7' } },
    expected: base,
    result: {
      ...base,
      metadata: { name: 'r', labels: { a: 'other', c: '3' }, annotations: { b: '2' }, resourceVersion: '7' },
    },
  },
  {
    name: 'aggregation gone',
    existing: { metadata: base.metadata! },
    expected: { metadata: base.metadata!, aggregationRule: select('x') },
    result: { metadata: base.metadata!, aggregationRule: select('x') },
  },
  {
    name: 'aggregation widened',
    existing: {
      metadata: base.metadata!,
      aggregationRule: {
        clusterRoleSelectors: [...select('y').clusterRoleSelectors!, ...select('x').clusterRoleSelectors!],
      },
    },
    expected: { metadata: base.metadata!, aggregationRule: select('x') },
    result: undefined,
  },
  {
    name: 'aggregation not expected',
    existing: { ...base, aggregationRule: select('x') },
    expected: base,
    result: base,
  },
]

for (const { name, existing, expected, result } of roleCases) {
  test(`reconcileRole() answers an existing role that is: ${name}`, () =>
    assert.deepEqual(reconcileRole(existing, expected), result))
}

const user = (name: string) => ({ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name })
const bound: ClusterRoleBinding = {
  metadata: { name: 'b' },
  roleRef: { kind: 'ClusterRole', name: 'r' },
  subjects: [user('a')],
}

const bindingCases: { name: string; existing: ClusterRoleBinding; result: ClusterRoleBinding | undefined }[] = [
  { name: 'the same', existing: bound, result: undefined },
  { name: 'wider', existing: { ...bound, subjects: [user('z'), user('a')] }, result: undefined },
  {
    name: 'narrower',
    existing: { ...bound, subjects: [user('z')] },
    result: { ...bound, subjects: [user('z'), user('a')] },
  },
  { name: 'empty', existing: { metadata: bound.metadata!, roleRef: bound.roleRef }, result: bound },
  {
    name: 'bound to another role',
    existing: { ...bound, roleRef: { kind: 'ClusterRole', name: 'other' }, subjects: [] },
    result: undefined,
  },
]

for (const { name, existing, result } of bindingCases) {
  test(`reconcileBinding() answers an existing binding that is: ${name}`, () =>
    assert.deepEqual(reconcileBinding(existing, bound), result))
}

test('nodeRules() are the rules of system:node', () => {
  const role = bootstrapPolicy().clusterRoles.find(({ metadata }) => metadata?.name === 'system:node')
  assert.deepEqual(role?.rules, nodeRules())
})
