/**
 * The sentences of contract.ts as tests, for every maker. Scenarios follow upstream's storage tests
 * (apiserver/pkg/storage/testing) as far as they are about the log and not about objects.
 */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { FakeClock } from '../base/index.ts'
import type { Store, Write } from './contract.ts'
import { modelSuite } from './suite-model.ts'
import { watchSuite } from './suite-watch.ts'
import { type OpenStore, put, remove, text } from './suite-words.ts'

export function storeSuite(name: string, open: OpenStore): void {
  describe(name, () => {
    appendSuite(open)
    rangeSuite(open)
    compactSuite(open)
    watchSuite(open)
    modelSuite(open)
  })
}

function keys(store: Store, prefix: string, options = {}): string[] {
  return store.range(prefix, options).entries.map(entry => entry.key)
}

function appendSuite(open: OpenStore): void {
  test('append() gives each change the next revision', async t => {
    const store = await open(t)
    assert.equal(store.revision, 0)
    const [a, b] = await store.append([put('/a'), put('/b')])
    assert.deepEqual([a?.revision, b?.revision, store.revision], [1, 2, 2])
    const [gone] = await store.append([remove('/a')])
    assert.deepEqual(gone, { revision: 3, entry: undefined })
    const [again] = await store.append([put('/b', 'new')])
    assert.equal(again?.entry?.revision, 4)
    assert.equal(again?.entry?.createRevision, 2)
    assert.equal(again?.entry, store.get('/b'))
    assert.equal(store.get('/a'), undefined)
  })

  test('append() starts a new createRevision when the key was deleted', async t => {
    const store = await open(t)
    await store.append([put('/a'), remove('/a')])
    await store.append([put('/a')])
    assert.equal(store.get('/a')?.createRevision, 3)
    const [deleted, made] = await store.append([remove('/a'), put('/a', 'x', { expect: 0 })])
    assert.deepEqual([deleted?.revision, made?.entry?.createRevision], [4, 5])
  })

  test('append() is visible when it resolves and not before it is durable', async t => {
    const store = await open(t)
    const seen: number[] = []
    store.watch('/', 0, { events: events => seen.push(...events.map(event => event.revision)), end() {} })
    const appended = store.append([put('/a')])
    assert.equal(store.get('/a'), undefined)
    assert.equal(store.revision, 0)
    assert.deepEqual(seen, [])
    await appended
    assert.equal(text(store.get('/a')), '/a')
    assert.deepEqual(seen, [1])
  })

  test('append() stores what stamp returns, and carries memo', async t => {
    const store = await open(t, { stamp: (value, revision) => Buffer.from(`${Buffer.from(value)}@${revision}`) })
    const memo = {}
    await store.append([put('/a', 'x', { memo })])
    await store.append([put('/b', 'y')])
    assert.equal(text(store.get('/a')), 'x@1')
    assert.equal(text(store.get('/b')), 'y@2')
    assert.equal(store.get('/a')?.memo, memo)
  })

  const expectations: { when: string; setup: Write[]; write: Write; current?: number }[] = [
    { when: 'the key is new', setup: [], write: put('/a', 'x', { expect: 0 }) },
    { when: 'a create finds the key', setup: [put('/a')], write: put('/a', 'x', { expect: 0 }), current: 1 },
    { when: 'the revision matches', setup: [put('/a')], write: put('/a', 'x', { expect: 1 }) },
    { when: 'the revision is stale', setup: [put('/a'), put('/a')], write: put('/a', 'x', { expect: 1 }), current: 2 },
    { when: 'an update misses the key', setup: [], write: put('/a', 'x', { expect: 1 }), current: 0 },
    { when: 'a delete matches', setup: [put('/a')], write: remove('/a', { expect: 1 }) },
    { when: 'a delete is stale', setup: [put('/a'), put('/a')], write: remove('/a', { expect: 1 }), current: 2 },
    { when: 'a delete misses the key', setup: [], write: remove('/a', { expect: 3 }), current: 0 },
    { when: 'the key was deleted', setup: [put('/a'), remove('/a')], write: put('/a', 'x', { expect: 1 }), current: 0 },
  ]
  for (const { when, setup, write, current } of expectations) {
    const does = current === undefined ? 'writes' : 'rejects with ConflictError'
    test(`append() with expect ${does} when ${when}`, async t => {
      const store = await open(t)
      await store.append(setup)
      const appended = store.append([put('/other'), write])
      if (current === undefined) {
        await appended
        assert.equal(text(store.get('/a')), write.value && 'x')
        return
      }
      const conflict = { name: 'ConflictError', key: '/a', expected: write.expect, current }
      await assert.rejects(appended, conflict)
      assert.equal(store.get('/other'), undefined, 'nothing of the batch is written')
      assert.equal(store.revision, setup.length)
    })
  }

  test('append() counts earlier writes of the same batch as done', async t => {
    const store = await open(t)
    await assert.rejects(store.append([put('/a'), put('/a', 'x', { expect: 0 })]), {
      name: 'ConflictError',
      current: 1,
    })
    await store.append([put('/a'), remove('/a'), put('/a', 'x', { expect: 0 })])
    assert.equal(store.get('/a')?.revision, 3)
  })

  test('append() lets exactly one of many writers with one revision win, and the others see what it wrote', async t => {
    const store = await open(t)
    await store.append([put('/a')])
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        store.append([put('/a', `${i}`, { expect: 1 })]).then(
          () => 'won',
          (error: { name: string; current: number }) => {
            assert.equal(store.get('/a')?.revision, error.current)
            return error.name
          },
        ),
      ),
    )
    assert.deepEqual(
      outcomes,
      outcomes.map((_, i) => (i === 0 ? 'won' : 'ConflictError')),
    )
    assert.equal(text(store.get('/a')), '0')
  })

  test('append() builds on writes that are not durable yet', async t => {
    const store = await open(t)
    const all = [
      store.append([put('/a', '1', { expect: 0 })]),
      store.append([put('/a', '2', { expect: 1 })]),
      store.append([remove('/a', { expect: 2 })]),
      store.append([put('/a', '4', { expect: 0 })]),
    ]
    const results = (await Promise.all(all)).map(([result]) => result?.revision)
    assert.deepEqual(results, [1, 2, 3, 4])
    assert.equal(store.get('/a')?.createRevision, 4)
  })

  test('append() of a delete that finds nothing changes nothing', async t => {
    const store = await open(t)
    assert.deepEqual(await store.append([remove('/a')]), [{ revision: 0, entry: undefined }])
    assert.deepEqual(await store.append([]), [])
    assert.equal(store.revision, 0)
    const [, absent, b] = await store.append([put('/a'), remove('/x'), put('/b')])
    assert.deepEqual([absent?.revision, b?.revision], [0, 2])
  })

  for (const key of ['', 'a\0b', '\ud800']) {
    test(`append() rejects with TypeError when the key is ${JSON.stringify(key)}`, async t => {
      const store = await open(t)
      await assert.rejects(store.append([put('/a'), put(key, 'x')]), TypeError)
      assert.equal(store.revision, 0)
    })
  }

  test('append() of lazy writes is visible in the order of revisions', async t => {
    const store = await open(t)
    const seen: string[] = []
    store.watch('/', 0, {
      events: events => seen.push(...events.map(event => `${event.revision} ${text(event.entry)}`)),
      end() {},
    })
    const lazy = { lazy: true }
    await Promise.all([
      store.append([put('/lease', '1', lazy)]),
      store.append([put('/a', '2')]),
      store.append([put('/lease', '3', lazy)]),
    ])
    await store.append([put('/lease', '4', lazy)])
    assert.equal(text(store.get('/lease')), '4')
    await store.append([put('/lease', '5', { lazy: true, expect: 4 })])
    await assert.rejects(store.append([put('/lease', '6', { lazy: true, expect: 4 })]), { name: 'ConflictError' })
    assert.deepEqual(seen, ['1 1', '2 2', '3 3', '4 4', '5 5'])
    assert.equal(text(store.range('/lease', { atRevision: 3 }).entries[0]), '3')
  })

  test('close() refuses appends and watches, and closing twice waits for the same end', async t => {
    const store = await open(t)
    const pending = store.append([put('/a')])
    await Promise.all([store.close(), store.close()])
    await pending
    await assert.rejects(store.append([put('/b')]), { name: 'StoreBrokenError' })
    assert.throws(() => store.watch('/', 0, { events() {}, end() {} }), { name: 'StoreBrokenError' })
  })

  test('health() counts what there is', async t => {
    const store = await open(t)
    await store.append([put('/a', 'xyz'), put('/b', 'x'), put('/a', 'xy'), remove('/b')])
    const { problem, revision, compactedRevision, keys, valueBytes, windowEvents, windowBytes } = store.health()
    assert.deepEqual(
      { problem, revision, compactedRevision, keys, valueBytes, windowEvents },
      { problem: undefined, revision: 4, compactedRevision: 0, keys: 1, valueBytes: 2, windowEvents: 4 },
    )
    assert.ok(windowBytes >= 4)
  })
}

