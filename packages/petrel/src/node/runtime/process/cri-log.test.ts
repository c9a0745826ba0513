import assert from 'node:assert/strict'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { CriLog, timestamp } from './cri-log.ts'

const folder = fs.mkdtempSync(join(tmpdir(), 'petrel-log-'))
after(() => fs.rmSync(folder, { recursive: true }))
let count = 0
const at = '2016-10-06T00:17:09.669794202Z'

function written(chunks: readonly (readonly ['stdout' | 'stderr', string])[]): string {
  const path = join(folder, `${count++}`, '0.log')
  const log = new CriLog(path, undefined, () => at)
  for (const [stream, text] of chunks) log.write(stream, Buffer.from(text))
  log.end('stdout')
  log.end('stderr')
  log.close()
  return fs.existsSync(path) ? fs.readFileSync(path, 'utf8') : ''
}

const cases: [string, ['stdout' | 'stderr', string][], string][] = [
  ['a line', [['stdout', 'hello\n']], `${at} stdout F hello\n`],
  [
    'a line in pieces',
    [
      ['stdout', 'hel'],
      ['stderr', 'oops\n'],
      ['stdout', 'lo\n'],
    ],
    `${at} stderr F oops\n${at} stdout F hello\n`,
  ],
  ['empty lines', [['stdout', '\n\n']], `${at} stdout F \n${at} stdout F \n`],
  ['an end without a newline', [['stdout', 'bye']], `${at} stdout F bye\n`],
  [
    'a long line',
    [['stdout', `${'x'.repeat(16_384)}yz\n`]],
    `${at} stdout P ${'x'.repeat(16_384)}\n${at} stdout F yz\n`,
  ],
  ['a line of exactly 16 KiB', [['stdout', `${'x'.repeat(16_384)}\n`]], `${at} stdout F ${'x'.repeat(16_384)}\n`],
]
for (const [title, chunks, expected] of cases) {
  test(`CriLog writes ${title}`, () => assert.equal(written(chunks), expected))
}

test('CriLog loses nothing however the output is cut', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ maxLength: 40_000, unit: fc.constantFrom('a', 'b', '\n') }), { maxLength: 8 }),
      chunks => {
        const lines = written(chunks.map(chunk => ['stdout', chunk] as const))
          .split('\n')
          .slice(0, -1)
        const text = lines.map(line => line.slice(at.length + 10) + (line[at.length + 8] === 'F' ? '\n' : '')).join('')
        const all = chunks.join('')
        assert.equal(text, all === '' || all.endsWith('\n') ? all : `${all}\n`)
        assert.ok(lines.every(line => line.length <= at.length + 10 + 16_384))
      },
    ),
    { numRuns: 30 },
  )
})

test('CriLog rotates at the limit and keeps so many files', () => {
  const path = join(folder, 'rotated', '0.log')
  let tick = 0
  const log = new CriLog(
    path,
    { maxFileBytes: 1000, maxFiles: 3 },
    () => `2026-01-01T00:00:00.${String(tick++).padStart(9, '0')}Z`,
  )
  for (let i = 0; i < 200; i++) log.write('stdout', Buffer.from(`line ${i}\n`))
  log.close()
  const names = fs.readdirSync(join(folder, 'rotated')).sort()
  assert.equal(names.length, 3)
  assert.ok(names.every(name => fs.statSync(join(folder, 'rotated', name)).size <= 1000))
  const text = [...names.slice(1), '0.log'].map(name => fs.readFileSync(join(folder, 'rotated', name), 'utf8')).join('')
  const numbers = [...text.matchAll(/line (\d+)/g)].map(match => Number(match[1]))
  assert.deepEqual(
    numbers,
    numbers.map((_, i) => i + (numbers[0] ?? 0)),
  )
  assert.equal(numbers.at(-1), 199)
})

test('CriLog goes on counting what it could not write', () => {
  fs.writeFileSync(join(folder, 'file'), '')
  const log = new CriLog(join(folder, 'file', '0.log'))
  log.write('stdout', Buffer.from('lost\n'))
  assert.equal(log.dropped, 1)
})

test('timestamp() is RFC 3339 with nanoseconds', () => {
  assert.match(timestamp(), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/)
})
