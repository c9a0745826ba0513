import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Node } from '@petrel/machinery/api/core-v1'
import { FakeClock } from '../../base/index.ts'
import { EvictionPace, zoneState } from './eviction-pace.ts'
import { hasNoExecuteTaint } from './taints.ts'

function nodes(zone: string, up: number, down: number): Node[] {
  return Array.from({ length: up + down }, (_, i) => ({
    metadata: { name: `${zone}-${i}`, labels: { 'topology.kubernetes.io/zone': zone } },
    status: { conditions: [{ type: 'Ready', status: i < up ? 'True' : 'Unknown' }] },
  }))
}

const states: readonly (readonly [up: number, down: number, state: string])[] = [
  [3, 0, 'Normal'],
  [0, 1, 'FullDisruption'],
  [1, 2, 'Normal'],
  [2, 3, 'PartialDisruption'],
  [5, 5, 'Normal'],
  [9, 11, 'PartialDisruption'],
]

for (const [up, down, state] of states) {
  test(`zoneState() of ${up} nodes up and ${down} down is ${state}`, () => {
    assert.equal(zoneState(nodes('a', up, down)), state)
  })
}

function pace(clock: FakeClock): EvictionPace {
  return new EvictionPace(clock, 0.1, 0.01)
}

test('judge() admits one node in ten seconds of a healthy zone', async () => {
  const clock = new FakeClock()
  const subject = pace(clock)
  const all = nodes('a', 8, 2)
  assert.equal(subject.judge(all, hasNoExecuteTaint).nodes.length, 1)
  await clock.advance(9_999)
  assert.equal(subject.judge(all, hasNoExecuteTaint).nodes.length, 0)
  await clock.advance(1)
  assert.equal(subject.judge(all, hasNoExecuteTaint).nodes.length, 1)
})

test('judge() admits nobody in a small zone that is mostly down, and one in a hundred seconds in a large one', async () => {
  const clock = new FakeClock()
  const small = pace(clock)
  await clock.advance(1000_000)
  assert.deepEqual(small.judge([...nodes('a', 2, 4), ...nodes('b', 1, 0)], hasNoExecuteTaint).nodes, [])
  const large = pace(clock)
  const all = nodes('a', 20, 40)
  assert.equal(large.judge(all, hasNoExecuteTaint).nodes.length, 1)
  await clock.advance(99_000)
  assert.equal(large.judge(all, hasNoExecuteTaint).nodes.length, 0)
  await clock.advance(1_000)
  assert.equal(large.judge(all, hasNoExecuteTaint).nodes.length, 1)
})

test('judge() takes everything back while all zones are down, and says when that has ended', () => {
  const subject = pace(new FakeClock())
  subject.judge([...nodes('a', 1, 1)], hasNoExecuteTaint)
  assert.equal(subject.mayEvict('a-1'), true)
  const paused = subject.judge([...nodes('a', 0, 2), ...nodes('b', 0, 1)], hasNoExecuteTaint)
  assert.equal(subject.paused, true)
  assert.equal(subject.mayEvict('a-1'), false)
  assert.deepEqual(paused.nodes, ['a-0', 'a-1', 'b-0'])
  const resumed = subject.judge([...nodes('a', 1, 1), ...nodes('b', 1, 0)], hasNoExecuteTaint)
  assert.deepEqual([subject.paused, resumed.resumed], [false, true])
})

test('judge() of a zone that is down altogether goes on at the usual pace while another is up', () => {
  const subject = pace(new FakeClock())
  assert.deepEqual(subject.judge([...nodes('a', 0, 3), ...nodes('b', 1, 0)], hasNoExecuteTaint).nodes, ['a-0'])
})
