import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeClock } from '../base/index.ts'
import { type Correlated, Correlator } from './event-correlator.ts'
import type { RecordedEvent } from './recorded-event.ts'

function event(message: string, reason = 'Failed', name = 'pod'): RecordedEvent {
  return {
    involvedObject: { kind: 'Pod', namespace: 'a', name, uid: `uid-${name}` },
    source: { component: 'test' },
    reason,
    message,
    type: 'Normal',
    count: 1,
  }
}

function correlate(correlator: Correlator, next: RecordedEvent): Correlated {
  const result = correlator.correlate(next)
  if (!result.skip) correlator.wrote(result.key, result.event)
  return result
}

test('correlate() counts the same event on', () => {
  const correlator = new Correlator(new FakeClock())
  const counts = [1, 2, 3].map(() => {
    const result = correlate(correlator, event('same'))
    assert.equal(result.skip, false)
    return result.skip ? undefined : [result.event.count, result.update]
  })
  assert.deepEqual(counts, [
    [1, false],
    [2, true],
    [3, true],
  ])
})

test('correlate() folds the tenth different message of one kind into an aggregate', () => {
  const correlator = new Correlator(new FakeClock())
  const results = Array.from({ length: 12 }, (_, i) => correlate(correlator, event(`message ${i}`)))
  const seen = results.map(result => (result.skip ? 'skip' : `${result.event.message} x${result.event.count}`))
  assert.deepEqual(
    seen.slice(0, 9),
    Array.from({ length: 9 }, (_, i) => `message ${i} x1`),
  )
  assert.deepEqual(seen.slice(9), [
    '(combined from similar events): message 9 x1',
    '(combined from similar events): message 10 x2',
    '(combined from similar events): message 11 x3',
  ])
})

test('correlate() tells messages apart again after ten quiet minutes', async () => {
  const clock = new FakeClock()
  const correlator = new Correlator(clock)
  for (let i = 0; i < 10; i++) correlate(correlator, event(`message ${i}`))
  await clock.advance(600_001)
  const result = correlate(correlator, event('another'))
  assert.equal(result.skip ? '' : result.event.message, 'another')
})

test('correlate() lets a source speak 25 times about an object, then once in five minutes', async () => {
  const clock = new FakeClock()
  const correlator = new Correlator(clock)
  const passed = (): number =>
    Array.from({ length: 40 }, () => correlate(correlator, event('x'))).filter(result => !result.skip).length
  assert.equal(passed(), 25)
  assert.equal(correlate(correlator, event('x', 'Failed', 'another')).skip, false)
  await clock.advance(300_000)
  assert.equal(passed(), 1)
})
