import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { FakeClock } from '../base/index.ts'
import { DelayedKeys } from './delayed-keys.ts'

test('keys fall due in the order of their times, each once, at its earliest time', async () => {
  const delays = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), fc.integer({ min: 1, max: 50 })), {
    maxLength: 30,
  })
  await fc.assert(
    fc.asyncProperty(delays, async added => {
      const clock = new FakeClock(0)
      const due: [key: string, at: number][] = []
      const keys = new DelayedKeys(clock, key => due.push([key, clock.now()]))
      const earliest = new Map<string, number>()
      for (const [key, delayMs] of added) {
        keys.add(key, delayMs)
        earliest.set(key, Math.min(earliest.get(key) ?? Number.POSITIVE_INFINITY, delayMs))
      }
      assert.equal(keys.size, earliest.size)
      await clock.advance(50)
      assert.deepEqual(new Map(due), earliest)
      assert.equal(due.length, earliest.size)
      assert.deepEqual(
        due.map(([, at]) => at),
        due.map(([, at]) => at).sort((a, b) => a - b),
      )
      assert.equal(clock.pending, 0)
    }),
    { numRuns: 50 },
  )
})

test('clear() forgets all keys and their timer', async () => {
  const clock = new FakeClock()
  const due: string[] = []
  const keys = new DelayedKeys(clock, key => due.push(key))
  keys.add('a', 5)
  keys.clear()
  assert.equal(clock.pending, 0)
  await clock.advance(10)
  assert.deepEqual(due, [])
})
