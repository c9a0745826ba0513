import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { StatusError } from '../status/index.ts'
import { applyJsonPatch } from './index.ts'

/** RFC 6902 appendix A, without whole documents that are no objects, and what upstream adds. */
const good: readonly [what: string, document: string, patch: string, result: string][] = [
  ['A.1 add a member', '{"foo":"bar"}', '[{"op":"add","path":"/baz","value":"qux"}]', '{"foo":"bar","baz":"qux"}'],
  [
    'A.2 add an element',
    '{"foo":["bar","baz"]}',
    '[{"op":"add","path":"/foo/1","value":"qux"}]',
    '{"foo":["bar","qux","baz"]}',
  ],
  ['A.3 remove a member', '{"baz":"qux","foo":"bar"}', '[{"op":"remove","path":"/baz"}]', '{"foo":"bar"}'],
  [
    'A.4 remove an element',
    '{"foo":["bar","qux","baz"]}',
    '[{"op":"remove","path":"/foo/1"}]',
    '{"foo":["bar","baz"]}',
  ],
  ['A.5 replace a value', '{"baz":"qux"}', '[{"op":"replace","path":"/baz","value":"boo"}]', '{"baz":"boo"}'],
  [
    'A.6 move a value',
    '{"foo":{"bar":"baz","waldo":"fred"},"qux":{"corge":"grault"}}',
    '[{"op":"move","from":"/foo/waldo","path":"/qux/thud"}]',
    '{"foo":{"bar":"baz"},"qux":{"corge":"grault","thud":"fred"}}',
  ],
  [
    'A.7 move an element',
    '{"foo":["all","grass","cows","eat"]}',
    '[{"op":"move","from":"/foo/1","path":"/foo/3"}]',
    '{"foo":["all","cows","eat","grass"]}',
  ],
  [
    'A.8 test',
    '{"baz":"qux","foo":["a",2,"c"]}',
    '[{"op":"test","path":"/baz","value":"qux"},{"op":"test","path":"/foo/1","value":2}]',
    '{"baz":"qux","foo":["a",2,"c"]}',
  ],
  [
    'A.10 add a nested member',
    '{"foo":"bar"}',
    '[{"op":"add","path":"/child","value":{"grandchild":{}}}]',
    '{"foo":"bar","child":{"grandchild":{}}}',
  ],
  ['A.11 ignore what is unknown', '{}', '[{"op":"add","path":"/baz","value":"qux","xyz":123}]', '{"baz":"qux"}'],
  ['A.14 escapes', '{"/":9,"~1":10}', '[{"op":"test","path":"/~01","value":10}]', '{"/":9,"~1":10}'],
  [
    'A.16 append',
    '{"foo":["bar"]}',
    '[{"op":"add","path":"/foo/-","value":["abc","def"]}]',
    '{"foo":["bar",["abc","def"]]}',
  ],
  [
    'copy',
    '{"a":{"b":[1]}}',
    '[{"op":"copy","from":"/a","path":"/c"},{"op":"add","path":"/c/b/0","value":0}]',
    '{"a":{"b":[1]},"c":{"b":[0,1]}}',
  ],
  ['a negative index', '{"a":[1,2,3]}', '[{"op":"remove","path":"/a/-1"}]', '{"a":[1,2]}'],
  ['a test for null of what is absent', '{"a":1}', '[{"op":"test","path":"/b","value":null}]', '{"a":1}'],
  ['a replacement of what is absent', '{}', '[{"op":"replace","path":"/a","value":1}]', '{"a":1}'],
  ['the whole document', '{"a":1}', '[{"op":"replace","path":"","value":{"b":2}}]', '{"b":2}'],
  ['null as a value', '{}', '[{"op":"add","path":"/a","value":null}]', '{"a":null}'],
]

test('applyJsonPatch() does what RFC 6902 shows', () => {
  for (const [what, document, patch, result] of good) {
    assert.deepEqual(applyJsonPatch(JSON.parse(document), JSON.parse(patch)), JSON.parse(result), what)
  }
})

