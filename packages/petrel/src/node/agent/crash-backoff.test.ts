import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeClock } from '../../base/index.ts'
import { CrashBackoff } from './crash-backoff.ts'

test('waitMs() is nothing the first time, then 10 s doubling to 5 min, and anew after ten good minutes', async () => {
  const clock = new FakeClock()
  const backoff = new CrashBackoff(clock)
  const end = (id: number, ranMs: number): number =>
    backoff.waitMs('u/a', { id: `${id}`, startedAt: clock.now() - ranMs, finishedAt: clock.now() })
  const waits = Array.from({ length: 8 }, (_, i) => end(i, 1000) / 1000)
  assert.deepEqual(waits, [0, 10, 20, 40, 80, 160, 300, 300])
  assert.equal(backoff.delayMs('u/a'), 300_000)
  await clock.advance(100_000)
  assert.equal(end(7, 1000), 200_000)
  assert.equal(end(8, 600_000), 0)
  assert.equal(end(9, 1000), 10_000)
  backoff.forget('u/')
  assert.equal(end(10, 1000), 0)
})
