import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseFieldSelector, requireSelectable } from './index.ts'

const parsed: readonly [string, [string, string, string][]][] = [
  ['', []],
  ['metadata.name=a', [['metadata.name', '=', 'a']]],
  ['x==a', [['x', '=', 'a']]],
  ['x!=a,', [['x', '!=', 'a']]],
  ['x=', [['x', '=', '']]],
  [
    'y=b,x=a',
    [
      ['x', '=', 'a'],
      ['y', '=', 'b'],
    ],
  ],
  ['x=a\\,b\\=c\\\\', [['x', '=', 'a,b=c\\']]],
]

test('parseFieldSelector() reads terms', () => {
  for (const [text, terms] of parsed) {
    const { requirements } = parseFieldSelector(text)
    assert.deepEqual(
      requirements.map(one => [one.field, one.operator, one.value]),
      terms,
      text,
    )
  }
})

const faults: readonly [string, string][] = [
  ['name', "invalid selector: 'name'; can't understand 'name'"],
  ['x=a=b', 'invalid field selector: unescaped character in value: 61'],
  ['x=a\\b', 'invalid field selector: invalid escape sequence: \\b'],
  ['x=a\\', 'invalid field selector: invalid escape sequence: \\'],
]

test('parseFieldSelector() complains in the words of upstream', () => {
  for (const [text, message] of faults) assert.throws(() => parseFieldSelector(text), { name: 'SyntaxError', message })
})

test('requireSelectable() refuses fields that the kind does not offer', () => {
  const selector = parseFieldSelector('metadata.name=a,spec.nodeName=b')
  requireSelectable(selector, { 'spec.nodeName': true })
  assert.throws(() => requireSelectable(selector, { 'status.phase': true }), {
    message: 'field label not supported: spec.nodeName',
  })
  assert.throws(() => requireSelectable(selector, {}), {
    message: '"spec.nodeName" is not a known field selector: only "metadata.name", "metadata.namespace"',
  })
})

test('matches() reads the fields it names', () => {
  const fields: Record<string, string> = { 'metadata.name': 'a', 'status.phase': 'Running' }
  const read = (field: string): string => fields[field] ?? ''
  assert.equal(parseFieldSelector('metadata.name=a,status.phase!=Failed').matches(read), true)
  assert.equal(parseFieldSelector('metadata.name=b').matches(read), false)
  assert.equal(parseFieldSelector('metadata.name=a,x!=y').exactValue('metadata.name'), 'a')
  assert.equal(parseFieldSelector('x!=y').exactValue('x'), undefined)
})

test('parseFieldSelector() undoes toString()', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[\\,=a!]{0,8}$/), value => {
      const selector = parseFieldSelector(`x=${value.replace(/[\\,=]/g, '\\$&')}`)
      assert.equal(selector.exactValue('x'), value)
      assert.equal(parseFieldSelector(selector.toString()).exactValue('x'), value)
    }),
  )
})
