import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pod } from '@petrel/machinery/api/core-v1'
import type { ContainerStatus } from '../runtime/index.ts'
import { planOf } from './plan.ts'
import { containerLabels } from './pod-labels.ts'
import { stateOf } from './pod-state.ts'

/** `running`, or the code it ended with. */
type Run = 'running' | number

const pods = {
  plain: { containers: ['a', 'b'], inits: [] },
  init: { containers: ['a'], inits: ['i', 'j'] },
  sidecar: { containers: ['a'], inits: ['side*', 'i'] },
} as const

function podOf(shape: keyof typeof pods, restartPolicy: string): Pod {
  const { containers, inits } = pods[shape]
  return {
    metadata: { name: 'p', namespace: 'default', uid: 'u' },
    spec: {
      restartPolicy,
      containers: containers.map(name => ({ name })),
      initContainers: inits.map(name =>
        name.endsWith('*') ? { name: name.slice(0, -1), restartPolicy: 'Always' } : { name },
      ),
    },
  }
}

function status(pod: Pod, name: string, run: Run): ContainerStatus {
  const state = run === 'running' ? 'running' : 'exited'
  const config = { name, attempt: 0, labels: containerLabels(pod, { name }) }
  return {
    id: name,
    podSandboxId: 's',
    config,
    state,
    exitCode: run === 'running' ? 0 : run,
    createdAt: 0,
  } as ContainerStatus
}

const cases: readonly [
  shape: keyof typeof pods,
  restartPolicy: string,
  runs: Record<string, Run>,
  expected: string,
  notStarted?: string,
][] = [
  ['plain', 'Always', {}, 'start a b'],
  ['plain', 'Always', { a: 'running', b: 'running' }, ''],
  ['plain', 'Always', { a: 'running' }, 'start b'],
  ['plain', 'Always', { a: 0, b: 1 }, 'start a b'],
  ['plain', 'OnFailure', { a: 0, b: 1 }, 'start b'],
  ['plain', 'OnFailure', { a: 0, b: 0 }, 'finished'],
  ['plain', 'OnFailure', { a: 0, b: 'running' }, ''],
  ['plain', 'Never', { a: 0, b: 1 }, 'finished'],
  ['plain', 'Never', { a: 1 }, 'start b'],
  ['init', 'Always', {}, 'start i'],
  ['init', 'Always', { i: 'running' }, ''],
  ['init', 'Always', { i: 0 }, 'start j'],
  ['init', 'Always', { i: 1 }, 'start i'],
  ['init', 'OnFailure', { i: 1 }, 'start i'],
  ['init', 'Never', { i: 1 }, 'finished'],
  ['init', 'Never', { i: 0, j: 0 }, 'start a'],
  // What ran once is not run again when it was cleaned away.
  ['init', 'Always', { a: 'running' }, ''],
  ['sidecar', 'Always', {}, 'start side'],
  ['sidecar', 'Always', { side: 'running' }, '', 'side'],
  ['sidecar', 'Always', { side: 'running' }, 'start i'],
  ['sidecar', 'Always', { side: 1 }, 'start side'],
  ['sidecar', 'Always', { side: 'running', i: 0 }, 'start a'],
  ['sidecar', 'Always', { side: 1, i: 0, a: 'running' }, 'start side'],
  ['sidecar', 'Never', { side: 1, i: 0, a: 'running' }, 'start side'],
  ['sidecar', 'Never', { side: 'running', i: 0, a: 0 }, 'stop side'],
  ['sidecar', 'Never', { side: 0, i: 0, a: 0 }, 'finished'],
  ['sidecar', 'Never', { side: 'running', i: 1 }, 'stop side'],
]

for (const [shape, restartPolicy, runs, expected, notStarted] of cases) {
  const given = Object.entries(runs).map(([name, run]) => `${name} ${run}`)
  const not = notStarted ? `, ${notStarted} not started yet` : ''
  test(`planOf() a ${shape} pod, ${restartPolicy}, with ${given.join(', ') || 'nothing'}${not}: ${expected || 'waits'}`, () => {
    const pod = podOf(shape, restartPolicy)
    const state = stateOf(
      [],
      Object.entries(runs).map(([name, run]) => status(pod, name, run)),
    )
    const { start, stop, finished } = planOf({ pod, state, isStarted: name => name !== notStarted })
    const words = [
      ...(start.length > 0 ? ['start', ...start.map(({ name }) => name)] : []),
      ...(stop.length > 0 ? ['stop', ...stop] : []),
      ...(finished ? ['finished'] : []),
    ]
    assert.equal(words.join(' '), expected)
  })
}

test('planOf() starts ephemeral containers once, beside what runs', () => {
  const pod = podOf('plain', 'Always')
  pod.spec!.ephemeralContainers = [{ name: 'debug' }]
  const both = [status(pod, 'a', 'running'), status(pod, 'b', 'running')]
  const names = (runs: ContainerStatus[]) =>
    planOf({ pod, state: stateOf([], runs), isStarted: () => true }).start.map(({ name }) => name)
  assert.deepEqual(names(both), ['debug'])
  assert.deepEqual(names([...both, status(pod, 'debug', 1)]), [])
})
