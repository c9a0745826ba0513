import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ObjectMeta } from '../api/meta-v1.gen.ts'
import { FieldErrors } from '../status/index.ts'
import { sameValue, validateObjectMeta, validateObjectMetaUpdate } from './index.ts'

const faultsOf = (check: (errors: FieldErrors) => void): string[] => {
  const errors = new FieldErrors()
  check(errors)
  return errors.list.map(error => `${error.field}: ${error.message}`)
}

const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'a', uid: 'u' }

const created: readonly [what: string, meta: ObjectMeta, namespaced: boolean, faults: string[]][] = [
  ['good', { name: 'a', namespace: 'b', labels: { a: 'b' }, ownerReferences: [owner] }, true, []],
  ['no name', { namespace: 'b' }, true, ['metadata.name: Required value: name or generateName is required']],
  ['no namespace', { name: 'a' }, true, ['metadata.namespace: Required value']],
  [
    'a namespace where none belongs',
    { name: 'a', namespace: 'b' },
    false,
    ['metadata.namespace: Forbidden: not allowed on this type'],
  ],
  [
    'a negative generation',
    { name: 'a', generation: -1 },
    false,
    ['metadata.generation: Invalid value: -1: must be greater than or equal to 0'],
  ],
  [
    'annotations beyond 256 KiB',
    { name: 'a', annotations: { a: 'é'.repeat(131072) } },
    false,
    ['metadata.annotations: Too long: may not be more than 262144 bytes'],
  ],
  ['upper case annotation keys', { name: 'a', annotations: { 'Example.COM/Key': '' } }, false, []],
  [
    'owners without parts',
    { name: 'a', ownerReferences: [{ apiVersion: '', kind: '', name: '', uid: '' }] },
    false,
    ['apiVersion', 'kind', 'name', 'uid'].map(
      f => `metadata.ownerReferences[0].${f}: Required value: must not be empty`,
    ),
  ],
  [
    'an owner of a wrong version',
    { name: 'a', ownerReferences: [{ ...owner, apiVersion: 'a/b/c' }] },
    false,
    ['metadata.ownerReferences[0].apiVersion: Invalid value: "a/b/c": must be <group>/<version> or <version>'],
  ],
  [
    'both propagation finalizers',
    { name: 'a', finalizers: ['orphan', 'foregroundDeletion'] },
    false,
    [
      'metadata.finalizers: Invalid value: ["orphan","foregroundDeletion"]: finalizer orphan and foregroundDeletion cannot be both set',
    ],
  ],
]

test('validateObjectMeta() names every fault', () => {
  for (const [what, meta, namespaced, faults] of created) {
    assert.deepEqual(
      faultsOf(errors => validateObjectMeta(meta, { namespaced }, 'metadata', errors)),
      faults,
      what,
    )
  }
})

test('validateObjectMeta() refuses two controllers', () => {
  const two = [
    { ...owner, controller: true },
    { ...owner, name: 'b', controller: true },
  ]
  const faults = faultsOf(errors =>
    validateObjectMeta({ name: 'a', ownerReferences: two }, { namespaced: false }, 'metadata', errors),
  )
  assert.equal(faults.length, 1)
  assert.match(
    faults[0] ?? '',
    /Only one reference can have Controller set to true\. Found "true" in references for ReplicaSet\/a and ReplicaSet\/b$/,
  )
})

const base: ObjectMeta = { name: 'a', namespace: 'b', uid: 'u', resourceVersion: '1', generation: 2 }

const updated: readonly [what: string, change: ObjectMeta, old: ObjectMeta, faults: string[]][] = [
  ['nothing', {}, {}, []],
  ['another uid', { uid: 'v' }, {}, ['metadata.uid: Invalid value: "v": field is immutable']],
  [
    'no resourceVersion',
    { resourceVersion: '' },
    {},
    ['metadata.resourceVersion: Invalid value: "": must be specified for an update'],
  ],
  ['a lower generation', { generation: 1 }, {}, ['metadata.generation: Invalid value: 1: must not be decremented']],
  [
    'a finalizer during deletion',
    { deletionTimestamp: '2026-01-01T00:00:00Z', finalizers: ['a/b', 'c/d'] },
    { deletionTimestamp: '2026-01-01T00:00:00Z', finalizers: ['c/d'] },
    [
      'metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"a/b"}',
    ],
  ],
]

test('validateObjectMetaUpdate() keeps what may not change', () => {
  for (const [what, change, old, faults] of updated) {
    assert.deepEqual(
      faultsOf(errors => validateObjectMetaUpdate({ ...base, ...change }, { ...base, ...old }, 'metadata', errors)),
      faults,
      what,
    )
  }
})

test('sameValue() takes absent and empty for the same', () => {
  assert.equal(sameValue({ a: { b: [] }, c: null }, {}), true)
  assert.equal(sameValue({ a: [1, { b: 2 }] }, { a: [1, { b: 2 }] }), true)
  assert.equal(sameValue({ a: false }, {}), false)
  assert.equal(sameValue([1], { 0: 1 }), false)
  assert.equal(sameValue('a', 'b'), false)
})
