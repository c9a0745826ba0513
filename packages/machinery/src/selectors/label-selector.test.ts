import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { FieldErrors } from '../status/index.ts'
import {
  formatLabelSelector,
  type LabelSelectorObject,
  labelSelector,
  nothing,
  parseLabelSelector,
  selectorFromLabelSelector,
  selectorFromSet,
  validateLabelSelector,
} from './index.ts'

const matching: readonly [selector: string, labels: Record<string, string>, matches: boolean][] = [
  ['', { x: 'y' }, true],
  ['x=y', { x: 'y' }, true],
  ['x==y', { x: 'y' }, true],
  ['x=y,z=w', { x: 'y', z: 'w' }, true],
  ['x=y,z=w', { x: 'y' }, false],
  ['x!=y', { x: 'z' }, true],
  ['x!=y', {}, true],
  ['x!=y,z!=w', { x: 'z', z: 'w' }, false],
  ['notin=in', { notin: 'in' }, true],
  ['x', { x: '' }, true],
  ['x', { z: 'z' }, false],
  ['!x', { y: 'z' }, true],
  ['!x', { x: 'z' }, false],
  ['x in (a,b)', { x: 'b' }, true],
  ['x in (a,b)', {}, false],
  ['x notin (a,b)', {}, true],
  ['x notin (a,b)', { x: 'a' }, false],
  ['x in ()', { x: '' }, true],
  ['x in (a,,b)', { x: '' }, true],
  ['x=', { x: '' }, true],
  ['x>1', { x: '2' }, true],
  ['x>1', { x: '0' }, false],
  ['x<7', { x: 'word' }, false],
  ['x<1', {}, false],
  ['constructor', {}, false],
  ['!constructor', {}, true],
  ['constructor notin (a)', {}, true],
]

test('matches() follows the requirements', () => {
  for (const [text, labels, expected] of matching) {
    assert.equal(parseLabelSelector(text).matches(labels), expected, `${text} on ${JSON.stringify(labels)}`)
  }
})

const printed: readonly [string, string][] = [
  ['x=a,y=b,z=c', 'x=a,y=b,z=c'],
  [' z = c , x!= a ', 'x!=a,z=c'],
  ['x == a', 'x==a'],
  ['x in (b,a,b)', 'x in (a,b)'],
  ['x notin (\t)', 'x notin ()'],
  ['!x, y', '!x,y'],
  ['x in (,a),y', 'x in (,a),y'],
  ['a.b/c>3', 'a.b/c>3'],
  ['x in (in,notin)', 'x in (in,notin)'],
  ['in in (in)', 'in in (in)'],
]

test('toString() prints the canonical text', () => {
  for (const [text, canonical] of printed) assert.equal(parseLabelSelector(text).toString(), canonical, text)
})

const labelRule =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
const valueRule =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"

const faults: readonly [string, string][] = [
  ['x=a||y=b', `unable to parse requirement: values[0][x]: Invalid value: "a||y": ${valueRule}`],
  ['x==a==b', "found '==', expected: ',' or 'end of string'"],
  ['!x=a', "found '=', expected: ',' or 'end of string'"],
  [
    'x<a',
    "unable to parse requirement: values[0]: Invalid value: \"a\": for 'Gt', 'Lt' operators, the value must be an integer",
  ],
  [',x', "found ',', expected: !, identifier, or 'end of string'"],
  ['x,', "found '', expected: identifier after ','"],
  ['x in a', "unable to parse requirement: found 'a' expected: '('"],
  ['x in (a', "unable to parse requirement: found '', expected: ',' or ')'"],
  ['x y', "unable to parse requirement: found 'y', expected: in, notin, =, ==, !=, gt, lt"],
  ['x=(', "unable to parse requirement: found '(', expected: identifier"],
  ['x in (==)', "unable to parse requirement: found '==', expected: ',', ')' or identifier"],
  ['!', "unable to parse requirement: found '', expected: identifier"],
  ['_x', `unable to parse requirement: <nil>: Invalid value: "_x": ${labelRule}`],
]

test('parseLabelSelector() complains in the words of upstream when the text is wrong', () => {
  for (const [text, message] of faults) {
    assert.throws(() => parseLabelSelector(text), { name: 'SyntaxError', message }, text)
  }
})

