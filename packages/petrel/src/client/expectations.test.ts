import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeClock } from '../base/index.ts'
import { Expectations } from './expectations.ts'

test('satisfied() is false until every creation was seen', () => {
  const expectations = new Expectations(new FakeClock())
  assert.equal(expectations.satisfied('rs'), true)
  expectations.expectCreations('rs', 2)
  assert.equal(expectations.satisfied('rs'), false)
  expectations.creationObserved('rs')
  assert.equal(expectations.satisfied('rs'), false)
  expectations.creationObserved('rs')
  assert.equal(expectations.satisfied('rs'), true)
})

test('satisfied() counts each deletion once, by its name', () => {
  const expectations = new Expectations(new FakeClock())
  expectations.expectDeletions('rs', ['a', 'b'])
  expectations.deletionObserved('rs', 'a')
  expectations.deletionObserved('rs', 'a')
  expectations.deletionObserved('rs', 'foreign')
  assert.equal(expectations.satisfied('rs'), false)
  expectations.deletionObserved('rs', 'b')
  assert.equal(expectations.satisfied('rs'), true)
})

test('satisfied() gives up waiting after five minutes', async () => {
  const clock = new FakeClock()
  const expectations = new Expectations(clock)
  expectations.expectCreations('rs', 1)
  await clock.advance(300_000)
  assert.equal(expectations.satisfied('rs'), false)
  await clock.advance(1)
  assert.equal(expectations.satisfied('rs'), true)
})

test('forget() drops what was expected', () => {
  const expectations = new Expectations(new FakeClock())
  expectations.expectCreations('rs', 1)
  expectations.forget('rs')
  assert.equal(expectations.satisfied('rs'), true)
})
