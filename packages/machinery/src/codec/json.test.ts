import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { DecodeError } from '../schema/index.ts'
import { decodeJson, duplicateFields } from './index.ts'

const malformed: Readonly<Record<string, string>> = {
  '': 'unexpected end of JSON input',
  '{': 'unexpected end of JSON input',
  '{"a":1': 'unexpected end of JSON input',
  x: "invalid character 'x' looking for beginning of value",
  "{'a':1}": "invalid character '\\'' looking for beginning of object key string",
  '{"a" 1}': "invalid character '1' after object key",
  '{"a":1 "b":2}': "invalid character '\"' after object key:value pair",
  '{"a":1,}': "invalid character '}' looking for beginning of object key string",
  '[1 2]': "invalid character '2' after array element",
  '[1,]': "invalid character ']' looking for beginning of value",
  '{} x': "invalid character 'x' after top-level value",
  tru_: "invalid character '_' in literal true (expecting 'e')",
  '-x': "invalid character 'x' in numeric literal",
  '1.x': "invalid character 'x' after decimal point in numeric literal",
  '1ex': "invalid character 'x' in exponent of numeric literal",
  '"a\nb"': "invalid character '\\n' in string literal",
  '"\\x"': "invalid character 'x' in string escape code",
  '"\\u12g4"': "invalid character 'g' in \\u hexadecimal character escape",
  '01': "invalid character '1' after top-level value",
}

for (const [text, message] of Object.entries(malformed)) {
  test(`decodeJson() refuses ${JSON.stringify(text)} in Go's words`, () => {
    assert.throws(() => decodeJson(text), new DecodeError(message))
    assert.throws(() => decodeJson(new TextEncoder().encode(text)), DecodeError)
  })
}

test('decodeJson() keeps integers exactly or refuses them', () => {
  assert.deepEqual(decodeJson('{"a":9007199254740991,"b":1.2345678901234567,"c":"12345678901234567890"}'), {
    a: 9007199254740991,
    b: 1.2345678901234567,
    c: '12345678901234567890',
  })
  assert.throws(() => decodeJson('{"a":9007199254740993}'), /number 9007199254740993: .* not kept exactly/)
})

test('decodeJson() refuses a byte order mark and takes invalid UTF-8 as Go does', () => {
  assert.throws(() => decodeJson(Uint8Array.of(0xef, 0xbb, 0xbf, 0x7b, 0x7d)), DecodeError)
  assert.equal(decodeJson(Uint8Array.of(0x22, 0xff, 0x22)), '\ufffd')
})

test('duplicateFields() names every key that comes again', () => {
  const text = '{"spec":{"replicas":1,"a":[{"b":1},{"b":1,"b":2,"\\u0062":3}],"replicas":2},"spec":{}}'
  assert.deepEqual(duplicateFields(text), [
    'duplicate field "spec.a[1].b"',
    'duplicate field "spec.replicas"',
    'duplicate field "spec"',
  ])
})

test('duplicateFields() finds nothing in what JSON.stringify wrote, and accepts all of it', () => {
  fc.assert(fc.property(fc.json(), text => assert.deepEqual(duplicateFields(text), [])))
})

test('decodeJson() agrees with JSON.parse on any text', () => {
  const piece = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    '"',
    ':',
    ',',
    '1',
    '-',
    '.',
    'e',
    'true',
    'null',
    '\\',
    ' ',
    '\n',
    'a',
    '\u0001',
  )
  const text = fc.array(piece, { maxLength: 12 }).map(parts => parts.join(''))
  fc.assert(
    fc.property(text, candidate => {
      let want: { value: unknown } | undefined
      try {
        want = { value: JSON.parse(candidate) }
      } catch {
        assert.throws(() => duplicateFields(candidate), DecodeError)
      }
      if (want === undefined) assert.throws(() => decodeJson(candidate), DecodeError)
      else assert.deepEqual(decodeJson(candidate), want.value)
    }),
    { numRuns: 5_000 },
  )
})
