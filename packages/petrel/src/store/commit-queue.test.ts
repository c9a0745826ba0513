/** The cases of the queue that need a medium whose answers the test decides. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeClock } from '../base/index.ts'
import { StoreBrokenError, StoreFullError } from './errors.ts'
import { LogStore, newState } from './log-store.ts'
import type { Group, Medium } from './medium.ts'
import { put, text } from './suite-words.ts'

/** Keeps each group until the test settles it. */
class HeldMedium implements Medium {
  readonly diskBytes = 0
  readonly groups: Group[] = []
  onLost: ((error: Error) => void) | undefined
  #settle = Promise.withResolvers<void>()

  write(group: Group): Promise<void> {
    this.groups.push(group)
    this.#settle = Promise.withResolvers()
    return this.#settle.promise
  }

  async settle(error?: Error): Promise<void> {
    if (error) this.#settle.reject(error)
    else this.#settle.resolve()
    await turn()
  }

  revisions(): number[][] {
    return this.groups.map(group => group.changes.map(change => change.revision))
  }

  close(): Promise<void> {
    return Promise.resolve()
  }
}

function turn(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}

function open(restartAt = 0): { store: LogStore; medium: HeldMedium; clock: FakeClock } {
  const medium = new HeldMedium()
  const clock = new FakeClock()
  const store = new LogStore(newState({}, true), medium, restartAt, { clock })
  return { store, medium, clock }
}

test('appends gather while a group is in flight', async () => {
  const { store, medium } = open()
  const first = [store.append([put('/a')]), store.append([put('/b')])]
  await turn()
  const rest = [store.append([put('/c')]), store.append([put('/d')]), store.append([put('/e')])]
  await turn()
  assert.deepEqual(medium.revisions(), [[1, 2]])
  await medium.settle()
  await Promise.all(first)
  assert.equal(store.revision, 2)
  await medium.settle()
  await Promise.all(rest)
  assert.deepEqual(medium.revisions(), [
    [1, 2],
    [3, 4, 5],
  ])
})

test('a full disk refuses all that waits, keeps what is seen, and frees the revisions', async () => {
  const { store, medium, clock } = open(1000)
  await store.append([put('/lease', '1', { lazy: true })])
  const refused = [store.append([put('/a')]), store.append([put('/a', 'x', { expect: 2 })])]
  await turn()
  refused.push(store.append([put('/b')]), store.append([put('/a', 'y', { expect: 0 })]))
  await Promise.all([
    medium.settle(new StoreFullError('full')),
    ...refused.map(append => assert.rejects(append, { name: 'StoreFullError' })),
  ])
  assert.deepEqual([store.revision, store.count(''), store.health().problem], [1, 1, 'full'])
  const again = store.append([put('/b', 'z', { expect: 0 })])
  await turn()
  await medium.settle()
  assert.equal((await again)[0]?.revision, 2)
  assert.deepEqual(medium.revisions().at(-1), [1, 2], 'the lazy write goes with the next group')
  assert.equal(store.health().problem, undefined)
  assert.ok(clock.pending >= 0)
})

test('a conflict with a write under way is heard when that write is visible', async () => {
  const { store, medium } = open()
  void store.append([put('/a')])
  let heard = false
  const conflict = assert.rejects(store.append([put('/a', 'x', { expect: 0 })]), { name: 'ConflictError', current: 1 })
  void conflict.then(() => {
    heard = true
  })
  await turn()
  assert.equal(heard, false)
  await medium.settle()
  assert.equal(heard, true)
})

test('lazy writes wait for what is before them, and for their timer', async () => {
  const { store, medium, clock } = open(1000)
  const durable = store.append([put('/a')])
  const lazy = store.append([put('/lease', '1', { lazy: true })])
  await turn()
  const later = store.append([put('/lease', '2', { lazy: true })])
  await turn()
  assert.equal(store.revision, 0)
  await medium.settle()
  await Promise.all([durable, lazy, later])
  assert.equal(text(store.get('/lease')), '2')
  assert.equal(medium.groups.length, 1, 'what is lazy is not written yet')
  await clock.advance(120_000)
  assert.deepEqual(medium.revisions(), [[1, 2], [3]])
  await medium.settle()
})

test('lazy writes are durable ones until their revisions are reserved', async () => {
  const { store, medium } = open()
  const first = store.append([put('/lease', '1', { lazy: true })])
  await turn()
  assert.equal(store.get('/lease'), undefined)
  const { restartAt } = medium.groups[0]!
  assert.ok(restartAt! > 1000)
  await medium.settle()
  await first
  await store.append([put('/lease', '2', { lazy: true })])
  assert.equal(text(store.get('/lease')), '2')
})

test('a lost medium ends the watches, refuses appends, and leaves reads', async () => {
  const { store, medium } = open()
  const first = store.append([put('/a')])
  await turn()
  await medium.settle()
  await first
  let ended: Error | undefined
  store.watch('', 0, {
    events() {},
    end: error => {
      ended = error
    },
  })
  const lost = new StoreBrokenError('lost')
  const refused = [store.append([put('/b')])]
  await turn()
  refused.push(store.append([put('/c')]))
  await Promise.all([medium.settle(lost), ...refused.map(append => assert.rejects(append, lost))])
  assert.equal(ended, lost)
  await assert.rejects(store.append([put('/d')]), lost)
  assert.throws(() => store.watch('', 0, { events() {}, end() {} }), lost)
  assert.equal(text(store.get('/a')), '/a')
  assert.equal(store.health().problem, 'lost')
  await store.close()
})

test('append() rejects with StoreBusyError when too much waits for the disk', async () => {
  const { store, medium } = open()
  const large = Buffer.alloc(33 << 20)
  const waiting = [0, 1].map(i => store.append([{ key: `/${i}`, value: large }]))
  await assert.rejects(store.append([put('/a')]), { name: 'StoreBusyError', message: /66 MiB of writes wait/ })
  await turn()
  await medium.settle()
  await waiting[0]
  const fits = store.append([put('/a')])
  await medium.settle()
  await medium.settle()
  await Promise.all([waiting[1], fits])
})

test('a commit that takes long shows in health()', async () => {
  const { store, medium, clock } = open()
  void store.append([put('/a')])
  await clock.advance(3000)
  assert.match(store.health().problem ?? '', /a commit has taken 3000 ms so far/)
  await medium.settle()
  assert.equal(store.health().problem, undefined)
})

test('close() rejects when lazy writes cannot be brought to the disk', async () => {
  const { store, medium } = open(1000)
  await store.append([put('/lease', '1', { lazy: true })])
  const closed = assert.rejects(store.close(), { name: 'StoreFullError' })
  await turn()
  await medium.settle(new StoreFullError('full'))
  await closed
})
