import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pod } from '@petrel/machinery/api/core-v1'
import { podsToDelete } from './deletion-order.ts'

const now = Date.UTC(2026, 0, 1, 12)
const ago = (seconds: number): string => new Date(now - seconds * 1000).toISOString()

interface Wish {
  readonly node?: string
  readonly phase?: string
  readonly readyFor?: number
  readonly cost?: string
  readonly restarts?: number
  readonly age?: number
}

function pod(uid: string, { node = 'n', phase = 'Running', readyFor, cost, restarts = 0, age = 3600 }: Wish): Pod {
  const ready = { type: 'Ready', status: 'True', lastTransitionTime: ago(readyFor ?? 0) }
  return {
    metadata: {
      uid,
      name: uid,
      creationTimestamp: ago(age),
      ...(cost !== undefined && { annotations: { 'controller.kubernetes.io/pod-deletion-cost': cost } }),
    },
    spec: { containers: [], nodeName: node },
    status: {
      phase,
      conditions: readyFor === undefined ? [] : [ready],
      containerStatuses: [{ name: 'c', image: '', imageID: '', ready: true, restartCount: restarts }],
    },
  }
}

/** Of each pair the first goes. */
const pairs: readonly [string, Wish, Wish][] = [
  ['a pod without a node', { node: '' }, { phase: 'Pending' }],
  ['a pending pod', { phase: 'Pending' }, { phase: 'Unknown' }],
  ['a pod of a lost node', { phase: 'Unknown' }, { phase: 'Running' }],
  ['a pod that is not ready', {}, { readyFor: 1 }],
  ['a cheap pod', { readyFor: 100, cost: '-5' }, { readyFor: 1 }],
  ['a pod whose cost is no number, as if it were 0,', { readyFor: 1, cost: '+7' }, { readyFor: 1, cost: '1' }],
  ['a pod that became ready lately', { readyFor: 10, restarts: 0 }, { readyFor: 100, restarts: 9 }],
  ['a pod that restarted often', { readyFor: 10, restarts: 3 }, { readyFor: 10, restarts: 1 }],
  ['a young pod', { readyFor: 10, age: 20 }, { readyFor: 10, age: 200 }],
]

for (const [what, goes, stays] of pairs) {
  test(`podsToDelete() takes ${what} first`, () => {
    // The uids would decide the other way.
    const both = [pod('a', stays), pod('b', goes)]
    assert.deepEqual(
      podsToDelete(both, [], 1, now).map(({ metadata }) => metadata?.uid),
      ['b'],
    )
    assert.deepEqual(podsToDelete(both.toReversed(), [], 1, now), podsToDelete(both, [], 1, now))
  })
}

test('podsToDelete() takes from the node with most related pods that are active', () => {
  const own = [pod('a', { node: 'n1', readyFor: 10 }), pod('b', { node: 'n2', readyFor: 10 })]
  const ended = { ...pod('e', { node: 'n1' }), status: { phase: 'Failed' } }
  const related = [...own, pod('x', { node: 'n2', readyFor: 10 }), ended, ended, ended]
  assert.deepEqual(
    podsToDelete(own, related, 1, now).map(({ metadata }) => metadata?.uid),
    ['b'],
  )
})

test('podsToDelete() holds ages within a doubling for the same and lets chance, the uid, decide', () => {
  const both = [pod('a', { readyFor: 1000 }), pod('b', { readyFor: 900 })]
  assert.deepEqual(
    podsToDelete(both, [], 1, now).map(({ metadata }) => metadata?.uid),
    ['a'],
  )
})

test('podsToDelete() takes all without asking which', () => {
  const both = [pod('a', {}), pod('b', {})]
  assert.deepEqual(podsToDelete(both, [], 5, now), both)
})
