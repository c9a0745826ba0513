/** Random operations against a naive model: the whole log as a list, and every state computed from its start. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Revision, Store, StoreEvent, Write } from './contract.ts'
import { type OpenStore, put, remove, text } from './suite-words.ts'

const names = ['/a', '/a/1', '/a/2', '/a/2/x', '/ab', '/b/1', '/b/é', '/b/\u{1f600}', 'c']
const prefixes = ['', '/', '/a', '/a/', '/a/2', '/b/', 'c', '/none/']

interface Past {
  readonly revision: Revision
  readonly key: string
  readonly value: string | undefined
}

class Model {
  readonly log: Past[] = []

  get revision(): Revision {
    return this.log.length
  }

  at(revision: Revision): Map<string, Past> {
    const state = new Map<string, Past>()
    for (const past of this.log.slice(0, revision)) {
      if (past.value === undefined) state.delete(past.key)
      else state.set(past.key, past)
    }
    return state
  }

  /** Whether the batch may be done; if so, it is. */
  append(writes: readonly Write[]): boolean {
    const before = this.log.length
    for (const { key, value, expect } of writes) {
      const now = this.at(this.revision).get(key)
      if (expect !== undefined && expect !== (now?.revision ?? 0)) {
        this.log.length = before
        return false
      }
      if (value || now)
        this.log.push({ revision: this.revision + 1, key, value: value && Buffer.from(value).toString() })
    }
    return true
  }
}

const key = fc.constantFrom(...names)
const prefix = fc.constantFrom(...prefixes)
const write = fc.record({
  key,
  isPut: fc.boolean(),
  expect: fc.oneof(fc.constant('none'), fc.constant('none'), fc.constant('current'), fc.constant('absent')),
})
const operation = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant('append'),
      writes: fc.array(write, { maxLength: 4 }),
      lazy: fc.boolean(),
    }),
  },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('settle') }) },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant('compact'), part: fc.double({ min: 0, max: 1, noNaN: true }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constant('watch'), prefix, part: fc.double({ min: 0, max: 1, noNaN: true }) }),
  },
)
const operations = fc.array(operation as fc.Arbitrary<Operation>, { maxLength: 40 })

type Operation =
  | { type: 'append'; writes: { key: string; isPut: boolean; expect: string }[]; lazy: boolean }
  | { type: 'settle' }
  | { type: 'compact'; part: number }
  | { type: 'watch'; prefix: string; part: number }

export function modelSuite(open: OpenStore): void {
  test('any sequence of operations does what the model says', async t => {
    await fc.assert(
      fc.asyncProperty(operations, async all => {
        const store = await open(t)
        try {
          await compare(store, all)
        } finally {
          await store.close()
        }
      }),
      { numRuns: 30 },
    )
  })
}

async function compare(store: Store, all: readonly Operation[]): Promise<void> {
  const model = new Model()
  const watches: { prefix: string; after: Revision; seen: StoreEvent[] }[] = []
  let count = 0
  let appends: Promise<void>[] = []
  for (const operation of all) {
    if (operation.type === 'append') {
      const state = model.at(model.revision)
      const writes = operation.writes.map(({ key, isPut, expect }): Write => {
        const expected = expect === 'none' ? {} : { expect: expect === 'absent' ? 0 : (state.get(key)?.revision ?? 0) }
        const more = { lazy: operation.lazy, ...expected }
        return isPut ? put(key, `value ${count++}`, more) : remove(key, more)
      })
      const isDone = model.append(writes)
      const appended = store.append(writes)
      appends.push(isDone ? appended.then(() => {}) : assert.rejects(appended, { name: 'ConflictError' }))
      continue
    }
    // The model is done at once; the store when its appends are.
    await Promise.all(appends)
    appends = []
    if (operation.type === 'settle') compareStates(store, model)
    else if (operation.type === 'compact') await store.compact(Math.floor(operation.part * store.revision))
    else {
      const { compactedRevision, revision } = store
      const after = compactedRevision + Math.floor(operation.part * (revision - compactedRevision))
      const seen: StoreEvent[] = []
      store.watch(operation.prefix, after, { events: events => seen.push(...events), end() {} })
      watches.push({ prefix: operation.prefix, after, seen })
    }
  }
  await Promise.all(appends)
  compareStates(store, model)
  for (const { prefix, after, seen } of watches) {
    const wanted = model.log.slice(after).filter(past => past.key.startsWith(prefix))
    assert.deepEqual(
      seen.map(event => ({ revision: event.revision, key: event.key, value: text(event.entry) })),
      wanted,
    )
    for (const event of seen) {
      assert.equal(event.previous?.revision, model.at(event.revision - 1).get(event.key)?.revision)
    }
  }
}

function compareStates(store: Store, model: Model): void {
  assert.equal(store.revision, model.revision)
  for (const atRevision of new Set([
    store.compactedRevision,
    (store.compactedRevision + store.revision) >> 1,
    store.revision,
  ])) {
    const state = model.at(atRevision)
    for (const prefix of prefixes) {
      const wanted = [...state.values()]
        .filter(past => past.key.startsWith(prefix))
        .sort((a, b) => (a.key < b.key ? -1 : 1))
      const range = store.range(prefix, { atRevision })
      assert.deepEqual(
        range.entries.map(entry => ({ revision: entry.revision, key: entry.key, value: text(entry) })),
        wanted,
      )
      const page = store.range(prefix, { atRevision, limit: 2, after: '/a/1' })
      const rest = wanted.filter(past => past.key > '/a/1')
      assert.deepEqual([page.entries.length, page.remaining], [Math.min(2, rest.length), Math.max(0, rest.length - 2)])
      if (atRevision === store.revision) assert.equal(store.count(prefix), wanted.length)
    }
  }
}
