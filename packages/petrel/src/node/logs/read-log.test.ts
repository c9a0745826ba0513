import assert from 'node:assert/strict'
import { appendFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import fc from 'fast-check'
import { type LogQuery, type ReadLogOptions, readLog, selectLog } from './index.ts'

const root = mkdtempSync(join(tmpdir(), 'logs-'))
after(() => rmSync(root, { recursive: true }))
let folders = 0

function newLog(): string {
  const folder = join(root, String(folders++))
  mkdirSync(folder)
  return join(folder, '0.log')
}

async function read(path: string, query: LogQuery = {}, options: ReadLogOptions = {}): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of readLog(path, query, options)) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

interface Written {
  readonly second: number
  readonly stream: 'stdout' | 'stderr'
  readonly tag: 'F' | 'P'
  readonly text: string
}

const time = (second: number): string => `2026-01-01T00:00:${String(second).padStart(2, '0')}.000000001Z`
const line = ({ second, stream, tag, text }: Written): string => `${time(second)} ${stream} ${tag} ${text}\n`

/** The plainest reading of the options: all lines, then the last of them, then by time, then cut. */
function naive(entries: readonly Written[], query: LogQuery): string {
  const lines: Written[][] = []
  let open: Written[] | undefined
  for (const entry of entries) {
    if (query.stream === 'Stdout' && entry.stream !== 'stdout') continue
    if (query.stream === 'Stderr' && entry.stream !== 'stderr') continue
    if (!open) {
      open = []
      lines.push(open)
    }
    open.push(entry)
    if (entry.tag === 'F') open = undefined
  }
  const tail = query.tailLines === undefined ? lines : query.tailLines === 0 ? [] : lines.slice(-query.tailLines)
  let text = ''
  let begins = true
  for (const entry of tail.flat()) {
    if (query.since && time(entry.second) < query.since.replace('Z', '.000000000Z')) continue
    text += `${query.timestamps && begins ? `${time(entry.second)} ` : ''}${entry.text}${entry.tag === 'F' ? '\n' : ''}`
    begins = entry.tag === 'F'
  }
  return query.limitBytes === undefined ? text : text.slice(0, query.limitBytes)
}

const written: fc.Arbitrary<Written[]> = fc
  .array(
    fc.record({
      second: fc.integer({ min: 0, max: 2 }),
      stream: fc.constantFrom('stdout' as const, 'stderr' as const),
      tag: fc.constantFrom('F' as const, 'F' as const, 'P' as const),
      text: fc.stringMatching(/^[ -~]{0,12}$/),
    }),
    { maxLength: 25 },
  )
  .map(entries => {
    let second = 0
    return entries.map(entry => {
      second += entry.second
      return { ...entry, second }
    })
  })

const query: fc.Arbitrary<LogQuery> = fc.record(
  {
    tailLines: fc.integer({ min: 0, max: 8 }),
    since: fc.integer({ min: 0, max: 30 }).map(second => time(second).replace('.000000001', '')),
    timestamps: fc.boolean(),
    limitBytes: fc.integer({ min: 1, max: 200 }),
    stream: fc.constantFrom('All' as const, 'Stdout' as const, 'Stderr' as const),
  },
  { requiredKeys: [] },
)

