import assert from 'node:assert/strict'
import { test } from 'node:test'
import { humanDuration, timeSince, timeUntil } from './index.ts'

const second = 1000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour
const year = 365 * day

// Values of k8s.io/apimachinery/pkg/util/duration TestHumanDurationBoundaries, and of each step's two sides.
const spans: [ms: number, text: string][] = [
  [-2 * second, '<invalid>'],
  [-second, '0s'],
  [0, '0s'],
  [second - 1, '0s'],
  [2 * minute - 1, '119s'],
  [2 * minute, '2m'],
  [2 * minute + second, '2m1s'],
  [10 * minute - 1, '9m59s'],
  [10 * minute, '10m'],
  [3 * hour - 1, '179m'],
  [3 * hour, '3h'],
  [3 * hour + minute, '3h1m'],
  [8 * hour - 1, '7h59m'],
  [8 * hour, '8h'],
  [48 * hour - 1, '47h'],
  [2 * day, '2d'],
  [2 * day + 3 * hour, '2d3h'],
  [8 * day - 1, '7d23h'],
  [8 * day, '8d'],
  [2 * year - 1, '729d'],
  [2 * year, '2y'],
  [2 * year + day, '2y1d'],
  [8 * year - 1, '7y364d'],
  [8 * year, '8y'],
]

for (const [ms, text] of spans) {
  test(`humanDuration(${ms}) is ${text}`, () => assert.equal(humanDuration(ms), text))
}

test('timeSince() and timeUntil() are <unknown> when there is no time', () => {
  const now = Date.parse('2024-01-01T00:01:30Z')
  assert.equal(timeSince('2024-01-01T00:00:00Z', now), '90s')
  assert.equal(timeSince('2024-01-01T00:00:00.250000Z', now), '89s')
  assert.equal(timeUntil('2024-01-01T00:03:30Z', now), '2m')
  for (const missing of [undefined, null, '', 'yesterday']) {
    assert.equal(timeSince(missing, now), '<unknown>')
    assert.equal(timeUntil(missing, now), '<unknown>')
  }
})
