import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { DecodeError } from '../schema/index.ts'
import { decodeYaml, encodeYaml } from './index.ts'

test('decodeYaml() reads YAML 1.1 as kubectl does', async () => {
  const text =
    'mode: 0644\non: yes\nhex: 0x10\ndate: 2026-01-02\n1: a\nempty:\nbase: &b {x: 1}\nmerged:\n  <<: *b\n  z: 2\n'
  assert.deepEqual(await decodeYaml(text), {
    '1': 'a',
    mode: 420,
    true: true,
    hex: 16,
    date: '2026-01-02',
    empty: null,
    base: { x: 1 },
    merged: { x: 1, z: 2 },
  })
})

const refused: Readonly<Record<string, [string, RegExp]>> = {
  'two documents': ['a: 1\n---\nb: 2\n', /one document/],
  'a broken line': ['a: 1\nb: [1,\n', /^error converting YAML to JSON: yaml: line \d+: /],
  'a key given twice': ['a: 1\nb:\n  c: 1\n  c: 2\n', /line 4: key "c" already set in map/],
  'an alias bomb': [bomb(), /alias/],
  infinity: ['a: .inf', /unsupported value/],
  'a list as key': ['? [a]\n: 1\n', /invalid map key/],
  'an integer beyond 2^53': ['a: 9007199254740993', /beyond/],
}

function bomb(): string {
  const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]']
  for (let i = 1; i < 10; i++)
    lines.push(
      `a${i}: &a${i} [${Array(10)
        .fill(`*a${i - 1}`)
        .join(', ')}]`,
    )
  return lines.join('\n')
}

for (const [name, [text, message]] of Object.entries(refused)) {
  test(`decodeYaml() refuses ${name}`, async () => {
    await assert.rejects(
      decodeYaml(text),
      (error: unknown) => error instanceof DecodeError && message.test(error.message),
    )
  })
}

test('decodeYaml() gives null for nothing and cannot reach a prototype', async () => {
  assert.equal(await decodeYaml(''), null)
  const object = (await decodeYaml('__proto__: {a: 1}')) as { a?: number }
  assert.equal(object.a, undefined)
  assert.deepEqual(Object.keys(object), ['__proto__'])
})

test('decodeYaml() inverts encodeYaml()', async () => {
  const value = fc.letrec(tie => ({
    any: fc.oneof(
      { maxDepth: 3 },
      fc.string(),
      fc.integer(),
      fc.boolean(),
      fc.constantFrom('yes', '0644', '1e3', 'null', '~', '2026-01-02', '1:30'),
      fc.array(tie('any'), { maxLength: 3 }),
      fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), tie('any'), { maxKeys: 3 }),
    ),
  })).any
  await fc.assert(
    fc.asyncProperty(value, async any => {
      const plain = JSON.parse(JSON.stringify({ any }))
      assert.deepEqual(await decodeYaml(await encodeYaml(plain)), plain)
    }),
    { numRuns: 200 },
  )
})

test('decodeYaml() refuses nesting that nobody means', async () => {
  for (const text of ['['.repeat(20_000), `${'['.repeat(2_000)}${']'.repeat(2_000)}`, '- '.repeat(5_000)]) {
    await assert.rejects(decodeYaml(text), DecodeError)
  }
})

test('no mutated document does anything but decode or throw DecodeError', async () => {
  const seed =
    'apiVersion: v1\nkind: Pod\nmetadata: {name: a, labels: &l {x: "1"}}\nspec:\n  - !!int 1\n  - |\n    text\n  - *l\n'
  const edit = fc.tuple(fc.nat(seed.length - 1), fc.constantFrom(...'{}[]:,&*!|>"\'%@`-? \n\t#a0'))
  await fc.assert(
    fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 5 }), async edits => {
      const chars = [...seed]
      for (const [at, char] of edits) chars[at] = char
      try {
        await decodeYaml(chars.join(''))
      } catch (error) {
        assert.ok(error instanceof DecodeError, String(error))
      }
    }),
    { numRuns: 1_000 },
  )
})
