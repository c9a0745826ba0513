import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatDuration, joinTime, parseDuration, splitTime } from './index.ts'
import { canonicalDuration, canonicalMicroTime, canonicalTime } from './time.ts'

test('canonicalTime() and canonicalMicroTime() print UTC, in seconds and in microseconds', () => {
  assert.equal(canonicalTime('2026-01-02T03:04:05Z'), '2026-01-02T03:04:05Z')
  assert.equal(canonicalTime('2026-01-01T00:30:00.999+02:00'), '2025-12-31T22:30:00Z')
  assert.equal(canonicalTime('0001-01-01T00:00:00Z'), '0001-01-01T00:00:00Z')
  assert.equal(canonicalMicroTime('2026-01-02T03:04:05.000006Z'), '2026-01-02T03:04:05.000006Z')
  assert.throws(() => canonicalMicroTime('2026-01-02T03:04:05Z'), /cannot parse "Z" as ".000000"/)
})

const badTimes = {
  '': 'parsing time "" as "2006-01-02T15:04:05Z07:00": cannot parse "" as "2006"',
  '2026-01-02 03:04:05Z':
    'parsing time "2026-01-02 03:04:05Z" as "2006-01-02T15:04:05Z07:00": cannot parse " 03:04:05Z" as "T"',
  '2026-01-02T03:04:05':
    'parsing time "2026-01-02T03:04:05" as "2006-01-02T15:04:05Z07:00": cannot parse "" as "Z07:00"',
  '2026-13-02T03:04:05Z': 'parsing time "2026-13-02T03:04:05Z": month out of range',
  '2026-01-02T03:04:05Zx': 'parsing time "2026-01-02T03:04:05Zx": extra text: "x"',
}

for (const [text, message] of Object.entries(badTimes)) {
  test(`canonicalTime() refuses ${JSON.stringify(text)} in Go's words`, () => {
    assert.throws(() => canonicalTime(text), { message })
  })
}

test('joinTime() inverts splitTime()', () => {
  fc.assert(
    fc.property(fc.integer({ min: -62_135_596_800, max: 253_402_300_799 }), fc.nat(999_999), (seconds, micros) => {
      assert.deepEqual(splitTime(joinTime(seconds, micros * 1000)!), { seconds, nanos: micros * 1000 })
      assert.equal(splitTime(joinTime(seconds)!).seconds, seconds)
    }),
  )
})

test('durations print as Go prints them and parse back', () => {
  const texts = {
    '90m': '1h30m0s',
    '1500ms': '1.5s',
    '0.5us': '500ns',
    '1.5us': '1.5µs',
    '-60s': '-1m0s',
    '0': '0s',
    '1h': '1h0m0s',
  }
  for (const [text, want] of Object.entries(texts)) assert.equal(canonicalDuration(text), want)
  for (const bad of ['', '1', 's', '1x', '-']) assert.throws(() => parseDuration(bad), /time: invalid duration/)
  fc.assert(
    fc.property(fc.bigInt({ min: -(1n << 63n) + 1n, max: (1n << 63n) - 1n }), nanos => {
      assert.equal(parseDuration(formatDuration(nanos)), nanos)
    }),
  )
})
