import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Deployment, ReplicaSet } from '@petrel/machinery/api/apps-v1'
import fc from 'fast-check'
import {
  bounds,
  isSaturated,
  nextSizeOfCurrent,
  recreateSizes,
  replicasOf,
  rollingSizes,
  scaledSizes,
} from './sizes.ts'

function deployment(
  replicas: number,
  maxSurge: number | string = '25%',
  maxUnavailable: number | string = '25%',
): Deployment {
  return {
    spec: {
      replicas,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge, maxUnavailable } },
      selector: {},
      template: {},
    },
  }
}

function set(
  name: string,
  replicas: number,
  available = replicas,
  annotations: Record<string, string> = {},
): ReplicaSet {
  return {
    metadata: { name, annotations, creationTimestamp: `2026-01-01T00:00:0${name.length}Z` },
    spec: { replicas, selector: {} },
    status: { replicas, availableReplicas: available },
  }
}

/** Sizes by name: easier to read than by object. */
function named(sizes: ReadonlyMap<ReplicaSet, number>): Record<string, number> {
  return Object.fromEntries([...sizes].map(([one, size]) => [one.metadata?.name, size]))
}

const boundCases: readonly [number, number | string, number | string, number, number][] = [
  [10, '25%', '25%', 3, 2],
  [1, '25%', '25%', 1, 0],
  [4, 0, 1, 0, 1],
  [3, '0%', '0%', 0, 1],
  [2, 5, 5, 5, 2],
]

for (const [replicas, surge, unavailable, maxSurge, maxUnavailable] of boundCases) {
  test(`bounds() of ${replicas} replicas with ${surge} and ${unavailable} are ${maxSurge} and ${maxUnavailable}`, () => {
    assert.deepEqual(bounds(deployment(replicas, surge, unavailable)), { maxSurge, maxUnavailable })
  })
}

test('nextSizeOfCurrent() starts a new template with the surge, or with all when nothing is old', () => {
  assert.equal(nextSizeOfCurrent(deployment(10), { current: undefined, old: [set('old', 10)] }), 3)
  assert.equal(nextSizeOfCurrent(deployment(10), { current: undefined, old: [] }), 10)
  assert.equal(nextSizeOfCurrent(deployment(10), { current: undefined, old: [set('old', 13)] }), 0)
})

test('rollingSizes() grows before it shrinks, and shrinks no further than availability allows', () => {
  const old = set('old', 10)
  assert.deepEqual(named(rollingSizes(deployment(10), { current: set('new', 0), old: [old] })), { new: 3 })
  assert.deepEqual(named(rollingSizes(deployment(10), { current: set('new', 3, 0), old: [old] })), { old: 8 })
  assert.deepEqual(named(rollingSizes(deployment(10), { current: set('new', 3, 3), old: [old] })), { old: 5 })
})

test('rollingSizes() takes replicas first that serve nobody', () => {
  const sick = set('sick', 4, 0)
  const well = set('wells', 6)
  const sizes = rollingSizes(deployment(8, 2, 2), { current: set('new', 0), old: [sick, well] })
  assert.deepEqual(named(sizes), { sick: 0 })
})

test('recreateSizes() empties what is not empty', () => {
  assert.deepEqual(named(recreateSizes([set('a', 2), set('bb', 0)])), { a: 0 })
})

test('scaledSizes() sizes the one active set, and shares among several in proportion', () => {
  assert.deepEqual(named(scaledSizes(deployment(5), { current: set('new', 3), old: [set('old', 0)] })), { new: 5 })
  assert.deepEqual(named(scaledSizes(deployment(3), { current: set('new', 3), old: [] })), {})
  const max = { 'deployment.kubernetes.io/max-replicas': '13', 'deployment.kubernetes.io/desired-replicas': '10' }
  const rolling = { current: set('new', 5, 0, max), old: [set('older', 8, 8, max)] }
  assert.deepEqual(named(scaledSizes(deployment(20), rolling)), { older: 15, new: 10 })
})

test('isSaturated() wants size, annotation and availability to agree', () => {
  const annotated = { 'deployment.kubernetes.io/desired-replicas': '3' }
  assert.equal(isSaturated(deployment(3), set('new', 3, 3, annotated)), true)
  assert.equal(isSaturated(deployment(3), set('new', 3, 2, annotated)), false)
  assert.equal(isSaturated(deployment(3), set('new', 3, 3)), false)
})

/** Pods of a set become available, or are gone, one step later; the loop of a rollout, without a cluster. */
test('rollingSizes() carries every rollout to its end within its bounds', () => {
  const amount = fc.oneof(
    fc.integer({ min: 0, max: 4 }),
    fc.integer({ min: 0, max: 100 }).map(n => `${n}%`),
  )
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 20 }),
      fc.integer({ min: 0, max: 20 }),
      amount,
      amount,
      (replicas, before, surge, unavailable) => {
        const wanted = deployment(replicas, surge, unavailable)
        const { maxSurge, maxUnavailable } = bounds(wanted)
        let current = set('new', 0)
        let old = [set('old', before)]
        for (let step = 0; step < 200; step++) {
          const sizes = rollingSizes(wanted, { current, old })
          const total = [current, ...old].reduce((sum, one) => sum + (sizes.get(one) ?? replicasOf(one)), 0)
          assert.ok(total <= Math.max(replicas + maxSurge, before), `step ${step}: ${total} replicas`)
          const available = [current, ...old].reduce(
            (sum, one) => sum + Math.min(sizes.get(one) ?? replicasOf(one), one.status?.availableReplicas ?? 0),
            0,
          )
          assert.ok(available >= Math.min(before, replicas - maxUnavailable), `step ${step}: ${available} available`)
          current = set('new', sizes.get(current) ?? replicasOf(current))
          old = old.map(one => set('old', sizes.get(one) ?? replicasOf(one)))
          if (sizes.size === 0) break
        }
        assert.equal(replicasOf(current), replicas)
        assert.equal(replicasOf(old[0]!), 0)
      },
    ),
  )
})
