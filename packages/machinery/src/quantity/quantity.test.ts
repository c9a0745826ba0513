import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  addQuantities,
  canonicalQuantity,
  compareQuantities,
  formatQuantity,
  milliValue,
  parseQuantity,
  subQuantities,
  toNumber,
  value,
} from './index.ts'

const canonical: readonly [written: string, printed: string][] = [
  ['0', '0'],
  ['00', '0'],
  ['0Gi', '0'],
  ['0m', '0'],
  ['-', '0'],
  ['1', '1'],
  ['1.0', '1'],
  ['0.5', '500m'],
  ['.5', '500m'],
  ['1.5', '1500m'],
  ['1500m', '1500m'],
  ['1000m', '1'],
  ['1.', '1.'],
  ['100m', '100m'],
  ['0.1', '100m'],
  ['0.0001', '100u'],
  ['0.0000000001', '1n'],
  ['-0.0000000001', '-1n'],
  ['1n', '1n'],
  ['1e3', '1e3'],
  ['1E3', '1E3'],
  ['12e6', '12e6'],
  ['10e2', '1e3'],
  ['1.2e1', '1.2e1'],
  ['1.25e1', '12500e-3'],
  ['1e-3', '1e-3'],
  ['1e-10', '1e-9'],
  ['1000k', '1M'],
  ['1200k', '1200k'],
  ['1000E', '1000E'],
  ['1Ki', '1Ki'],
  ['1024Ki', '1Mi'],
  ['1000Ki', '1000Ki'],
  ['100Mi', '100Mi'],
  ['128Mi', '128Mi'],
  ['1.5Gi', '1536Mi'],
  ['0.5Gi', '512Mi'],
  ['0.5Ki', '512'],
  ['1.1Mi', '1153433600m'],
  ['0.0001Ki', '102400u'],
  ['9223372036854775807', '9223372036854775807'],
  ['8Ei', '9223372036854775807'],
  ['100000000Ei', '9223372036854775807'],
  ['-8Mi', '-8Mi'],
  ['1000000', '1M'],
  ['1234567', '1234567'],
]

test('canonicalQuantity() prints as Go does', () => {
  for (const [written, printed] of canonical) assert.equal(canonicalQuantity(written), printed, written)
})

const wrongFormat = /^quantities must match the regular expression '\^\(\[\+-\]\?\[0-9\.\]\+\)/
const faults: readonly [string, RegExp][] = [
  ['', wrongFormat],
  ['1.1.M', wrongFormat],
  ['1+1.0M', wrongFormat],
  ['0.1mi', /^unable to parse quantity's suffix$/],
  ['0.1am', wrongFormat],
  ['aoeu', wrongFormat],
  ['.5i', /suffix/],
  ['1i', /suffix/],
  ['-3.01e-', /suffix/],
  [' 1', wrongFormat],
  ['1 ', wrongFormat],
  ['1e', /suffix/],
  ['1e99999', /suffix/],
  ['1'.repeat(2000), /^unable to parse numeric part of quantity$/],
]

test('parseQuantity() says why when the text is no quantity', () => {
  for (const [text, message] of faults) assert.throws(() => parseQuantity(text), { name: 'SyntaxError', message }, text)
})

const numbers: readonly [string, value: number, milli: number][] = [
  ['0', 0, 0],
  ['1', 1, 1000],
  ['1m', 1, 1],
  ['1500m', 2, 1500],
  ['-1500m', -2, -1500],
  ['0.1m', 1, 1],
  ['1u', 1, 1],
  ['1Ki', 1024, 1024000],
  ['64Mi', 67108864, 67108864000],
  ['2Gi', 2147483648, 2147483648000],
  ['1e3', 1000, 1000000],
  ['1.0005', 2, 1001],
  ['5k', 5000, 5000000],
  ['123456789', 123456789, 123456789000],
]

test('value() and milliValue() round away from zero', () => {
  for (const [text, whole, milli] of numbers) {
    assert.equal(value(text), whole, text)
    assert.equal(milliValue(text), milli, text)
    assert.equal(milliValue(parseQuantity(text)), milli, text)
  }
  assert.equal(value(3), 3)
  assert.equal(toNumber('250m'), 0.25)
})

test('addQuantities() keeps the notation of the first, and of the second when the first is zero', () => {
  assert.equal(formatQuantity(addQuantities('100m', '1.9')), '2')
  assert.equal(formatQuantity(addQuantities('1Gi', '1Mi')), '1025Mi')
  assert.equal(formatQuantity(addQuantities('0', '1Gi')), '1Gi')
  assert.equal(formatQuantity(subQuantities('1Gi', '1Gi')), '0')
  assert.equal(formatQuantity(subQuantities('1', '1500m')), '-500m')
})

const amounts = fc
  .tuple(
    fc.integer({ min: -99999, max: 99999 }),
    fc.constantFrom('n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'Ki', 'Mi', 'Gi', 'Ti', 'e3', 'e-2'),
  )
  .map(([n, suffix]) => `${n}${suffix}`)

test('canonicalQuantity() keeps the amount and is its own fixed point', () => {
  fc.assert(
    fc.property(amounts, text => {
      const printed = canonicalQuantity(text)
      assert.equal(compareQuantities(text, printed), 0)
      assert.equal(canonicalQuantity(printed), printed)
    }),
  )
})

test('addQuantities() and subQuantities() undo each other, and order is that of the difference', () => {
  fc.assert(
    fc.property(amounts, amounts, (a, b) => {
      assert.equal(compareQuantities(subQuantities(addQuantities(a, b), b), a), 0)
      assert.equal(compareQuantities(a, b), Math.sign(toNumber(subQuantities(a, b))) + 0)
    }),
  )
})

test('milliValue() of a string is that of the parsed quantity', () => {
  fc.assert(fc.property(amounts, text => assert.equal(milliValue(text), milliValue(parseQuantity(text)))))
})
