import assert from 'node:assert/strict'
import { test } from 'node:test'
import { blocksOf } from './markdown.ts'

const page = [
  '# Title',
  '<!-- expect: hello -->',
  '<!-- expect: world -->',
  '```sh',
  'echo hello world',
  '```',
  '<!-- skip: lost, prose stands between -->',
  'prose',
  '```yaml',
  'a: 1',
  '```',
  '<!-- background: listens on \\d+ -->',
  '```sh',
  'serve',
  '```',
].join('\n')

test('blocksOf() reads language, text, line and directives', () => {
  const [first, second, third] = blocksOf(page)
  assert.deepEqual(first, {
    language: 'sh',
    text: 'echo hello world',
    line: 4,
    background: undefined,
    expect: ['hello', 'world'],
    skip: undefined,
  })
  assert.equal(second?.language, 'yaml')
  assert.equal(second?.skip, undefined)
  assert.match('it listens on 80', third!.background!)
})

test('blocksOf() refuses a fence that never closes', () => {
  assert.throws(() => blocksOf('```sh\necho'), /fence of line 1/)
})