function rangeSuite(open: OpenStore): void {
  test('range() returns the keys that start with the prefix, in UTF-16 order', async t => {
    const store = await open(t)
    await store.append(['/b', '/a/2', '/a/10', '/a', '/a/\u{1f600}', '/a/\uffee', '/ab'].map(key => put(key)))
    assert.deepEqual(keys(store, '/a/'), ['/a/10', '/a/2', '/a/\u{1f600}', '/a/\uffee'])
    assert.deepEqual(keys(store, '/a'), ['/a', '/a/10', '/a/2', '/a/\u{1f600}', '/a/\uffee', '/ab'])
    assert.equal(store.count('/a'), 6)
    assert.equal(store.count(''), 7)
    assert.equal(store.count('/c'), 0)
    assert.deepEqual(store.range('/c'), { entries: [], revision: 7, remaining: 0 })
  })

  test('range() pages with limit and after', async t => {
    const store = await open(t)
    await store.append(Array.from({ length: 7 }, (_, i) => put(`/p/${i}`)))
    await store.append([put('/q')])
    const pages: string[] = []
    let after: string | undefined
    for (;;) {
      const page = store.range('/p/', { limit: 3, ...(after && { after }) })
      pages.push(`${page.entries.map(entry => entry.key.slice(3)).join('')}+${page.remaining}`)
      after = page.entries.at(-1)?.key
      if (page.remaining === 0) break
    }
    assert.deepEqual(pages, ['012+4', '345+1', '6+0'])
    assert.deepEqual(keys(store, '/p/', { after: '/a' }).length, 7, 'a key before the prefix skips nothing')
    assert.deepEqual(keys(store, '/p/', { after: '/p/9' }), [])
    assert.throws(() => store.range('/p/', { limit: 0 }), RangeError)
  })

  test('range() at a revision is the state of that revision', async t => {
    const store = await open(t)
    await store.append([put('/a', '1'), put('/b', '2')])
    await store.append([put('/a', '3'), remove('/b'), put('/c', '5')])
    await store.append([put('/b', '6')])
    const states = ['', '/a=1', '/a=1 /b=2', '/a=3 /b=2', '/a=3', '/a=3 /c=5', '/a=3 /b=6 /c=5']
    for (const [atRevision, state] of states.entries()) {
      const range = store.range('/', { atRevision })
      assert.equal(range.entries.map(entry => `${entry.key}=${text(entry)}`).join(' '), state)
      assert.equal(range.revision, atRevision)
      const first = store.range('/', { atRevision, limit: 1 })
      assert.equal(first.entries.length + first.remaining, range.entries.length)
      const rest = store.range('/', { atRevision, after: '/a' })
      assert.deepEqual(rest.entries, range.entries.slice(1))
    }
    assert.throws(() => store.range('/', { atRevision: 7 }), { name: 'FutureRevisionError', requested: 7, current: 6 })
  })
}

