import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { describeDifference, semanticEqual } from './semantic-equality.ts'

const cases: [a: unknown, b: unknown, equal: boolean][] = [
  [{ hostNetwork: false }, {}, true],
  [{ hostname: '' }, {}, true],
  [{ hostPort: 0 }, {}, true],
  [{ runAsUser: 0 }, {}, false],
  [{ runAsNonRoot: false }, {}, false],
  [{ volumes: [] }, {}, true],
  [{ nodeSelector: {} }, {}, true],
  [{ emptyDir: {} }, {}, false],
  [{ resources: { limits: {} } }, {}, true],
  [{ limits: { cpu: '1000m' } }, { limits: { cpu: '1' } }, true],
  [{ limits: { cpu: '1' } }, { limits: { cpu: '2' } }, false],
  [{ image: '1000m' }, { image: '1' }, false],
  [{ args: ['', 'a'] }, { args: ['a'] }, false],
  [{ args: ['a', 'b'] }, { args: ['b', 'a'] }, false],
  [{ a: null }, {}, true],
  [{ data: { a: '' } }, { data: { a: '' } }, true],
]
for (const [a, b, equal] of cases) {
  test(`semanticEqual() is ${equal} for ${JSON.stringify(a)} and ${JSON.stringify(b)}`, () => {
    assert.equal(semanticEqual(a, b), equal)
    assert.equal(semanticEqual(b, a), equal)
  })
}

test('semanticEqual() is true for a copy, and describeDifference() has something to say exactly when it is false', () => {
  const value = fc.dictionary(fc.constantFrom('a', 'limits', 'runAsUser', 'items'), fc.jsonValue({ maxDepth: 2 }))
  fc.assert(
    fc.property(value, value, (a, b) => {
      assert.ok(semanticEqual(a, structuredClone(a)))
      assert.equal(describeDifference(a, b) === '', semanticEqual(a, b))
    }),
  )
})

test('describeDifference() names each path that differs', () => {
  const old = { spec: { hostname: 'a', containers: [{ name: 'c', tty: true }] } }
  const now = { spec: { containers: [{ name: 'd', tty: true }], subdomain: 's' } }
  assert.equal(
    describeDifference(old, now),
    '- spec.hostname: "a"\n- spec.containers[0].name: "c"\n+ spec.containers[0].name: "d"\n+ spec.subdomain: "s"',
  )
})
