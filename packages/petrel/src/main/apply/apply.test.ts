import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { threeWayMergePatch } from './apply.ts'

type Json = Record<string, unknown>

/** RFC 7396, as an oracle. */
function merge(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch
  const result: Json = typeof target === 'object' && target !== null && !Array.isArray(target) ? { ...target } : {}
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name]
    else result[name] = merge(result[name], value)
  }
  return result
}

const cases: readonly { name: string; previous: Json; wanted: Json; current: Json; patch: Json }[] = [
  {
    name: 'is empty when nothing differs',
    previous: { a: 1 },
    wanted: { a: 1 },
    current: { a: 1, status: {} },
    patch: {},
  },
  {
    name: 'sets what differs',
    previous: {},
    wanted: { spec: { a: 2 } },
    current: { spec: { a: 1, b: 1 } },
    patch: { spec: { a: 2 } },
  },
  {
    name: 'removes what was applied before',
    previous: { spec: { a: 1, b: 1 } },
    wanted: { spec: { a: 1 } },
    current: { spec: { a: 1, b: 1, c: 1 } },
    patch: { spec: { b: null } },
  },
  { name: 'leaves what others set', previous: {}, wanted: { spec: {} }, current: { spec: { other: 1 } }, patch: {} },
  {
    name: 'replaces a list that differs',
    previous: {},
    wanted: { l: [1, 2] },
    current: { l: [1] },
    patch: { l: [1, 2] },
  },
  {
    name: 'sees through defaults in a list',
    previous: {},
    wanted: { l: [{ name: 'a' }] },
    current: { l: [{ name: 'a', protocol: 'TCP' }] },
    patch: {},
  },
  { name: 'creates an empty object', previous: {}, wanted: { data: {} }, current: {}, patch: { data: {} } },
]

for (const { name, previous, wanted, current, patch } of cases) {
  test(`threeWayMergePatch() ${name}`, () => assert.deepEqual(threeWayMergePatch(previous, wanted, current), patch))
}

const leaf = fc.oneof(fc.integer(), fc.string(), fc.boolean(), fc.array(fc.integer(), { maxLength: 3 }))
const tree = fc.letrec<{ node: Json }>(tie => ({
  node: fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), fc.oneof({ depthSize: 'small' }, leaf, tie('node')), {
    maxKeys: 4,
  }) as fc.Arbitrary<Json>,
})).node

test('threeWayMergePatch() applied twice changes nothing the second time', () => {
  fc.assert(
    fc.property(tree, tree, tree, (previous, wanted, current) => {
      const once = merge(current, threeWayMergePatch(previous, wanted, current)) as Json
      assert.deepEqual(threeWayMergePatch(wanted, wanted, once), {})
    }),
  )
})