function compactSuite(open: OpenStore): void {
  test('compact() drops history up to the revision and keeps the live values', async t => {
    const store = await open(t)
    for (let i = 1; i <= 5; i++) await store.append([put('/a', `${i}`)])
    await store.compact(3)
    assert.equal(store.compactedRevision, 3)
    assert.throws(() => store.range('/', { atRevision: 2 }), { name: 'CompactedError', requested: 2, compacted: 3 })
    assert.throws(() => store.watch('/', 2, { events() {}, end() {} }), { name: 'CompactedError' })
    assert.equal(text(store.range('/', { atRevision: 3 }).entries[0]), '3')
    await store.compact(1)
    assert.equal(store.compactedRevision, 3)
    await store.compact(5)
    assert.equal(text(store.get('/a')), '5')
    assert.equal(store.health().windowEvents, 0)
    assert.equal(store.health().compactionBacklog, 0)
    await assert.rejects(store.compact(6), { name: 'FutureRevisionError' })
  })

  test('the window drops the oldest events when it has too many bytes', async t => {
    const store = await open(t, { windowBytes: 10_000 })
    for (let i = 0; i < 50; i++) await store.append([put('/a', 'x'.repeat(800))])
    const { windowBytes, windowEvents } = store.health()
    assert.ok(windowBytes <= 10_000 && windowEvents > 5 && windowEvents < 15, `${windowEvents} events`)
    assert.equal(store.compactedRevision, 50 - windowEvents)
  })

  test('the window drops events when they are too old, also when nothing is written', async t => {
    const clock = new FakeClock()
    const store = await open(t, { windowMs: 1000, clock })
    await store.append([put('/a')])
    await clock.advance(600)
    await store.append([put('/b')])
    await clock.advance(600)
    assert.equal(store.compactedRevision, 1)
    await clock.advance(600)
    assert.equal(store.compactedRevision, 2)
    assert.equal(clock.pending, 0, 'an idle store with an empty window has no timer')
  })
}