const objects: readonly [LabelSelectorObject | undefined, text: string, labels: Record<string, string>, boolean][] = [
  [undefined, '<none>', {}, false],
  [{}, '<none>', {}, true],
  [{ matchLabels: { app: 'a' } }, 'app=a', { app: 'a' }, true],
  [{ matchExpressions: [{ key: 'tier', operator: 'In', values: ['b', 'a'] }] }, 'tier in (a,b)', { tier: 'c' }, false],
  [{ matchLabels: { b: '1' }, matchExpressions: [{ key: 'a', operator: 'DoesNotExist' }] }, '!a,b=1', { b: '1' }, true],
  [{ matchExpressions: [{ key: 'a', operator: 'exists' }] }, '<error>', {}, false],
]

test('selectorFromLabelSelector() and formatLabelSelector() read metav1.LabelSelector', () => {
  for (const [object, text, labels, expected] of objects) {
    assert.equal(formatLabelSelector(object), text)
    if (text === '<error>')
      assert.throws(() => selectorFromLabelSelector(object), /not a valid label selector operator/)
    else assert.equal(selectorFromLabelSelector(object).matches(labels), expected, text)
  }
})

test('validateLabelSelector() names every fault', () => {
  const errors = new FieldErrors()
  const object: LabelSelectorObject = {
    matchLabels: { 'a b': 'ok' },
    matchExpressions: [
      { key: 'a', operator: 'In', values: [] },
      { key: 'a', operator: 'Exists', values: ['x'] },
      { key: 'a', operator: 'Equals' },
      { key: 'a', operator: 'NotIn', values: ['-'] },
    ],
  }
  validateLabelSelector(object, 'spec.selector', errors)
  assert.deepEqual(
    errors.list.map(error => [error.field, error.message]),
    [
      ['spec.selector.matchLabels', `Invalid value: "a b": ${labelRule}`],
      [
        'spec.selector.matchExpressions[0].values',
        "Required value: must be specified when `operator` is 'In' or 'NotIn'",
      ],
      [
        'spec.selector.matchExpressions[1].values',
        "Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
      ],
      ['spec.selector.matchExpressions[2].operator', 'Invalid value: "Equals": not a valid selector operator'],
      ['spec.selector.matchExpressions[3].values[0]', `Invalid value: "-": ${valueRule}`],
    ],
  )
})

test('exactValue() knows the only value', () => {
  const selector = parseLabelSelector('a=1,b in (2),c in (3,4),d!=5')
  assert.deepEqual(
    ['a', 'b', 'c', 'd', 'e'].map(key => selector.exactValue(key)),
    ['1', '2', undefined, undefined, undefined],
  )
  assert.equal(nothing.matches({}), false)
})

const words = fc.stringMatching(/^[A-Za-z0-9]([-A-Za-z0-9_.]{0,4}[A-Za-z0-9])?$/)
const requirements = fc.array(
  fc.oneof(
    fc.record({ key: words, operator: fc.constantFrom('=', '==', '!='), values: fc.tuple(words) }),
    fc.record({
      key: words,
      operator: fc.constantFrom('in', 'notin'),
      values: fc.uniqueArray(words, { minLength: 1 }),
    }),
    fc.record({ key: words, operator: fc.constantFrom('exists', '!'), values: fc.constant([]) }),
  ),
  { maxLength: 4 },
)

test('parseLabelSelector() undoes toString()', () => {
  fc.assert(
    fc.property(requirements, fc.dictionary(words, words), (list, labels) => {
      const selector = labelSelector(list)
      const again = parseLabelSelector(selector.toString())
      assert.equal(again.toString(), selector.toString())
      assert.equal(again.matches(labels), selector.matches(labels))
    }),
  )
})

test('parseLabelSelector() throws nothing but SyntaxErrors', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[a-c=!(),<> in]{0,14}$/), text => {
      try {
        parseLabelSelector(text)
      } catch (error) {
        assert.ok(error instanceof SyntaxError, String(error))
      }
    }),
  )
})

test('selectorFromSet() matches exactly what has the labels', () => {
  fc.assert(
    fc.property(fc.dictionary(words, words), fc.dictionary(words, words), (set, labels) => {
      const expected = Object.entries(set).every(([key, value]) => labels[key] === value)
      assert.equal(selectorFromSet(set).matches(labels), expected)
    }),
  )
})