describe('readLog()', () => {
  it('reads what the plainest reader reads, for all options, block sizes and rotations', async () => {
    const places = fc.array(fc.nat(25), { maxLength: 3 })
    await fc.assert(
      fc.asyncProperty(
        written,
        query,
        places,
        fc.integer({ min: 1, max: 80 }),
        async (entries, asked, cuts, blockBytes) => {
          const path = newLog()
          const bounds = [0, ...cuts.map(cut => Math.min(cut, entries.length)).sort((a, b) => a - b), entries.length]
          bounds.slice(1).forEach((end, i) => {
            const name = i === bounds.length - 2 ? path : `${path}.2026010100000${i}`
            writeFileSync(name, entries.slice(bounds[i], end).map(line).join(''))
          })
          assert.equal(await read(path, asked, { blockBytes }), naive(entries, asked))
        },
      ),
      { numRuns: 300 },
    )
  })

  it('leaves out lines that are no entries, and an entry without its newline', async () => {
    const path = newLog()
    writeFileSync(
      path,
      `nonsense\n\n${line({ second: 1, stream: 'stdout', tag: 'F', text: 'yes' })}x stdout F no\n${time(2)} stdout F torn`,
    )
    assert.equal(await read(path), 'yes\n')
    assert.equal(await read(path, { tailLines: 1 }), 'yes\n')
  })

  it('takes times in other zones and with fewer digits', async () => {
    const path = newLog()
    writeFileSync(path, '2026-01-01T02:00:05.5+02:00 stdout F late\n2026-01-01T00:00:01Z stdout F early\n')
    assert.equal(await read(path, { since: '2026-01-01T00:00:05Z' }), 'late\n')
    assert.equal(await read(path, { tailLines: 1, timestamps: true }), '2026-01-01T00:00:01.000000000Z early\n')
  })

  it('gives nothing when there is no log', async () => {
    assert.equal(await read(join(root, 'absent', '0.log'), { tailLines: 3 }), '')
  })

  it('finds the last lines of a log of many blocks', async () => {
    const path = newLog()
    const entry = line({ second: 1, stream: 'stdout', tag: 'F', text: 'x'.repeat(80) })
    writeFileSync(path, entry.repeat(100_000))
    assert.equal(await read(path, { tailLines: 2 }), `${'x'.repeat(80)}\n`.repeat(2))
  })

  it('leaves out a line longer than an entry may be', async () => {
    const path = newLog()
    writeFileSync(
      path,
      `${time(1)} stdout F ${'x'.repeat(2 << 20)}\n${line({ second: 2, stream: 'stdout', tag: 'F', text: 'next' })}`,
    )
    assert.equal(await read(path), 'next\n')
  })
})

describe('readLog() following', () => {
  const entry = (n: number): string => line({ second: 1, stream: 'stdout', tag: 'F', text: String(n) })

  it('gives every line once, in order, while the log is rotated under it', async () => {
    const path = newLog()
    const total = 2_000
    const ended = Promise.withResolvers<void>()
    const reader = readLog(path, {}, { followUntil: ended.promise, blockBytes: 512 })
    let text = ''
    const reading = (async () => {
      for await (const chunk of reader) text += chunk
    })()
    for (let n = 0; n < total; n++) {
      if (n % 250 === 249) renameSync(path, `${path}.${String(n).padStart(8, '0')}`)
      appendFileSync(path, entry(n))
      if (n % 50 === 0) await new Promise(resolve => setImmediate(resolve))
    }
    ended.resolve()
    await reading
    assert.equal(text, Array.from({ length: total }, (_, n) => `${n}\n`).join(''))
  })

  it('waits for a log that is not there yet, then ends with the container', async () => {
    const path = newLog()
    const ended = Promise.withResolvers<void>()
    const reader = readLog(path, {}, { followUntil: ended.promise })
    const first = reader.next()
    writeFileSync(path, entry(1))
    assert.equal(String((await first).value), '1\n')
    const second = reader.next()
    appendFileSync(path, entry(2))
    ended.resolve()
    assert.equal(String((await second).value), '2\n')
    assert.equal((await reader.next()).done, true)
  })

  it('starts at the tail and goes on', async () => {
    const path = newLog()
    writeFileSync(path, entry(1) + entry(2) + entry(3))
    const ended = Promise.withResolvers<void>()
    const reader = readLog(path, { tailLines: 1 }, { followUntil: ended.promise })
    assert.equal(String((await reader.next()).value), '3\n')
    const next = reader.next()
    appendFileSync(path, entry(4))
    assert.equal(String((await next).value), '4\n')
    ended.resolve()
    assert.equal((await reader.next()).done, true)
  })

  it('ends when its signal is aborted', async () => {
    const path = newLog()
    writeFileSync(path, entry(1))
    const stop = new AbortController()
    const reader = readLog(path, {}, { followUntil: new Promise(() => {}), signal: stop.signal })
    await reader.next()
    const next = reader.next()
    stop.abort()
    assert.equal((await next).done, true)
  })

  it('ends at its limit though the container runs on', async () => {
    const path = newLog()
    writeFileSync(path, entry(10) + entry(11))
    assert.equal(await read(path, { limitBytes: 4 }, { followUntil: new Promise(() => {}) }), '10\n1')
  })
})

describe('selectLog()', () => {
  it('selects from memory what the plainest reader reads', () => {
    fc.assert(
      fc.property(written, query, (entries, asked) => {
        assert.equal(selectLog(Buffer.from(entries.map(line).join('')), asked).toString(), naive(entries, asked))
      }),
    )
  })
})
