import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { applyMergePatch, createMergePatch } from './index.ts'

/** RFC 7386 appendix A, as far as both are objects, one field deeper where they are not. */
const cases: readonly [document: string, patch: string, result: string][] = [
  ['{"a":"b"}', '{"a":"c"}', '{"a":"c"}'],
  ['{"a":"b"}', '{"b":"c"}', '{"a":"b","b":"c"}'],
  ['{"a":"b"}', '{"a":null}', '{}'],
  ['{"a":"b","b":"c"}', '{"a":null}', '{"b":"c"}'],
  ['{"a":["b"]}', '{"a":"c"}', '{"a":"c"}'],
  ['{"a":"c"}', '{"a":["b"]}', '{"a":["b"]}'],
  ['{"a":{"b":"c"}}', '{"a":{"b":"d","c":null}}', '{"a":{"b":"d"}}'],
  ['{"a":[{"b":"c"}]}', '{"a":[1]}', '{"a":[1]}'],
  ['{"x":["a","b"]}', '{"x":["c","d"]}', '{"x":["c","d"]}'],
  ['{"x":["a","b"]}', '{"x":{"a":"b"}}', '{"x":{"a":"b"}}'],
  ['{"e":null}', '{"a":1}', '{"e":null,"a":1}'],
  ['{"x":[1,2]}', '{"x":{"a":"b","c":null}}', '{"x":{"a":"b"}}'],
  ['{}', '{"a":{"bb":{"ccc":null}}}', '{"a":{"bb":{}}}'],
]

test('applyMergePatch() does what RFC 7386 shows', () => {
  for (const [document, patch, result] of cases) {
    assert.deepEqual(applyMergePatch(JSON.parse(document), JSON.parse(patch)), JSON.parse(result), patch)
  }
})

test('applyMergePatch() refuses a patch that is no object', () => {
  for (const patch of [null, [], 'a', 1]) assert.throws(() => applyMergePatch({}, patch), { code: 400 })
})

test('applyMergePatch() takes __proto__ for a field', () => {
  const result = applyMergePatch({}, JSON.parse('{"__proto__":{"polluted":true},"constructor":{"prototype":{"x":1}}}'))
  assert.equal(Object.getPrototypeOf(result), Object.prototype)
  assert.equal(Object.hasOwn(result, '__proto__'), true)
  assert.equal(Reflect.get({}, 'polluted'), undefined)
  assert.equal(Reflect.get({}, 'x'), undefined)
})

test('applyMergePatch() leaves its inputs alone and shares nothing with them', () => {
  const document = Object.freeze({ a: Object.freeze({ b: 1 }), c: Object.freeze([1]) })
  const result = applyMergePatch(document, Object.freeze({ d: Object.freeze({ e: 1 }) }))
  const inner = result['a'] as { b: number }
  inner.b = 2
  assert.deepEqual(document, { a: { b: 1 }, c: [1] })
})

const plain = fc
  .letrec(tie => ({
    value: fc.oneof(
      { maxDepth: 3 },
      fc.integer(),
      fc.string(),
      fc.boolean(),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom('a', 'b', 'c', '__proto__'), tie('value'), { maxKeys: 3, noNullPrototype: true }),
    ),
  }))
  .value.map(value => ({ root: value }))

test('createMergePatch() makes the patch that leads from one object to another', () => {
  fc.assert(
    fc.property(plain, plain, (from, to) => {
      const patch = createMergePatch(from, to)
      assert.deepEqual(applyMergePatch(from, patch), to)
      assert.deepEqual(createMergePatch(to, to), {})
    }),
  )
})