const bad: readonly [patch: string, why: RegExp][] = [
  ['[{"op":"test","path":"/a","value":2}]', /^testing value \/a failed: test failed$/],
  ['[{"op":"test","path":"/s","value":10}]', /^testing value \/s failed/],
  [
    '[{"op":"add","path":"/x/y","value":1}]',
    /^add operation does not apply: doc is missing path: "\/x\/y": missing value$/,
  ],
  ['[{"op":"add","path":"x","value":1}]', /^add operation does not apply/],
  [
    '[{"op":"remove","path":"/x"}]',
    /^error in remove for path: '\/x': Unable to remove nonexistent key: x: missing value$/,
  ],
  [
    '[{"op":"add","path":"/l/5","value":1}]',
    /^error in add for path: '\/l\/5': Unable to access invalid index: 5: invalid index referenced$/,
  ],
  ['[{"op":"add","path":"/l/x","value":1}]', /value was not a proper array index: 'x'$/],
  ['[{"op":"remove","path":"/l/2"}]', /Unable to access invalid index: 2/],
  ['[{"op":"move","from":"/x","path":"/y"}]', /^error in move for path: '\/x'/],
  ['[{"op":"copy","from":"/x/y","path":"/y"}]', /^copy operation does not apply: doc is missing path: \/x\/y/],
  ['[{"op":"copy","path":"/y"}]', /missing from field/],
  ['[{"op":"add","path":"/y"}]', /missing value field/],
  ['[{"op":"add","value":1}]', /failed to decode path/],
  ['[{"op":"jump","path":"/a"}]', /^Unexpected kind: jump$/],
  ['[{"op":"replace","path":"","value":3}]', /not an object/],
]

test('applyJsonPatch() says 422 and why when an operation does not apply', () => {
  for (const [patch, why] of bad) {
    assert.throws(
      () => applyJsonPatch({ a: 1, l: [1, 2], s: '10' }, JSON.parse(patch)),
      (error: unknown) => {
        assert.ok(error instanceof StatusError)
        assert.equal(error.code, 422)
        assert.match(error.status.details?.causes?.[0]?.message ?? '', why)
        return true
      },
      patch,
    )
  }
})

test('applyJsonPatch() refuses what is no patch, too long, or copies without end', () => {
  assert.throws(() => applyJsonPatch({}, {}), { code: 400 })
  assert.throws(() => applyJsonPatch({}, [1]), { code: 400 })
  const many = Array.from({ length: 10_001 }, () => ({ op: 'test', path: '/a', value: null }))
  assert.throws(() => applyJsonPatch({}, many), {
    code: 413,
    message: 'Request entity too large: The allowed maximum operations in a JSON patch is 10000, got 10001',
  })
  const doubling = Array.from({ length: 40 }, (_, i) => ({ op: 'copy', from: '/a', path: `/a/x${i}` }))
  assert.throws(() => applyJsonPatch({ a: { text: 'x'.repeat(100) } }, doubling), { code: 422 })
})

test('applyJsonPatch() changes neither the document nor the patch, and no prototype', () => {
  const document = Object.freeze({ a: Object.freeze([1]) })
  const value = Object.freeze({ x: 1 })
  const result = applyJsonPatch(document, [
    { op: 'add', path: '/a/-', value },
    { op: 'add', path: '/a/1/y', value: 2 },
    { op: 'add', path: '/__proto__', value: { polluted: true } },
  ])
  assert.deepEqual(document, { a: [1] })
  assert.deepEqual(value, { x: 1 })
  assert.deepEqual(result['a'], [1, { x: 1, y: 2 }])
  assert.equal(Reflect.get({}, 'polluted'), undefined)
  assert.throws(() => applyJsonPatch({}, [{ op: 'add', path: '/constructor/prototype/x', value: 1 }]), { code: 422 })
})

test('applyJsonPatch() undoes add by remove', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.string(), fc.jsonValue(), (document, key, value) => {
      fc.pre(!Object.hasOwn(document, key))
      const path = `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`
      const patch = [
        { op: 'add', path, value },
        { op: 'test', path, value },
        { op: 'remove', path },
      ]
      assert.deepEqual(applyJsonPatch(document, patch), applyJsonPatch(document, []))
    }),
  )
})
