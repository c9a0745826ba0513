/** The sentences of contract.ts about watches; scenarios follow upstream's watcher tests. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeClock } from '../base/index.ts'
import type { Revision, Store, StoreEvent, Watch, WatchSink } from './contract.ts'
import { type OpenStore, put, remove, text } from './suite-words.ts'

/** Keeps what it receives, as words. */
class Recorder implements WatchSink {
  readonly seen: string[] = []
  readonly all: StoreEvent[] = []
  ended: Error | true | undefined

  events(events: readonly StoreEvent[]): void {
    for (const event of events) {
      this.all.push(event)
      const kind = !event.entry ? 'deleted' : event.previous ? 'modified' : 'added'
      this.seen.push(`${event.revision} ${kind} ${event.key}`)
    }
  }

  end(error?: Error): void {
    this.ended = error ?? true
  }
}

export function watchSuite(open: OpenStore): void {
  test('watch() delivers added, modified and deleted with the values before', async t => {
    const store = await open(t)
    const sink = new Recorder()
    store.watch('/a/', 0, sink)
    await store.append([put('/a/1', 'x')])
    await store.append([put('/a/1', 'y'), put('/b/1')])
    await store.append([remove('/a/1')])
    await store.append([put('/a/1', 'z')])
    assert.deepEqual(sink.seen, ['1 added /a/1', '2 modified /a/1', '4 deleted /a/1', '5 added /a/1'])
    const [added, modified, deleted, again] = sink.all
    assert.deepEqual([text(modified?.previous), modified?.previous], ['x', added?.entry])
    assert.deepEqual([deleted?.entry, deleted?.previous, deleted?.revision], [undefined, modified?.entry, 4])
    assert.equal(again?.previous, undefined)
  })

  test('watch() starts after any revision of the window and goes on without a gap', async t => {
    const store = await open(t)
    await store.append([put('/a'), put('/b'), remove('/a'), put('/c')])
    const sinks = [0, 1, 2, 3, 4].map(after => {
      const sink = new Recorder()
      store.watch('/', after, sink)
      return sink
    })
    const atOnce = sinks.map(sink => sink.seen.length)
    assert.deepEqual(atOnce, [4, 3, 2, 1, 0], 'the window is delivered before watch() returns')
    await store.append([put('/d')])
    for (const sink of sinks) assert.deepEqual(sink.seen, sinks[0]?.seen.slice(-sink.seen.length))
    assert.equal(sinks[4]?.seen.join(), '5 added /d')
  })

  test('watch() throws when the start is compacted or not reached', async t => {
    const store = await open(t)
    await store.append([put('/a'), put('/b'), put('/c')])
    await store.compact(2)
    const sink = new Recorder()
    assert.throws(() => store.watch('/', 1, sink), { name: 'CompactedError', requested: 1, compacted: 2 })
    assert.throws(() => store.watch('/', 0, sink), { name: 'CompactedError' })
    assert.throws(() => store.watch('/', 4, sink), { name: 'FutureRevisionError' })
    store.watch('/', 2, sink)
    assert.deepEqual(sink.seen, ['3 added /c'])
  })

  test('watch() goes on when what it has seen is compacted', async t => {
    const store = await open(t)
    const sink = new Recorder()
    store.watch('/', 0, sink)
    await store.append([put('/a')])
    await store.compact(1)
    await store.append([put('/a')])
    assert.deepEqual(sink.seen, ['1 added /a', '2 modified /a'])
  })

  test('watch() matches the prefix, whether it ends at a slash or not', async t => {
    const store = await open(t)
    const prefixes = ['', '/', '/pods/', '/pods/ns/', '/pods/ns/a', '/pods/ns/ab', '/pod', 'pods', '/pods/ns/abc/', 'x']
    const sinks = prefixes.map(prefix => {
      const sink = new Recorder()
      store.watch(prefix, 0, sink)
      return { prefix, sink }
    })
    const all = [
      '/pods/ns/a',
      '/pods/ns/ab',
      '/pods/other/a',
      '/podsets/ns/a',
      'pods',
      '/pods/ns/abc/d',
      'x',
      '/',
      '//',
    ]
    await store.append(all.map(key => put(key)))
    for (const { prefix, sink } of sinks) {
      assert.deepEqual(
        sink.all.map(event => event.key),
        all.filter(key => key.startsWith(prefix)),
        `prefix "${prefix}"`,
      )
    }
  })

  test('watch() delivers one batch for one append, the same to all watches of a prefix', async t => {
    const store = await open(t)
    const batches: (readonly StoreEvent[])[] = []
    for (let i = 0; i < 3; i++) store.watch('/a/', 0, { events: events => batches.push(events), end() {} })
    await store.append([put('/a/1'), put('/a/2'), put('/b')])
    assert.equal(batches.length, 3)
    assert.equal(batches[0]?.length, 2)
    assert.ok(batches.every(batch => batch === batches[0]))
  })

  test('cancel() stops the watch at once, also from inside a sink', async t => {
    const store = await open(t)
    const sink = new Recorder()
    const other = new Recorder()
    const watches: Watch[] = []
    const canceller: WatchSink = {
      events() {
        for (const watch of watches) watch.cancel()
      },
      end: () => assert.fail('cancelled watches do not end'),
    }
    watches.push(store.watch('/', 0, canceller), store.watch('/', 0, sink))
    store.watch('/', 0, other)
    await store.append([put('/a')])
    await store.append([put('/b')])
    assert.deepEqual(sink.seen, [])
    assert.deepEqual(other.seen, ['1 added /a', '2 added /b'])
    watches[0]?.cancel()
  })

  test('watch() from inside a sink sees each event once', async t => {
    const store = await open(t)
    const inner = new Recorder()
    let started = false
    store.watch('/', 0, {
      events() {
        if (!started) store.watch('/', 0, inner)
        started = true
      },
      end() {},
    })
    await store.append([put('/a'), put('/b')])
    await store.append([put('/c')])
    assert.deepEqual(inner.seen, ['1 added /a', '2 added /b', '3 added /c'])
  })

  test('append() from inside a sink comes after the delivery', async t => {
    const store = await open(t)
    const late = new Recorder()
    let inner: Promise<unknown> | undefined
    store.watch('/', 0, {
      events() {
        inner ??= store.append([put('/b', 'x', { lazy: true })])
      },
      end() {},
    })
    store.watch('/', 0, late)
    await store.append([put('/a')])
    await inner
    assert.deepEqual(late.seen, ['1 added /a', '2 added /b'])
  })

  test('a sink that throws ends alone', async t => {
    const store = await open(t)
    const fine = new Recorder()
    let ended: Error | undefined
    store.watch('/', 0, {
      events() {
        throw new Error('broken sink')
      },
      end: error => {
        ended = error
      },
    })
    store.watch('/', 0, fine)
    await store.append([put('/a')])
    await store.append([put('/b')])
    assert.equal(ended?.message, 'broken sink')
    assert.equal(fine.seen.length, 2)
  })

  test('a slow reader holds up neither the store nor other watches', async t => {
    const store = await open(t)
    const queue: StoreEvent[] = []
    const fast = new Recorder()
    store.watch('/', 0, { events: events => queue.push(...events), end() {} })
    store.watch('/', 0, fast)
    for (let i = 0; i < 300; i++) await store.append([put(`/${i % 7}`)])
    assert.deepEqual(queue, fast.all, 'what was not read meanwhile is there, once and in order')
    assert.deepEqual(
      queue.map(event => event.revision),
      Array.from({ length: 300 }, (_, i) => i + 1),
    )
  })

  test('progress() tells watches without events how far the store is', async t => {
    const clock = new FakeClock()
    const store = await open(t, { clock })
    const told: Revision[] = []
    const watching = (prefix: string): Watch =>
      store.watch(prefix, 0, { events() {}, progress: revision => told.push(revision), end() {} })
    const watch = watching('/a/')
    await store.append([put('/b/1'), put('/b/2')])
    await clock.advance(1000)
    assert.deepEqual(told, [2])
    await clock.advance(1000)
    assert.deepEqual(told, [2], 'nothing is said twice')
    await store.append([put('/a/1')])
    await clock.advance(1000)
    assert.deepEqual(told, [2], 'the event itself told')
    watch.cancel()
    await store.append([put('/b/1')])
    await clock.advance(1000)
    assert.deepEqual(told, [2])
  })

  test('close() ends every watch', async t => {
    const store = await open(t)
    const sinks = ['/', '/a', '/a/'].map(prefix => {
      const sink = new Recorder()
      store.watch(prefix, 0, sink)
      return sink
    })
    const cancelled = new Recorder()
    store.watch('/', 0, cancelled).cancel()
    const appended = store.append([put('/a/x')])
    await store.close()
    await appended
    assert.deepEqual(
      sinks.map(sink => [sink.ended, sink.seen.length]),
      sinks.map(() => [true, 1]),
    )
    assert.equal(cancelled.ended, undefined)
  })

  test('many watches come and go without a trace', async t => {
    const store = await open(t)
    const sink = new Recorder()
    const watches = Array.from({ length: 500 }, (_, i) => store.watch(`/a/${i % 50}`, 0, sink))
    for (const watch of watches.slice(1)) watch.cancel()
    await write100(store)
    assert.equal(sink.seen.length, 11, 'only the watch of "/a/0" is left')
  })
}

/** /a/0 … /a/9, and /a/00 … /a/09, and so on: one hundred keys, of which eleven start with /a/0. */
async function write100(store: Store): Promise<void> {
  const writes = Array.from({ length: 10 }, (_, i) => put(`/a/${i}`))
  for (let i = 0; i < 10; i++) for (let j = 0; j < 9; j++) writes.push(put(`/a/${i}${j}`))
  writes.push(put('/a/09'))
  await store.append(writes)
}
