import assert from 'node:assert/strict'
import { test } from 'node:test'
import { slowStart } from './slow-start.ts'

for (const { count, failsFrom, asked, done } of [
  { count: 0, failsFrom: 1, asked: 0, done: 0 },
  { count: 10, failsFrom: 11, asked: 10, done: 10 },
  { count: 100, failsFrom: 1, asked: 1, done: 0 },
  { count: 100, failsFrom: 5, asked: 7, done: 4 },
  { count: 100, failsFrom: 100, asked: 100, done: 99 },
]) {
  test(`slowStart() of ${count} asks ${asked} times when all fail from number ${failsFrom} on`, async () => {
    let calls = 0
    const refusal = new Error('refused')
    const result = await slowStart(count, async () => {
      if (++calls >= failsFrom) throw refusal
    })
    assert.deepEqual(result, { done, error: failsFrom <= count ? refusal : undefined })
    assert.equal(calls, asked)
  })
}
