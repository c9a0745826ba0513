import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pod } from '@petrel/machinery/api/core-v1'
import fc from 'fast-check'
import { FakeClock } from '../base/index.ts'
import { SchedulingQueue } from './scheduling-queue.ts'

function pod(uid: string, priority = 0): Pod {
  return { metadata: { uid, name: uid }, spec: { containers: [], priority } }
}

function takeAll(queue: SchedulingQueue): string[] {
  const uids: string[] = []
  for (let next = queue.take(); next; next = queue.take()) uids.push(next.facts.uid)
  return uids
}

test('SchedulingQueue gives the highest priority first, then the first come', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -3, max: 3 }), { maxLength: 30 }), priorities => {
      const queue = new SchedulingQueue(new FakeClock(), () => {})
      const pods = priorities.map((priority, i) => ({ uid: `p${i}`, priority, i }))
      for (const { uid, priority } of pods) queue.put(pod(uid, priority))
      const expected = [...pods].sort((a, b) => b.priority - a.priority || a.i - b.i).map(({ uid }) => uid)
      assert.deepEqual(takeAll(queue), expected)
    }),
  )
})

test('SchedulingQueue puts a pod that failed aside until the cluster changes, then through its backoff', async () => {
  const clock = new FakeClock()
  let woken = 0
  const queue = new SchedulingQueue(clock, () => woken++)
  queue.put(pod('a'))
  queue.take()!.failed(queue.changes)
  await clock.advance(60_000)
  assert.deepEqual(takeAll(queue), [])

  queue.clusterChanged()
  queue.take()!.failed(queue.changes)
  queue.clusterChanged()
  assert.deepEqual(takeAll(queue), [], 'the second failure waits 2 s')
  await clock.advance(2_000)
  assert.deepEqual(takeAll(queue), ['a'])
  assert.equal(woken, 3)
})

test('SchedulingQueue tries again by itself after five minutes', async () => {
  const clock = new FakeClock()
  const queue = new SchedulingQueue(clock, () => {})
  queue.put(pod('a'))
  queue.take()!.failed(queue.changes)
  await clock.advance(5 * 60_000)
  assert.deepEqual(takeAll(queue), ['a'])
})

test('SchedulingQueue does not put aside a pod whose attempt was overtaken by a change', async () => {
  const clock = new FakeClock()
  const queue = new SchedulingQueue(clock, () => {})
  queue.put(pod('a'))
  const seen = queue.changes
  const taken = queue.take()!
  queue.clusterChanged()
  taken.failed(seen)
  await clock.advance(1_000)
  assert.deepEqual(takeAll(queue), ['a'])
})

test('SchedulingQueue forgets removed pods and leaves no timer when closed', async () => {
  const clock = new FakeClock()
  const queue = new SchedulingQueue(clock, () => {})
  for (const uid of ['a', 'b', 'c']) queue.put(pod(uid))
  queue.remove('b')
  queue.take()!.failed(queue.changes)
  assert.deepEqual(takeAll(queue), ['c'])
  queue.close()
  assert.equal(clock.pending, 0)
  assert.equal(queue.size, 0)
})
