import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Property, Schema } from '../schema/index.ts'
import { applyStrategicMergePatch, type JsonObject } from './index.ts'

const scalar: Schema = { type: 'string' }
const field = (schema: Schema, more: Partial<Property> = {}): Property => ({
  schema,
  required: false,
  proto: 0,
  ...more,
})
const list = (items: Schema): Schema => ({ type: 'array', items })
const properties = new Map<string, Property>()
const item: Schema = { type: 'object', properties }
for (const name of ['name', 'value', 'other']) properties.set(name, field(scalar))
const byName = { patchStrategy: ['merge'], patchMergeKey: 'name' }
properties.set('numbers', field(list(scalar), { patchStrategy: ['merge'] }))
properties.set('plain', field(list(scalar)))
properties.set('items', field(list(item), byName))
properties.set('atomic', field(list(item)))
properties.set('keyless', field(list(item), { patchStrategy: ['merge'] }))
properties.set('map', field({ type: 'object', values: scalar }))
properties.set('child', field(item))
properties.set('replaced', field(item, { patchStrategy: ['replace'] }))
properties.set('retained', field(item, { patchStrategy: ['retainKeys'] }))
properties.set('both', field(list(item), { patchStrategy: ['merge', 'retainKeys'], patchMergeKey: 'name' }))

const a = { name: 'a', value: '1' }
const b = { name: 'b', value: '2' }
const c = { name: 'c', value: '3' }

const good: readonly [what: string, document: JsonObject, patch: JsonObject, result: JsonObject][] = [
  ['a field is added', { name: 'x' }, { value: 'y' }, { name: 'x', value: 'y' }],
  ['null deletes', { name: 'x', value: 'y' }, { value: null }, { name: 'x' }],
  ['null of what is absent does nothing', { name: 'x' }, { child: { value: null } }, { name: 'x', child: {} }],
  ['maps merge', { map: { a: '1' } }, { map: { b: '2' } }, { map: { a: '1', b: '2' } }],
  ['$patch: replace on a map', { map: { a: '1' } }, { map: { b: '2', $patch: 'replace' } }, { map: { b: '2' } }],
  ['$patch: delete on a map', { name: 'x', map: { a: '1' } }, { map: { $patch: 'delete' } }, { name: 'x', map: {} }],
  ['$patch: delete on an absent map', { name: 'x' }, { map: { $patch: 'delete' } }, { name: 'x' }],
  ['$patch: replace at the top', { name: 'x', value: 'y' }, { $patch: 'replace', name: 'z' }, { name: 'z' }],
  [
    'strategy replace',
    { replaced: { name: 'x', value: 'y' } },
    { replaced: { name: 'z' } },
    { replaced: { name: 'z' } },
  ],
  ['lists without a strategy are replaced', { plain: ['a'] }, { plain: ['b'] }, { plain: ['b'] }],
  ['lists of objects without a strategy are replaced', { atomic: [a] }, { atomic: [b] }, { atomic: [b] }],
  ['scalars merge as a set', { numbers: ['a', 'b'] }, { numbers: ['b', 'c'] }, { numbers: ['a', 'b', 'c'] }],
  [
    '$deleteFromPrimitiveList',
    { numbers: ['a', 'b', 'c'] },
    { '$deleteFromPrimitiveList/numbers': ['a', 'c'] },
    { numbers: ['b'] },
  ],
  [
    '$deleteFromPrimitiveList beside an addition in order',
    { numbers: ['a', 'b'] },
    { '$deleteFromPrimitiveList/numbers': ['b'], '$setElementOrder/numbers': ['c', 'a'], numbers: ['c'] },
    { numbers: ['c', 'a'] },
  ],
  [
    'items merge by key',
    { items: [a, b] },
    { items: [{ name: 'b', other: 'o' }] },
    { items: [a, { ...b, other: 'o' }] },
  ],
  ['new items come behind', { items: [a] }, { items: [c] }, { items: [c, a] }],
  [
    'a field of an item is deleted',
    { items: [a] },
    { items: [{ name: 'a', value: null }] },
    { items: [{ name: 'a' }] },
  ],
  ['$patch: delete on an item', { items: [a, b] }, { items: [{ name: 'a', $patch: 'delete' }] }, { items: [b] }],
  ['$patch: delete of an unknown item', { items: [a] }, { items: [{ name: 'z', $patch: 'delete' }] }, { items: [a] }],
  ['$patch: replace of the list', { items: [a, b] }, { items: [c, { $patch: 'replace' }] }, { items: [c] }],
  [
    '$patch: replace of an item',
    { items: [a] },
    { items: [{ name: 'a', other: 'o', $patch: 'replace' }] },
    { items: [] },
  ],
  ['directives for an absent list', {}, { items: [a, { name: 'z', $patch: 'delete' }] }, { items: [a] }],
  [
    '$setElementOrder alone reorders',
    { items: [a, b, c] },
    { '$setElementOrder/items': [{ name: 'c' }, { name: 'a' }, { name: 'b' }] },
    { items: [c, a, b] },
  ],
  [
    '$setElementOrder keeps foreign items in their place',
    { items: [a, { name: 'x' }, b] },
    { '$setElementOrder/items': [{ name: 'a' }, { name: 'c' }, { name: 'b' }], items: [c] },
    { items: [a, c, { name: 'x' }, b] },
  ],
  [
    '$setElementOrder with a deletion',
    { items: [a, b] },
    { '$setElementOrder/items': [{ name: 'b' }], items: [{ name: 'a', $patch: 'delete' }] },
    { items: [b] },
  ],
  ['$setElementOrder of nothing', { name: 'x' }, { '$setElementOrder/items': [{ name: 'a' }] }, { name: 'x' }],
  [
    '$retainKeys clears the rest',
    { retained: { name: 'x', value: 'y' } },
    { retained: { $retainKeys: ['name', 'other'], other: 'o' } },
    { retained: { name: 'x', other: 'o' } },
  ],
  [
    '$retainKeys in a merged item',
    { both: [a] },
    { both: [{ name: 'a', other: 'o', $retainKeys: ['name', 'other'] }] },
    { both: [{ name: 'a', other: 'o' }] },
  ],
  ['another type replaces', { map: { a: '1' } }, { map: 'text' }, { map: 'text' }],
  [
    'unknown fields merge plainly',
    { unknown: { x: 1, l: [1] } },
    { unknown: { y: 2, l: [2] } },
    { unknown: { x: 1, y: 2, l: [2] } },
  ],
  [
    'nested lists',
    { items: [{ ...a, items: [b] }] },
    { items: [{ name: 'a', items: [{ name: 'b', value: '9' }] }] },
    { items: [{ ...a, items: [{ name: 'b', value: '9' }] }] },
  ],
  [
    'nulls and directives in new content',
    {},
    { child: { name: 'x', value: null, '$setElementOrder/items': [] } },
    { child: { name: 'x' } },
  ],
]

