import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ContainerStatus, Pod, PodStatus } from '../../../api/core-v1.gen.ts'
import { cellsOf } from '../faults-of.ts'
import { pods } from './index.ts'

const running = (ready = true): Partial<ContainerStatus> => ({ ready, state: { running: {} } })
const waiting = (reason: string): Partial<ContainerStatus> => ({ ready: false, state: { waiting: { reason } } })
const ended = (exitCode: number, reason = '', signal = 0): Partial<ContainerStatus> => ({
  ready: false,
  state: { terminated: { exitCode, ...(reason && { reason }), ...(signal && { signal }) } },
})
const named = (list: readonly Partial<ContainerStatus>[]): ContainerStatus[] =>
  list.map((status, i) => ({ name: `c${i}`, image: '', imageID: '', ready: false, restartCount: 0, ...status }))

interface Shape {
  status?: PodStatus
  containers?: Partial<ContainerStatus>[]
  init?: Partial<ContainerStatus>[]
  /** Which of the init containers are sidecars. */
  sidecars?: number[]
  deleted?: boolean
  gates?: string[]
}

function pod({ status, containers = [{}], init = [], sidecars = [], deleted, gates }: Shape): Pod {
  return {
    metadata: {
      name: 'p',
      creationTimestamp: '2023-12-31T23:55:00Z',
      ...(deleted && { deletionTimestamp: '2024-01-01T00:00:00Z' }),
    },
    spec: {
      containers: containers.map((_, i) => ({ name: `c${i}` })),
      initContainers: init.map((_, i) => ({ name: `c${i}`, ...(sidecars.includes(i) && { restartPolicy: 'Always' }) })),
      ...(gates && { readinessGates: gates.map(conditionType => ({ conditionType })) }),
    },
    status: { phase: 'Running', containerStatuses: named(containers), initContainerStatuses: named(init), ...status },
  }
}

const ready: PodStatus = { conditions: [{ type: 'Ready', status: 'True' }] }
const killed = (restartCount: number, finishedAt: string): Partial<ContainerStatus> => ({
  restartCount,
  lastState: { terminated: { exitCode: 1, finishedAt } },
})

