import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { StoreEvent } from './contract.ts'
import { EventWindow } from './event-window.ts'

function event(revision: number, previousBytes = 0): StoreEvent {
  const value = new Uint8Array(previousBytes)
  const previous = { key: 'a', value, revision: 1, createRevision: 1 }
  return { revision, key: 'a', entry: undefined, previous: previousBytes > 0 ? previous : undefined }
}

function revisions(window: EventWindow, after: number): number[] {
  const all: number[] = []
  window.forward(after, event => all.push(event.revision))
  return all
}

test('forward() and backward() visit what is after a revision, also where revisions are left out', () => {
  const window = new EventWindow({ bytes: 1e6, ageMs: 1000 })
  for (const revision of [2, 3, 7, 9]) window.push(event(revision), 0)
  assert.deepEqual(revisions(window, 0), [2, 3, 7, 9])
  assert.deepEqual(revisions(window, 3), [7, 9])
  assert.deepEqual(revisions(window, 5), [7, 9])
  assert.deepEqual(revisions(window, 9), [])
  const back: number[] = []
  window.backward(2, event => back.push(event.revision))
  assert.deepEqual(back, [9, 7, 3])
  assert.deepEqual(
    [1, 2, 5, 7, 10].map(revision => window.has(revision)),
    [false, true, false, true, false],
  )
})

test('drop() goes by bytes, by age and by revision, oldest first', () => {
  const window = new EventWindow({ bytes: 3500, ageMs: 1000 })
  const dropped: number[] = []
  const drop = (nowMs: number, upTo = 0): number[] => {
    dropped.length = 0
    window.drop(nowMs, upTo, event => dropped.push(event.revision))
    return [...dropped]
  }
  for (let revision = 1; revision <= 4; revision++) window.push(event(revision, 1000), revision * 100)
  assert.deepEqual(drop(400), [1, 2], 'each costs its previous value and a share')
  assert.deepEqual(drop(1250), [])
  assert.deepEqual(drop(1350), [3])
  window.push(event(5), 1350)
  assert.deepEqual(drop(1350, 4), [4])
  assert.deepEqual(drop(9999), [5])
  assert.deepEqual([window.length, window.bytes], [0, 0])
})

test('a window that many events pass through keeps no more than its bounds', () => {
  const window = new EventWindow({ bytes: 20_000, ageMs: 1000 })
  for (let revision = 1; revision <= 20_000; revision++) {
    window.push(event(revision), 0)
    window.drop(0, 0, () => {})
  }
  assert.equal(window.length, 100)
  assert.deepEqual(revisions(window, 19_997), [19_998, 19_999, 20_000])
})
