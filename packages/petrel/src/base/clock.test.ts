import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeClock, sleep, systemClock, toMicroTime, toTime } from './index.ts'

test('toTime() cuts to whole seconds in UTC', () => {
  assert.equal(toTime(Date.UTC(2026, 10, 20, 18, 34, 40, 999)), '2026-11-20T18:34:40Z')
})

test('toMicroTime() writes six digits', () => {
  assert.equal(toMicroTime(Date.UTC(2026, 10, 20, 18, 34, 40, 7)), '2026-11-20T18:34:40.007000Z')
})

test('systemClock.after() fires, and does not once cancelled', async () => {
  const fired: string[] = []
  systemClock.after(0, () => fired.push('cancelled')).cancel()
  const held = setTimeout(() => {}, 1000)
  await new Promise<void>(resolve => {
    systemClock.after(1, () => {
      fired.push('kept')
      resolve()
    })
  })
  clearTimeout(held)
  assert.deepEqual(fired, ['kept'])
})

test('FakeClock.advance() fires in order of time, then of setting', async () => {
  const clock = new FakeClock(0)
  const fired: string[] = []
  clock.after(20, () => fired.push('late'))
  clock.after(10, () => fired.push('early'))
  clock.after(10, () => fired.push('early, set later'))
  clock.after(31, () => fired.push('beyond'))
  await clock.advance(30)
  assert.deepEqual(fired, ['early', 'early, set later', 'late'])
  assert.equal(clock.now(), 30)
  assert.equal(clock.pending, 1)
})

test('FakeClock.advance() fires what a fired timer sets, at its own time', async () => {
  const clock = new FakeClock(0)
  const times: number[] = []
  const tick = (): void => {
    times.push(clock.now())
    clock.after(10, tick)
  }
  clock.after(10, tick)
  await clock.advance(35)
  assert.deepEqual(times, [10, 20, 30])
})

test('sleep() resolves when its time has come', async () => {
  const clock = new FakeClock()
  let awake = false
  const sleeping = sleep(clock, 100).then(() => {
    awake = true
  })
  await clock.advance(99)
  assert.equal(awake, false)
  await clock.advance(1)
  await sleeping
  assert.equal(awake, true)
})

test('sleep() rejects with the reason and leaves no timer when aborted', async () => {
  const clock = new FakeClock()
  const abort = new AbortController()
  const sleeping = sleep(clock, 100, abort.signal)
  abort.abort(new Error('enough'))
  await assert.rejects(sleeping, /enough/)
  assert.equal(clock.pending, 0)
  await assert.rejects(sleep(clock, 100, abort.signal), /enough/)
})