const rows: [what: string, shape: Shape, ready: string, status: string, restarts: string][] = [
  ['just created', { status: { phase: 'Pending' }, containers: [{}, {}] }, '0/2', 'Pending', '0'],
  ['one of two is ready', { containers: [running(), running(false)] }, '1/2', 'Running', '0'],
  [
    'being created',
    { status: { phase: 'Pending' }, containers: [waiting('ContainerCreating')] },
    '0/1',
    'ContainerCreating',
    '0',
  ],
  [
    'crashing',
    { containers: [{ ...waiting('CrashLoopBackOff'), ...killed(4, '2023-12-31T23:59:30Z') }] },
    '0/1',
    'CrashLoopBackOff',
    '4 (30s ago)',
  ],
  ['restarted, time unknown', { containers: [{ ...running(), restartCount: 2 }] }, '1/1', 'Running', '2'],
  [
    'the last restart counts',
    {
      containers: [
        { ...running(), ...killed(1, '2023-12-31T22:00:00Z') },
        { ...running(), ...killed(2, '2023-12-31T23:55:00Z') },
      ],
    },
    '2/2',
    'Running',
    '3 (5m ago)',
  ],
  [
    'the first container waits',
    { containers: [waiting('ImagePullBackOff'), waiting('ErrImagePull')] },
    '0/2',
    'ImagePullBackOff',
    '0',
  ],
  ['ended without a reason', { containers: [ended(3)] }, '0/1', 'ExitCode:3', '0'],
  ['ended by a signal', { containers: [ended(137, '', 9)] }, '0/1', 'Signal:9', '0'],
  ['out of memory', { containers: [ended(137, 'OOMKilled')] }, '0/1', 'OOMKilled', '0'],
  ['all done', { status: { phase: 'Succeeded' }, containers: [ended(0, 'Completed')] }, '0/1', 'Completed', '0'],
  [
    'one done, one running, pod ready',
    { status: ready, containers: [ended(0, 'Completed'), running()] },
    '1/2',
    'Running',
    '0',
  ],
  ['one done, one running, pod not ready', { containers: [ended(0, 'Completed'), running()] }, '1/2', 'NotReady', '0'],
  ['one done, one failed', { containers: [ended(0, 'Completed'), ended(1, 'Error')] }, '0/2', 'Error', '0'],
  ['evicted', { status: { phase: 'Failed', reason: 'Evicted', containerStatuses: [] } }, '0/1', 'Evicted', '0'],
  ['going away', { deleted: true, containers: [running()] }, '1/1', 'Terminating', '0'],
  [
    'gone with its work done',
    { deleted: true, status: { phase: 'Succeeded' }, containers: [ended(0, 'Completed')] },
    '0/1',
    'Completed',
    '0',
  ],
  [
    'on a node that is lost',
    { deleted: true, status: { reason: 'NodeLost' }, containers: [running()] },
    '1/1',
    'Unknown',
    '0',
  ],
  [
    'held back',
    {
      status: { phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' }] },
    },
    '0/1',
    'SchedulingGated',
    '0',
  ],
  [
    'first init container runs',
    { status: { phase: 'Pending' }, init: [running(false), waiting('PodInitializing')] },
    '0/1',
    'Init:0/2',
    '0',
  ],
  [
    'second init container waits for its turn',
    { status: { phase: 'Pending' }, init: [ended(0), waiting('PodInitializing')] },
    '0/1',
    'Init:1/2',
    '0',
  ],
  [
    'init container cannot start',
    { status: { phase: 'Pending' }, init: [waiting('ErrImagePull')] },
    '0/1',
    'Init:ErrImagePull',
    '0',
  ],
  ['init container failed', { status: { phase: 'Pending' }, init: [ended(2)] }, '0/1', 'Init:ExitCode:2', '0'],
  [
    'init container was killed',
    { status: { phase: 'Pending' }, init: [ended(137, '', 9)] },
    '0/1',
    'Init:Signal:9',
    '0',
  ],
  [
    'init container failed with a reason',
    { status: { phase: 'Failed' }, init: [ended(1, 'Error')] },
    '0/1',
    'Init:Error',
    '0',
  ],
  [
    'init restarts count while initializing',
    { status: { phase: 'Pending' }, init: [{ ...waiting('CrashLoopBackOff'), ...killed(3, '2023-12-31T23:50:00Z') }] },
    '0/1',
    'Init:CrashLoopBackOff',
    '3 (10m ago)',
  ],
  [
    'init restarts are forgotten afterwards',
    { init: [{ ...ended(0), restartCount: 3 }], containers: [running()] },
    '1/1',
    'Running',
    '0',
  ],
  [
    'sidecar runs beside the main container',
    { init: [{ ...running(), started: true }], sidecars: [0], containers: [running()] },
    '2/2',
    'Running',
    '0',
  ],
  [
    'sidecar has not started',
    { status: { phase: 'Pending' }, init: [{ ...running(false), started: false }], sidecars: [0] },
    '0/2',
    'Init:0/1',
    '0',
  ],
  [
    'restarts of sidecars count',
    {
      init: [{ ...running(), started: true, ...killed(2, '2023-12-31T23:59:00Z') }],
      sidecars: [0],
      containers: [{ ...running(), restartCount: 1 }],
    },
    '2/2',
    'Running',
    '3 (60s ago)',
  ],
  [
    'sidecar fails again after initialization',
    {
      status: { conditions: [{ type: 'Initialized', status: 'True' }] },
      init: [waiting('CrashLoopBackOff')],
      sidecars: [0],
      containers: [running()],
    },
    '1/2',
    'Init:CrashLoopBackOff',
    '0',
  ],
]

for (const [what, shape, readyCell, status, restarts] of rows) {
  test(`pod columns show ${status} when ${what}`, () => {
    const cells = cellsOf(pods, pod(shape))
    assert.deepEqual([cells['Ready'], cells['Status'], cells['Restarts']], [readyCell, status, restarts])
  })
}

test('pod columns show placement, wide, and <none> before there is any', () => {
  const none = '<none>'
  const bare = cellsOf(pods, pod({}))
  assert.deepEqual(
    [bare['IP'], bare['Node'], bare['Nominated Node'], bare['Readiness Gates']],
    [none, none, none, none],
  )
  const placed = pod({ gates: ['a.example/x', 'b'], status: { podIPs: [{ ip: '10.1.0.5' }], nominatedNodeName: 'n2' } })
  placed.spec!.nodeName = 'n1'
  placed.status!.conditions = [{ type: 'b', status: 'True' }]
  const cells = cellsOf(pods, placed)
  assert.deepEqual([cells['Age'], cells['IP'], cells['Node'], cells['Nominated Node']], ['5m', '10.1.0.5', 'n1', 'n2'])
  assert.equal(cells['Readiness Gates'], '1/2')
})
