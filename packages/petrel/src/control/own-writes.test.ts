import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isOlder, OwnWrites } from './own-writes.ts'

const object = (uid: string, resourceVersion: string) => ({ metadata: { uid, resourceVersion } })

test('isOlder() compares versions as numbers', () => {
  assert.deepEqual(
    [
      isOlder('9', '10'),
      isOlder('10', '9'),
      isOlder('10', '10'),
      isOlder('99999999999999999999', '100000000000000000000'),
    ],
    [true, false, false, true],
  )
})

test('seen() is false until the cache shows every own write', () => {
  const writes = new OwnWrites()
  assert.equal(writes.seen('svc', [], 0), true)
  writes.wrote('svc', object('a', '5'))
  writes.wrote('svc', object('b', '6'))
  assert.equal(writes.seen('svc', [object('a', '5')], 0), false)
  assert.equal(writes.seen('svc', [object('a', '5'), object('b', '4')], 0), false)
  assert.equal(writes.seen('other', [], 0), true)
  assert.equal(writes.seen('svc', [object('a', '5'), object('b', '10')], 0), true)
})

test('seen() waits for what was deleted to disappear', () => {
  const writes = new OwnWrites()
  writes.deleted('svc', object('a', '5'))
  assert.equal(writes.seen('svc', [object('a', '5')], 0), false)
  assert.equal(writes.seen('svc', [], 0), true)
})

test('seen() forgets a write that somebody undid: told so, or after a minute', () => {
  const writes = new OwnWrites()
  writes.wrote('svc', object('a', '5'))
  assert.equal(writes.seen('svc', [], 0), false)
  writes.gone('svc', 'a')
  assert.equal(writes.seen('svc', [], 0), true)
  writes.wrote('svc', object('b', '6'))
  assert.equal(writes.seen('svc', [], 1000), false)
  assert.equal(writes.seen('svc', [], 60_999), false)
  assert.equal(writes.seen('svc', [], 61_000), true)
})
