/** Torn, damaged and full: what SQLite recovers, what is refused and in which words, and what salvage saves. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { seededRng } from '../base/index.ts'
import { openSqliteStore, type SqliteStore, type SqliteStoreOptions } from './sqlite-store.ts'
import { put, text } from './suite-words.ts'

function newDirectory(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'petrel-damage-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

async function open(t: TestContext, options: SqliteStoreOptions): Promise<SqliteStore> {
  const store = await openSqliteStore(options)
  t.after(() => store.close())
  return store
}

/** A closed file with `keys` keys of 400 bytes each. */
async function fill(t: TestContext, path: string, keys: number): Promise<void> {
  const store = await open(t, { path })
  for (let i = 0; i < keys; i += 50) {
    await store.append(Array.from({ length: 50 }, (_, j) => put(`/key/${i + j}`, `value ${i + j} `.padEnd(400, 'x'))))
  }
  await store.close()
}

/** The files of a store as a power loss would leave them: 40 commits in the WAL, none in the database file. */
async function fillWal(t: TestContext, path: string): Promise<void> {
  const source = join(newDirectory(t), 'petrel.db')
  const store = await open(t, { path: source })
  for (let i = 0; i < 40; i++) await store.append([put(`/key/${i}`, 'x'.repeat(300))])
  copyFileSync(source, path)
  copyFileSync(`${source}-wal`, `${path}-wal`)
}

function flip(path: string, at: number): void {
  const bytes = readFileSync(path)
  bytes[at]! ^= 0x10
  writeFileSync(path, bytes)
}

const sizeOfFrame = 4096 + 24

test('a torn tail of the WAL is recovered: all commits before it are there', async t => {
  const path = join(newDirectory(t), 'petrel.db')
  await fillWal(t, path)
  const whole = statSync(`${path}-wal`).size
  const store = await open(t, { path })
  assert.equal(store.revision, 40)
  await store.close()
  for (const cut of [1, 100, sizeOfFrame - 1]) {
    await fillWal(t, path)
    truncateSync(`${path}-wal`, whole - cut)
    const torn = await open(t, { path })
    assert.equal(torn.revision, 39, `${cut} bytes short`)
    await torn.append([put('/after')])
    await torn.close()
  }
})

test('a flipped bit in the last frame of the WAL is a torn commit', async t => {
  const path = join(newDirectory(t), 'petrel.db')
  await fillWal(t, path)
  flip(`${path}-wal`, statSync(`${path}-wal`).size - 50)
  const store = await open(t, { path })
  assert.equal(store.revision, 39)
})

test('a WAL that grew without its data is empty', async t => {
  const path = join(newDirectory(t), 'petrel.db')
  await fill(t, path, 50)
  writeFileSync(`${path}-wal`, Buffer.alloc(3 * sizeOfFrame + 32))
  const store = await open(t, { path })
  assert.equal(store.count('/key/'), 50)
})

for (const { where, at } of [
  { where: 'its header', at: 18 },
  { where: 'its first frame', at: 32 + 500 },
  { where: 'the header of a frame', at: 32 + 12 * sizeOfFrame + 9 },
  { where: 'a frame in the middle', at: 32 + 20 * sizeOfFrame + 4000 },
]) {
  test(`openSqliteStore() refuses a WAL that is damaged in ${where}, and changes nothing`, async t => {
    const path = join(newDirectory(t), 'petrel.db')
    await fillWal(t, path)
    flip(`${path}-wal`, at)
    const before = readFileSync(`${path}-wal`)
    const refusal = { name: 'StoreBrokenError', message: /write-ahead log is damaged.*Restore the file from a backup/ }
    await assert.rejects(openSqliteStore({ path }), refusal)
    assert.deepEqual(readFileSync(`${path}-wal`), before)
  })
}

test('openSqliteStore() refuses a WAL without its database', async t => {
  const path = join(newDirectory(t), 'petrel.db')
  await fillWal(t, path)
  rmSync(path)
  await assert.rejects(openSqliteStore({ path }), { name: 'StoreBrokenError', message: /it is missing while/ })
  assert.equal(existsSync(path), false)
})

for (const { what, damage, words } of [
  { what: 'empty', damage: (path: string) => truncateSync(path, 0), words: /it is empty/ },
  {
    what: 'half',
    damage: (path: string) => truncateSync(path, statSync(path).size >> 1),
    words: /malformed|Tree|Page|page/,
  },
  { what: 'text', damage: (path: string) => writeFileSync(path, 'hello '.repeat(2000)), words: /not a database/ },
]) {
  test(`openSqliteStore() refuses a file that is ${what}`, async t => {
    const path = join(newDirectory(t), 'petrel.db')
    await fill(t, path, 500)
    damage(path)
    await assert.rejects(openSqliteStore({ path }), { name: 'StoreBrokenError', message: words })
  })
}

