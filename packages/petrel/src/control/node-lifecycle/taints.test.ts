import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Node, Taint } from '@petrel/machinery/api/core-v1'
import { readyStatus } from './health.ts'
import { desiredTaints } from './taints.ts'

const now = Date.UTC(2026, 0, 1)
const timeAdded = '2026-01-01T00:00:00Z'
const own: Taint = { key: 'dedicated', value: 'gpu', effect: 'NoSchedule' }

function node(conditions: Record<string, string>, taints: Taint[] = [], unschedulable = false): Node {
  return {
    spec: { taints, ...(unschedulable && { unschedulable }) },
    status: { conditions: Object.entries(conditions).map(([type, status]) => ({ type, status })) },
  }
}

const text = (taints: readonly Taint[]): string[] =>
  taints.map(({ key, effect }) => `${key.replace('node.kubernetes.io/', '')}:${effect}`)

const cases: readonly { name: string; node: Node; mayEvict?: boolean; paused?: boolean; taints: string[] }[] = [
  { name: 'a ready node has none', node: node({ Ready: 'True' }), taints: [] },
  {
    name: 'a node that just registered',
    node: node({ Ready: 'True' }, [{ key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }]),
    taints: [],
  },
  { name: 'a node that is not ready', node: node({ Ready: 'False' }), taints: ['not-ready:NoSchedule'] },
  { name: 'a silent node', node: node({ Ready: 'Unknown' }), taints: ['unreachable:NoSchedule'] },
  {
    name: 'a node that has not spoken yet',
    node: node({}, [{ key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }]),
    taints: [],
  },
  {
    name: 'a silent node whose turn has come',
    node: node({ Ready: 'Unknown' }),
    mayEvict: true,
    taints: ['unreachable:NoSchedule', 'unreachable:NoExecute'],
  },
  {
    name: 'a node that turns from not ready to silent',
    node: node({ Ready: 'Unknown' }, [
      { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' },
      { key: 'node.kubernetes.io/not-ready', effect: 'NoExecute' },
    ]),
    taints: ['unreachable:NoSchedule', 'unreachable:NoExecute'],
  },
  {
    name: 'everybody is down',
    node: node({ Ready: 'Unknown' }, [{ key: 'node.kubernetes.io/unreachable', effect: 'NoExecute' }]),
    paused: true,
    taints: ['unreachable:NoSchedule'],
  },
  {
    name: 'pressure, and what others put there',
    node: node(
      {
        Ready: 'True',
        MemoryPressure: 'True',
        DiskPressure: 'True',
        PIDPressure: 'Unknown',
        NetworkUnavailable: 'True',
      },
      [own],
    ),
    taints: [
      'dedicated:NoSchedule',
      'memory-pressure:NoSchedule',
      'disk-pressure:NoSchedule',
      'network-unavailable:NoSchedule',
    ],
  },
  { name: 'a cordoned node', node: node({ Ready: 'True' }, [], true), taints: ['unschedulable:NoSchedule'] },
]

for (const { name, node: subject, mayEvict = false, paused = false, taints } of cases) {
  test(`desiredTaints() for ${name}`, () => {
    const desired = desiredTaints(subject, readyStatus(subject), mayEvict, paused, now)
    assert.deepEqual(text(desired), taints)
    const known = subject.spec?.taints ?? []
    for (const taint of desired) if (!known.includes(taint)) assert.equal(taint.timeAdded, timeAdded)
  })
}
