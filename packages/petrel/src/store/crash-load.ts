/**
 * The program that crash.test.ts kills: it loads a store from many writers at once and reports each operation on its
 * standard output, before it is appended and when it is acknowledged. Arguments: path of the file, seed, round.
 *
 * Values say what they are: `<id> <index in batch>/<size of batch> <expected revision or ->` and filling.
 */
import { writeSync } from 'node:fs'
import { type Rng, seededRng } from '../base/index.ts'
import type { Store, Write } from './contract.ts'
import { openSqliteStore } from './sqlite-store.ts'

const writers = 24
/** In some runs only heartbeats are left after so many operations, so that the newest revisions are on no disk. */
const quietAfter = 300

export type Report =
  | { readonly type: 'opened'; readonly revision: number }
  | { readonly type: 'begin'; readonly id: string; readonly keys: readonly string[]; readonly kind: Kind }
  | { readonly type: 'done'; readonly id: string; readonly revisions: readonly number[] }
  | { readonly type: 'refused'; readonly id: string }
export type Kind = 'put' | 'delete' | 'lazy'

if (import.meta.main) {
  const [path, seed, round] = process.argv.slice(2)
  const rng = seededRng(Number(seed))
  const isQuiet = rng.next() < 0.4
  const store = await openSqliteStore({ path: path!, windowBytes: 150_000, lazyFlushMs: isQuiet ? 10_000 : 4 })
  report({ type: 'opened', revision: store.revision })
  let count = 0
  const next = (): { id: string; onlyLazy: boolean } => {
    count++
    return { id: `${round}.${count}`, onlyLazy: isQuiet && count > quietAfter }
  }
  if (!isQuiet) setInterval(() => void store.compact(Math.max(0, store.revision - 200)), 9)
  await Promise.all(Array.from({ length: writers }, () => write(store, rng, next)))
}

async function write(store: Store, rng: Rng, next: () => { id: string; onlyLazy: boolean }): Promise<never> {
  for (;;) {
    const { id, onlyLazy } = next()
    // Heartbeats wait for nothing: a turn of the event loop between them lets timers and the disk have theirs.
    if (onlyLazy) await new Promise(resolve => setImmediate(resolve))
    const { kind, writes } = operation(store, rng, id, onlyLazy)
    report({ type: 'begin', id, keys: writes.map(({ key }) => key), kind })
    try {
      const results = await store.append(writes)
      report({ type: 'done', id, revisions: results.map(({ revision }) => revision) })
    } catch (error) {
      if ((error as Error).name !== 'ConflictError') throw error
      report({ type: 'refused', id })
    }
  }
}

function operation(store: Store, rng: Rng, id: string, onlyLazy: boolean): { kind: Kind; writes: Write[] } {
  const pick = (limit: number): number => Math.floor(rng.next() * limit)
  const value = (part: string, expect: number | '-'): Buffer =>
    Buffer.from(`${id} ${part} ${expect} ${'x'.repeat(pick(1500))}`)
  const key = `/k/${pick(30)}`
  const chance = onlyLazy ? 0.8 : rng.next()
  if (chance < 0.5) {
    const expect = store.get(key)?.revision ?? 0
    return { kind: 'put', writes: [{ key, value: value('0/1', expect), expect }] }
  }
  if (chance < 0.65) return { kind: 'put', writes: [{ key, value: value('0/1', '-') }] }
  if (chance < 0.75) return { kind: 'delete', writes: [{ key, value: undefined }] }
  if (chance < 0.85) {
    return { kind: 'lazy', writes: [{ key: `/lease/${pick(5)}`, value: value('0/1', '-'), lazy: true }] }
  }
  const size = 2 + pick(4)
  const writes = Array.from({ length: size }, (_, i) => ({ key: `/b/${pick(20)}`, value: value(`${i}/${size}`, '-') }))
  return { kind: 'put', writes }
}

/** Waits while the pipe is full: what was reported must have left this process when the next thing happens. */
function report(line: Report): void {
  let bytes = Buffer.from(`${JSON.stringify(line)}\n`)
  while (bytes.length > 0) {
    try {
      bytes = bytes.subarray(writeSync(1, bytes))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1)
    }
  }
}