test('a bit flipped anywhere is refused, or has changed nothing', async t => {
  const directory = newDirectory(t)
  const sound = join(directory, 'sound.db')
  await fill(t, sound, 200)
  const rng = seededRng(7)
  const size = statSync(sound).size
  let refused = 0
  for (let round = 0; round < 25; round++) {
    const path = join(directory, `flipped-${round}.db`)
    copyFileSync(sound, path)
    const at = Math.floor(rng.next() * size)
    flip(path, at)
    try {
      const store = await openSqliteStore({ path })
      for (let i = 0; i < 200; i++)
        assert.equal(
          text(store.get(`/key/${i}`))
            ?.trim()
            .split(' ')[1],
          `${i}`,
          `byte ${at}`,
        )
      assert.deepEqual([store.revision, store.count('')], [200, 200], `byte ${at}`)
      await store.close()
    } catch (error) {
      assert.equal((error as Error).name, 'StoreBrokenError', `byte ${at}: ${error}`)
      refused++
    }
  }
  assert.ok(refused > 15, `only ${refused} of 25 were seen`)
})

test('salvage copies what can be read, keeps the damaged file and reports what is lost', async t => {
  const directory = newDirectory(t)
  const path = join(directory, 'petrel.db')
  await fill(t, path, 1000)
  const page = 40
  const bytes = readFileSync(path)
  bytes.fill(0xff, page * 4096, (page + 2) * 4096)
  writeFileSync(path, bytes)
  await assert.rejects(openSqliteStore({ path }), { name: 'StoreBrokenError', message: /start once with --salvage/ })
  const store = await open(t, { path, salvage: true })
  const { salvaged } = store
  assert.ok(salvaged)
  assert.deepEqual(readFileSync(salvaged.keptAs), bytes, 'the damaged file is as it was')
  const lost = 1000 - store.count('/key/')
  assert.ok(lost > 0 && lost < 40, `${lost} keys lost`)
  assert.equal(salvaged.rowsCopied, 1000 - lost)
  assert.match(salvaged.lost.join('\n'), /^revisions? \d+/)
  assert.ok(store.revision > 1_000_000, 'revisions that were lost are not given again')
  assert.equal(store.compactedRevision <= store.revision, true)
  await store.append([put('/new')])
  await store.close()
  const next = await open(t, { path, salvage: true })
  assert.equal(next.salvaged, undefined)
  assert.equal(next.count('/'), 1000 - lost + 1)
})

test('salvage of a file of which nothing can be read leaves it alone', async t => {
  const directory = newDirectory(t)
  const path = join(directory, 'petrel.db')
  writeFileSync(path, 'nothing '.repeat(1000))
  await assert.rejects(openSqliteStore({ path, salvage: true }), { message: /not one row can be read/ })
  assert.equal(readFileSync(path, 'utf8'), 'nothing '.repeat(1000))
  assert.deepEqual(readdirSync(directory), ['petrel.db'])
})

test('append() rejects with StoreFullError at the limit, loses nothing, and goes on when there is room', async t => {
  const path = join(newDirectory(t), 'petrel.db')
  const store = await open(t, { path, limitBytes: 400_000 })
  const value = 'x'.repeat(5000)
  const acknowledged = new Map<string, number>()
  await store.append([put('/lease', '1', { lazy: true })])
  const outcomes = await Promise.all(
    Array.from({ length: 200 }, (_, i) =>
      store.append([put(`/${i % 5}`, `${i} ${value}`)]).then(
        ([result]) => void acknowledged.set(`/${i % 5}`, result?.revision ?? 0),
        (error: Error) => error.name,
      ),
    ),
  )
  assert.ok(outcomes.includes('StoreFullError'))
  while (
    !(await store
      .append([put('/0', value)])
      .then(([result]) => void acknowledged.set('/0', result?.revision ?? 0), String))
  );
  assert.match(store.health().problem ?? '', /is full.*make room/)
  for (const [key, revision] of acknowledged) assert.equal(store.get(key)?.revision, revision)
  await store.append([put('/lease', '2', { lazy: true })])
  assert.equal(text(store.get('/lease')), '2', 'lazy writes wait in memory')
  await store.compact(store.revision)
  const [after] = await store.append([put('/after', value)])
  assert.equal(after?.revision, store.revision)
  assert.equal(store.health().problem, undefined)
  await store.close()
  const next = await open(t, { path })
  for (const [key, revision] of acknowledged) assert.equal(next.get(key)?.revision, revision)
  assert.equal(text(next.get('/lease')), '2')
})

test('append() rejects with StoreFullError when the file system is full, and goes on when there is room', async t => {
  const directory = newDirectory(t)
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'tmpfs', directory])
  if (mounted.status !== 0) return t.skip('needs the right to mount a tmpfs')
  try {
    const path = join(directory, 'petrel.db')
    const store = await openSqliteStore({ path })
    const value = 'x'.repeat(20_000)
    let count = 0
    let failure: unknown
    while (failure === undefined) {
      failure = await store.append([put(`/${count}`, value)]).then(
        () => void count++,
        error => error,
      )
    }
    assert.equal((failure as Error).name, 'StoreFullError')
    assert.ok(count > 30, `${count} writes fitted`)
    assert.deepEqual([store.count('/'), store.revision], [count, count])
    spawnSync('mount', ['-o', 'remount,size=12m', directory])
    await store.append([put('/after', value)])
    assert.equal(store.revision, count + 1)
    await store.close()
    const next = await openSqliteStore({ path })
    assert.equal(next.count('/'), count + 1)
    await next.close()
  } finally {
    spawnSync('umount', [directory])
  }
})
