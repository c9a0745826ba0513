import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { FakeClock } from '../base/index.ts'
import { openSqliteStore, type SqliteStore, type SqliteStoreOptions } from './sqlite-store.ts'
import { storeSuite } from './suite.ts'
import { put, remove, text } from './suite-words.ts'

function newPath(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'petrel-store-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  return join(directory, 'petrel.db')
}

async function open(t: TestContext, options: SqliteStoreOptions): Promise<SqliteStore> {
  const store = await openSqliteStore(options)
  t.after(() => store.close())
  return store
}

storeSuite('sqlite', (t, options) => open(t, { ...options, path: newPath(t) }))

test('openSqliteStore() finds what the run before left, with its history', async t => {
  const path = newPath(t)
  const first = await open(t, { path })
  await first.append([put('/a', '1'), put('/b', '2'), put('/a', '3'), remove('/b'), put('/empty', '')])
  await first.compact(3)
  await first.append([put('/lease', 'lazy', { lazy: true })])
  await first.append([put('/lease', 'lazier', { lazy: true })])
  await first.close()
  const store = await open(t, { path })
  assert.equal(store.revision, 7)
  assert.equal(store.compactedRevision, 3)
  assert.deepEqual(
    store.range('').entries.map(entry => [entry.key, text(entry), entry.revision, entry.createRevision]),
    [
      ['/a', '3', 3, 1],
      ['/empty', '', 5, 5],
      ['/lease', 'lazier', 7, 6],
    ],
  )
  const seen: string[] = []
  assert.throws(() => store.watch('', 2, { events() {}, end() {} }), { name: 'CompactedError' })
  store.watch('', 3, {
    events: events => {
      for (const { revision, entry, previous } of events) seen.push(`${revision} ${text(entry)} ${text(previous)}`)
    },
    end() {},
  })
  assert.deepEqual(seen, ['4 undefined 2', '5  undefined', '6 lazy undefined', '7 lazier lazy'])
  const [next] = await store.append([put('/a', 'x', { expect: 3 })])
  assert.equal(next?.revision, 8)
})

test('openSqliteStore() refuses a second opener with StoreLockedError, and the first goes on', async t => {
  const path = newPath(t)
  const store = await open(t, { path })
  await store.append([put('/a')])
  await assert.rejects(openSqliteStore({ path }), { name: 'StoreLockedError', message: /another process has it open/ })
  await store.append([put('/b')])
  await store.close()
  const next = await open(t, { path })
  assert.equal(next.count('/'), 2)
})

test('lazy writes reach the disk after lazyFlushMs, several to one key as one row', async t => {
  const path = newPath(t)
  const clock = new FakeClock()
  const store = await open(t, { path, clock, lazyFlushMs: 1000 })
  for (let i = 1; i <= 5; i++) await store.append([put('/lease', `${i}`, { lazy: true })])
  const bytes = (): number => statSync(`${path}-wal`).size
  const before = bytes()
  await clock.advance(900)
  assert.equal(bytes(), before, 'not before their time')
  await clock.advance(200)
  await store.compact(0)
  await store.append([put('/last')])
  await store.close()
  const db = new DatabaseSync(path, { readOnly: true })
  const rows = db.prepare('SELECT revision FROM log ORDER BY revision').all()
  db.close()
  assert.deepEqual(
    rows.map(row => row['revision']),
    [1, 5, 6],
    'the first reserved revisions, and was durable',
  )
  const next = await open(t, { path })
  assert.throws(() => next.watch('/', 3, { events() {}, end() {} }), { name: 'CompactedError' }, 'not in the file')
  assert.throws(() => next.range('/', { atRevision: 3 }), { name: 'CompactedError' })
  assert.equal(text(next.range('/', { atRevision: 5 }).entries[0]), '5')
})

test('an idle store writes nothing', async t => {
  const path = newPath(t)
  const clock = new FakeClock()
  const store = await open(t, { path, clock, windowMs: 1000 })
  await store.append(Array.from({ length: 20 }, () => put('/a')))
  const files = (): unknown[] => readdirSync(join(path, '..')).map(name => statSync(join(path, '..', name)).mtimeMs)
  const before = files()
  await clock.advance(60_000)
  assert.deepEqual(files(), before)
  assert.equal(store.health().compactionBacklog, 19)
})

test('compaction follows the window, and the files stay bounded under load', async t => {
  const path = newPath(t)
  const store = await open(t, { path, windowBytes: 200_000 })
  const value = 'x'.repeat(2000)
  let walBytes = 0
  for (let round = 0; round < 60; round++) {
    await Promise.all(Array.from({ length: 100 }, (_, i) => store.append([put(`/${i % 20}`, value)])))
    walBytes = Math.max(walBytes, statSync(`${path}-wal`).size)
  }
  const { compactionBacklog, problem, windowBytes } = store.health()
  assert.equal(problem, undefined)
  assert.ok(compactionBacklog < 1024, `backlog ${compactionBacklog}`)
  assert.ok(windowBytes <= 200_000)
  assert.ok(walBytes < 10 << 20, `WAL of ${walBytes} bytes`)
  assert.ok(statSync(path).size < 4 << 20, `12 MB were written, the file has ${statSync(path).size} bytes`)
  await store.compact(store.revision)
  await store.close()
  const db = new DatabaseSync(path, { readOnly: true })
  assert.deepEqual({ ...db.prepare('SELECT count(*) AS rows FROM log').get() }, { rows: 20 })
  db.close()
})

test('much garbage is deleted little by little when nothing is written', async t => {
  const path = newPath(t)
  const clock = new FakeClock()
  const store = await open(t, { path, clock, windowMs: 1000 })
  await store.append(Array.from({ length: 3000 }, () => put('/a')))
  await clock.advance(1500)
  assert.ok(store.health().compactionBacklog > 0)
  // Each step waits for the disk, so time is moved until the steps are through.
  while (store.health().compactionBacklog >= 64) await clock.advance(20)
  assert.equal(store.compactedRevision, 3000)
})

test('openSqliteStore() refuses a file of somebody else', async t => {
  const path = newPath(t)
  const db = new DatabaseSync(path)
  db.exec('CREATE TABLE t (x)')
  db.close()
  await assert.rejects(openSqliteStore({ path }), { name: 'StoreBrokenError', message: /not a store of Petrel/ })
})

test('openSqliteStore() refuses a format it does not know', async t => {
  const path = newPath(t)
  await (await open(t, { path })).close()
  const db = new DatabaseSync(path)
  db.exec('PRAGMA user_version = 7')
  db.close()
  await assert.rejects(openSqliteStore({ path }), { name: 'StoreBrokenError', message: /its format is 7/ })
})
