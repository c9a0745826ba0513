import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pod, PodStatus } from '@petrel/machinery/api/core-v1'
import type { ContainerStatus, PodSandboxStatus } from '../runtime/index.ts'
import { containerLabels } from './pod-labels.ts'
import { stateOf } from './pod-state.ts'
import { podStatusOf, type StatusFacts, type WaitReason } from './pod-status.ts'

const now = Date.UTC(2026, 0, 1, 12)
const nowText = '2026-01-01T12:00:00Z'

/** One run: `running`, or the code it ended with. The newest is the last. */
type Run = 'running' | number

interface Given {
  readonly restartPolicy?: string
  readonly containers?: readonly string[]
  /** With a star: a sidecar. */
  readonly inits?: readonly string[]
  readonly runs?: Record<string, readonly Run[]>
  readonly waiting?: Record<string, WaitReason>
  readonly notReady?: readonly string[]
  readonly sandbox?: boolean
  readonly status?: PodStatus
  readonly spec?: Partial<NonNullable<Pod['spec']>>
}

function statusOf(given: Given, more: Partial<StatusFacts> = {}): PodStatus {
  const { restartPolicy = 'Always', containers = ['a'], inits = [], runs = {}, waiting = {}, notReady = [] } = given
  const pod: Pod = {
    metadata: { name: 'p', namespace: 'default', uid: 'u', generation: 1 },
    spec: {
      restartPolicy,
      containers: containers.map(name => ({ name, image: 'image' })),
      initContainers: inits.map(name => ({
        name: name.replace('*', ''),
        image: 'image',
        ...(name.endsWith('*') && { restartPolicy: 'Always' }),
      })),
      ...given.spec,
    },
    ...(given.status && { status: given.status }),
  }
  const list = Object.entries(runs).flatMap(([name, each]) =>
    each.map((run, attempt) => {
      const labels = containerLabels(pod, { name })
      const state = run === 'running' ? 'running' : 'exited'
      return {
        id: `${name}-${attempt}`,
        podSandboxId: 's',
        config: { name, attempt, labels },
        state,
        exitCode: run === 'running' ? 0 : run,
        createdAt: attempt,
        startedAt: now - 60_000,
        finishedAt: now - 1000,
        reason: '',
        message: '',
        imageRef: 'sha256:i',
      } as unknown as ContainerStatus
    }),
  )
  const sandbox = { id: 's', config: { uid: 'u', attempt: 0 }, state: 'ready', createdAt: 0, ips: ['10.1.0.2'] }
  return podStatusOf({
    pod,
    state: stateOf(given.sandbox === false ? [] : [sandbox as unknown as PodSandboxStatus], list),
    now,
    hostIPs: ['192.0.2.1'],
    waiting: new Map(Object.entries(waiting)),
    isStarted: name => !notReady.includes(`${name} started`),
    isReady: name => !notReady.includes(name),
    terminationMessage: () => undefined,
    ...more,
  })
}

const crashLoop = { a: { reason: 'CrashLoopBackOff' } }

/** Conditions: I(nitialized), R(eady), C(ontainersReady), S(andbox); small letters are False. */
const cases: readonly [what: string, given: Given, phase: string, conditions: string][] = [
  ['without a sandbox', { sandbox: false }, 'Pending', 'sIrc'],
  ['with a sandbox alone', {}, 'Pending', 'SIrc'],
  ['running', { runs: { a: ['running'] } }, 'Running', 'SIRC'],
  ['running and not ready', { runs: { a: ['running'] }, notReady: ['a'] }, 'Running', 'SIrc'],
  ['running and not started', { runs: { a: ['running'] }, notReady: ['a started'] }, 'Running', 'SIrc'],
  ['with one of two containers', { containers: ['a', 'b'], runs: { a: ['running'] } }, 'Pending', 'SIrc'],
  ['initializing', { inits: ['i'], runs: { i: ['running'] } }, 'Pending', 'Sirc'],
  ['initialized', { inits: ['i'], runs: { i: [0] } }, 'Pending', 'SIrc'],
  ['running after init', { inits: ['i'], runs: { i: [0], a: ['running'] } }, 'Running', 'SIRC'],
  ['with an init container that fails again and again', { inits: ['i'], runs: { i: [1] } }, 'Pending', 'Sirc'],
  [
    'with an init container that failed for good',
    { restartPolicy: 'Never', inits: ['i'], runs: { i: [1] } },
    'Failed',
    'sirc',
  ],
  [
    'with a sidecar that has not started',
    { inits: ['s*'], runs: { s: ['running'] }, notReady: ['s started'] },
    'Pending',
    'Sirc',
  ],
  ['with a sidecar', { inits: ['s*'], runs: { s: ['running'], a: ['running'] } }, 'Running', 'SIRC'],
  [
    'with a sidecar that is not ready',
    { inits: ['s*'], runs: { s: ['running'], a: ['running'] }, notReady: ['s'] },
    'Running',
    'SIrc',
  ],
  ['done beside a sidecar', { restartPolicy: 'Never', inits: ['s*'], runs: { s: [0], a: [0] } }, 'Succeeded', 'sIrc'],
  ['in a crash loop', { runs: { a: [1] }, waiting: crashLoop }, 'Running', 'SIrc'],
  [
    'in a crash loop, OnFailure',
    { restartPolicy: 'OnFailure', runs: { a: [1] }, waiting: crashLoop },
    'Running',
    'SIrc',
  ],
  ['completed, Always', { runs: { a: [0] } }, 'Running', 'SIrc'],
  ['completed, OnFailure', { restartPolicy: 'OnFailure', runs: { a: [0] } }, 'Succeeded', 'sIrc'],
  ['completed, Never', { restartPolicy: 'Never', runs: { a: [0] } }, 'Succeeded', 'sIrc'],
  ['failed, OnFailure', { restartPolicy: 'OnFailure', runs: { a: [1] } }, 'Running', 'SIrc'],
  ['failed, Never', { restartPolicy: 'Never', runs: { a: [1] } }, 'Failed', 'sIrc'],
  [
    'with one ended and one running',
    { restartPolicy: 'Never', containers: ['a', 'b'], runs: { a: [1], b: ['running'] } },
    'Running',
    'SIrc',
  ],
  [
    'that has failed and whose containers are forgotten',
    { restartPolicy: 'Never', status: { phase: 'Failed' } },
    'Failed',
    'sIrc',
  ],
]

