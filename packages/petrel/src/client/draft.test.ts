import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { draft, freeze, sameJson } from './draft.ts'

test('draft() of a frozen value is equal, shares nothing, and can be changed in depth', () => {
  fc.assert(
    fc.property(
      fc.json().map(text => JSON.parse(text) as unknown),
      value => {
        const original = freeze(value)
        const copy = draft(original)
        assert.deepEqual(copy, original)
        assert.equal(shares(copy, original), false)
      },
    ),
  )
  const pod = freeze({ metadata: { labels: { app: 'a' } }, spec: { containers: [{ name: 'c' }] } })
  const changed = draft(pod)
  changed.metadata.labels.app = 'b'
  changed.spec.containers.push({ name: 'd' })
  assert.equal(pod.metadata.labels.app, 'a')
  assert.equal(pod.spec.containers.length, 1)
})

function shares(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || a === null || typeof b !== 'object' || b === null) return false
  if (a === b) return true
  const other = Object.values(b)
  return Object.values(a).some((part, i) => shares(part, other[i]))
}

test('draft() keeps a field that is called __proto__', () => {
  const value = JSON.parse('{"__proto__":{"a":1},"b":2}') as object
  assert.deepEqual(Object.keys(draft(value)), ['__proto__', 'b'])
  assert.equal(Object.getPrototypeOf(draft(value)), Object.prototype)
})

test('freeze() makes every part unchangeable', () => {
  const value = freeze({ a: [{ b: 1 }] })
  assert.throws(() => value.a.push({ b: 2 }), TypeError)
  assert.throws(() => {
    value.a[0]!.b = 2
  }, TypeError)
})

test('sameJson() agrees with the text of values whose fields are sorted', () => {
  const json = fc.json().map(text => JSON.parse(text) as unknown)
  fc.assert(fc.property(json, json, (a, b) => assert.equal(sameJson(a, b), sorted(a) === sorted(b))))
  fc.assert(fc.property(json, a => assert.equal(sameJson(a, draft(a)), true)))
})

function sorted(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  )
}

test('sameJson() takes undefined fields for absent ones', () => {
  assert.equal(sameJson({ a: 1, b: undefined }, { a: 1 }), true)
  assert.equal(sameJson({ a: 1 }, { a: 1, b: undefined }), true)
  assert.equal(sameJson({ a: 1 }, { a: 1, b: null }), false)
  assert.equal(sameJson([1], { 0: 1 }), false)
})