test('applyStrategicMergePatch() merges by the schema', () => {
  for (const [what, document, patch, result] of good) {
    assert.deepEqual(applyStrategicMergePatch(document, patch, item), result, what)
  }
})

const bad: readonly [document: JsonObject, patch: unknown, message: RegExp][] = [
  [{}, [], /^invalid JSON document$/],
  [{ map: {} }, { map: { $patch: 'erase' } }, /^unknown patch type: erase in map: /],
  [{ items: [a] }, { items: [{ value: '1' }] }, /does not contain declared merge key: name$/],
  [{ items: [a] }, { items: [{ $patch: 'delete' }] }, /does not contain declared merge key: name$/],
  [{ items: [a] }, { items: [{ name: 'a', $patch: 'merge' }] }, /^merging lists cannot yet be specified in the patch$/],
  [{ items: [a] }, { items: ['a'] }, /^list element types are not identical/],
  [{ numbers: [['a']] }, { numbers: [['b']] }, /^lists of lists are not supported$/],
  [{ keyless: [a] }, { keyless: [b] }, /^cannot merge lists without merge key for keyless$/],
  [{ retained: a }, { retained: { $retainKeys: ['name'], value: 'x' } }, /^invalid patch format of retainKeys$/],
  [{ retained: a }, { retained: { $retainKeys: 'name' } }, /^invalid patch format of retainKeys$/],
  [{ items: [a] }, { '$setElementOrder/items': 'a' }, /^invalid patch format of setElementOrder list$/],
  [
    { items: [a] },
    { '$setElementOrder/items': [{ name: 'b' }, { name: 'a' }], items: [a, b] },
    /^The order in patch list/,
  ],
  [{ numbers: ['a'] }, { $deleteFromPrimitiveListnumbers: ['a'] }, /^invalid patch format of primitive list$/],
  [{ numbers: 'a' }, { '$setElementOrder/numbers': ['a'] }, /^expected a /],
]

test('applyStrategicMergePatch() refuses what is no strategic merge patch', () => {
  for (const [document, patch, message] of bad) {
    assert.throws(() => applyStrategicMergePatch(document, patch, item), { code: 400, message }, JSON.stringify(patch))
  }
})

test('applyStrategicMergePatch() changes neither input', () => {
  const document = freeze({ items: [{ name: 'a' }], map: { a: '1' } })
  const patch = freeze({
    items: [{ name: 'a', value: 'x' }],
    map: { a: null },
    '$setElementOrder/items': [{ name: 'a' }],
  })
  applyStrategicMergePatch(document, patch, item)
  assert.deepEqual(document, { items: [{ name: 'a' }], map: { a: '1' } })
})

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(freeze)
  return value
}

const names: fc.Arbitrary<string[]> = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), { maxLength: 6 })
const itemsOf = (all: readonly string[], value: string): JsonObject[] => all.map(name => ({ name, value }))

test('applyStrategicMergePatch() reaches the target by deletions, changes and an order', () => {
  fc.assert(
    fc.property(names, names, (from, to) => {
      const deletions = from.filter(name => !to.includes(name)).map(name => ({ name, $patch: 'delete' }))
      const patch = {
        items: [...itemsOf(to, 'new'), ...deletions],
        '$setElementOrder/items': to.map(name => ({ name })),
      }
      const result = applyStrategicMergePatch({ items: itemsOf(from, 'old') }, patch, item)
      assert.deepEqual(result, { items: itemsOf(to, 'new') })
    }),
  )
})

test('applyStrategicMergePatch() keeps the relative order of live items that a patch does not name', () => {
  fc.assert(
    fc.property(names, names, (live, named) => {
      const patch = { items: itemsOf(named, 'new'), '$setElementOrder/items': named.map(name => ({ name })) }
      const result = applyStrategicMergePatch({ items: itemsOf(live, 'old') }, patch, item)['items']
      assert.ok(Array.isArray(result))
      const order: string[] = result.map((one: { name: string }) => one.name)
      assert.deepEqual([...order].sort(), [...new Set([...live, ...named])].sort())
      assert.deepEqual(
        order.filter(name => named.includes(name)),
        named,
      )
      const foreign = live.filter(name => !named.includes(name))
      assert.deepEqual(
        order.filter(name => foreign.includes(name)),
        foreign,
      )
    }),
  )
})