for (const [what, given, phase, expected] of cases) {
  test(`podStatusOf() a pod ${what} is ${phase}, ${expected}`, () => {
    const { phase: found, conditions = [] } = statusOf(given)
    assert.equal(found, phase)
    const letters = { PodReadyToStartContainers: 's', Initialized: 'i', Ready: 'r', ContainersReady: 'c' }
    const words = Object.entries(letters).map(([type, letter]) =>
      conditions.some(one => one.type === type && one.status === 'True') ? letter.toUpperCase() : letter,
    )
    assert.equal(words.join(''), expected)
  })
}

test('podStatusOf() says of each container what it does and what it did before', () => {
  const [status] = statusOf({ runs: { a: [3, 'running'] } }).containerStatuses ?? []
  assert.deepEqual(status, {
    name: 'a',
    state: { running: { startedAt: '2026-01-01T11:59:00Z' } },
    lastState: {
      terminated: {
        exitCode: 3,
        reason: 'Error',
        startedAt: '2026-01-01T11:59:00Z',
        finishedAt: '2026-01-01T11:59:59Z',
        containerID: 'petrel://a-0',
      },
    },
    ready: true,
    restartCount: 1,
    image: 'image',
    imageID: 'sha256:i',
    containerID: 'petrel://a-1',
    started: true,
  })
})

test('podStatusOf() shows why a container waits, and how it ended', () => {
  const message = 'back-off 10s'
  const [status] = statusOf({ runs: { a: [1] }, waiting: { a: { reason: 'CrashLoopBackOff', message } } })
    .containerStatuses!
  assert.deepEqual(status?.state, { waiting: { reason: 'CrashLoopBackOff', message } })
  assert.equal(status?.lastState?.terminated?.exitCode, 1)
  const waits = (given: Given): string | undefined => statusOf(given).containerStatuses?.[0]?.state?.waiting?.reason
  assert.equal(waits({}), 'ContainerCreating')
  assert.equal(waits({ inits: ['i'] }), 'PodInitializing')
})

test('podStatusOf() names what is not ready and what is not initialized', () => {
  const message = (given: Given, type: string): string | undefined =>
    statusOf(given).conditions?.find(one => one.type === type)?.message
  assert.equal(
    message({ containers: ['a', 'b'], runs: { a: ['running'] } }, 'Ready'),
    'containers with unready status: [b]',
  )
  assert.equal(message({ inits: ['i', 'j'] }, 'Initialized'), 'containers with incomplete status: [i j]')
})

test('podStatusOf() keeps the times of conditions that stay, and the conditions of others', () => {
  const before = '2026-01-01T10:00:00Z'
  const old = (type: string, status: string) => ({ type, status, lastTransitionTime: before })
  const { conditions, startTime } = statusOf({
    runs: { a: ['running'] },
    status: {
      startTime: before,
      conditions: [old('Ready', 'False'), old('Initialized', 'True'), old('example.com/a', 'True')],
    },
  })
  const times = Object.fromEntries((conditions ?? []).map(one => [one.type, one.lastTransitionTime]))
  assert.equal(times['Ready'], nowText)
  assert.equal(times['Initialized'], before)
  assert.equal(times['example.com/a'], before)
  assert.equal(startTime, before)
})

test('podStatusOf() waits for readiness gates', () => {
  const spec = { readinessGates: [{ conditionType: 'example.com/a' }] }
  const ready = (status?: PodStatus) =>
    statusOf({ runs: { a: ['running'] }, spec, ...(status && { status }) }).conditions?.find(
      ({ type }) => type === 'Ready',
    )
  assert.deepEqual([ready()?.status, ready()?.reason], ['False', 'ReadinessGatesNotReady'])
  assert.equal(ready()?.message, 'corresponding condition of pod readiness gate "example.com/a" does not exist.')
  assert.equal(ready({ conditions: [{ type: 'example.com/a', status: 'True' }] })?.status, 'True')
})

test('podStatusOf() gives addresses, those of the node to pods of its network', () => {
  const { podIP, podIPs, hostIP, hostIPs } = statusOf({})
  assert.deepEqual(
    { podIP, podIPs, hostIP, hostIPs },
    {
      podIP: '10.1.0.2',
      podIPs: [{ ip: '10.1.0.2' }],
      hostIP: '192.0.2.1',
      hostIPs: [{ ip: '192.0.2.1' }],
    },
  )
  assert.equal(statusOf({ spec: { hostNetwork: true } }).podIP, '192.0.2.1')
})

test('podStatusOf() a pod that may run no more has failed with these words', () => {
  const { phase, reason, message } = statusOf(
    { runs: { a: ['running'] } },
    { failed: { reason: 'DeadlineExceeded', message: 'too long' } },
  )
  assert.deepEqual({ phase, reason, message }, { phase: 'Failed', reason: 'DeadlineExceeded', message: 'too long' })
})
