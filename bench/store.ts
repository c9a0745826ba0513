/**
 * What the store alone does, without the API on top: durable appends by number of writers, fan-out to watches, opening,
 * memory. Prints one line a figure. `node bench/store.ts [directory]`: the disk under the directory is what is measured.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSqliteStore, type SqliteStore } from '../packages/petrel/src/store/index.ts'

const value = Buffer.alloc(1024, 'x')
const directory = mkdtempSync(join(process.argv[2] ?? tmpdir(), 'petrel-bench-'))
const path = join(directory, 'petrel.db')

try {
  print('memory before', rss())
  for (const writers of [1, 16, 64]) await durableAppends(writers, 2000)
  await fanOut(1000, 500)
  await fanOutSpread(1000, 20_000)
  await opening(10_000)
  await opening(0)
} finally {
  rmSync(directory, { recursive: true })
}

async function durableAppends(writers: number, durationMs: number): Promise<void> {
  const store = await openSqliteStore({ path })
  const latencies: number[] = []
  const start = performance.now()
  const end = start + durationMs
  let key = 0
  const write = async (): Promise<void> => {
    while (performance.now() < end) {
      const began = performance.now()
      await store.append([{ key: `/registry/configmaps/bench-${writers}/${key++}`, value, expect: 0 }])
      latencies.push(performance.now() - began)
    }
  }
  await Promise.all(Array.from({ length: writers }, write))
  const seconds = (performance.now() - start) / 1000
  latencies.sort((a, b) => a - b)
  const at = (part: number): string => `${latencies[Math.floor(latencies.length * part)]?.toFixed(2)} ms`
  print(`durable appends, ${writers} writers`, `${rate(latencies.length, seconds)}, p50 ${at(0.5)}, p99 ${at(0.99)}`)
  await store.close()
  rmSync(path)
}

/** All watches of one prefix: they share the arrays. */
async function fanOut(watches: number, events: number): Promise<void> {
  const store = await openSqliteStore({ path })
  let received = 0
  for (let i = 0; i < watches; i++) store.watch('/registry/pods/', 0, { events: all => count(all.length), end() {} })
  const count = (length: number): void => {
    received += length
  }
  const seconds = await appendOneByOne(store, events, i => `/registry/pods/default/${i}`)
  print(`fan-out of ${events} events to ${watches} watches of one prefix`, rate(received, seconds))
  await store.close()
  rmSync(path)
}

/** Each watch has a prefix of its own: an event must not cost a look at every watch. */
async function fanOutSpread(watches: number, events: number): Promise<void> {
  const store = await openSqliteStore({ path })
  let received = 0
  for (let i = 0; i < watches; i++) {
    const events = (all: readonly unknown[]): void => {
      received += all.length
    }
    store.watch(`/registry/secrets/ns-${i % 50}/secret-${i}`, 0, { events, end() {} })
  }
  const seconds = await appendMany(store, events, i => `/registry/secrets/ns-${i % 50}/secret-${i % watches}`)
  print(`${events} events among ${watches} watches of one key each`, `${rate(received, seconds)} delivered`)
  await store.close()
  rmSync(path)
}

async function appendOneByOne(store: SqliteStore, count: number, key: (i: number) => string): Promise<number> {
  const start = performance.now()
  for (let i = 0; i < count; i++) await store.append([{ key: key(i), value }])
  return (performance.now() - start) / 1000
}

async function appendMany(store: SqliteStore, count: number, key: (i: number) => string): Promise<number> {
  const start = performance.now()
  for (let i = 0; i < count; i += 1000) {
    await Promise.all(Array.from({ length: 1000 }, (_, j) => store.append([{ key: key(i + j), value }])))
  }
  return (performance.now() - start) / 1000
}

async function opening(keys: number): Promise<void> {
  const store = await openSqliteStore({ path })
  await appendMany(store, keys, i => `/registry/configmaps/default/${i}`)
  await store.close()
  const times: number[] = []
  let used = ''
  for (let i = 0; i < 5; i++) {
    const start = performance.now()
    const opened = await openSqliteStore({ path })
    times.push(performance.now() - start)
    used = `${rss()} resident with ${opened.count('')} keys`
    await opened.close()
  }
  times.sort((a, b) => a - b)
  print(`open with ${keys} keys`, `${times[2]?.toFixed(0)} ms (median of 5), ${used}`)
  rmSync(path)
}

function rate(count: number, seconds: number): string {
  return `${Math.round(count / seconds).toLocaleString('en')}/s`
}

function rss(): string {
  return `${Math.round(process.memoryUsage.rss() / 1048576)} MiB`
}

function print(name: string, figure: string): void {
  process.stdout.write(`${name}: ${figure}\n`)
}
