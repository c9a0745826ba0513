import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Container } from '@petrel/machinery/api/core-v1'
import { FakeClock, seededRng } from '../../../base/index.ts'
import { ContainerProbes } from './container-probes.ts'

interface Scene {
  readonly clock: FakeClock
  readonly probes: ContainerProbes
  readonly log: string[]
  answers: boolean
}

function scene(container: Partial<Container>, known?: { started: boolean; ready: boolean }): Scene {
  const clock = new FakeClock()
  const log: string[] = []
  const state = { answers: true }
  const probes = new ContainerProbes({
    container: { name: 'c', ...container },
    containerId: 'id',
    startedAt: clock.now(),
    podIP: '10.0.0.1',
    clock,
    rng: seededRng(1),
    run: () => Promise.resolve({ success: state.answers, output: 'out' }),
    ...(known && { known }),
    changed: () => log.push(`started=${probes.started} ready=${probes.ready}`),
    unhealthy: kind => log.push(`unhealthy ${kind}`),
    failed: kind => log.push(`failed ${kind}`),
  })
  return {
    clock,
    probes,
    log,
    get answers() {
      return state.answers
    },
    set answers(value) {
      state.answers = value
    },
  }
}

const http = { httpGet: { port: 80 } }

test('ContainerProbes without probes is started and ready at once', () => {
  const { probes, clock } = scene({})
  assert.equal(probes.started && probes.ready, true)
  assert.equal(clock.pending, 0)
})

test('ContainerProbes becomes ready after the delay, and unready after the threshold', async () => {
  const one = scene({ readinessProbe: { ...http, initialDelaySeconds: 5, periodSeconds: 2, failureThreshold: 2 } })
  await one.clock.advance(4_999)
  assert.equal(one.probes.ready, false)
  await one.clock.advance(1)
  assert.equal(one.probes.ready, true)
  one.answers = false
  await one.clock.advance(2_000)
  assert.equal(one.probes.ready, true)
  await one.clock.advance(2_000)
  assert.equal(one.probes.ready, false)
  assert.deepEqual(one.log, [
    'started=true ready=true',
    'failed Readiness',
    'failed Readiness',
    'started=true ready=false',
  ])
  one.probes.close()
  assert.equal(one.clock.pending, 0)
})

test('ContainerProbes asks for a successThreshold in a row', async () => {
  const one = scene({ readinessProbe: { ...http, periodSeconds: 1, successThreshold: 3 } })
  await one.clock.advance(1_500)
  assert.equal(one.probes.ready, false)
  await one.clock.advance(1_000)
  assert.equal(one.probes.ready, true)
})

test('ContainerProbes holds liveness back until startup has succeeded', async () => {
  const one = scene({
    startupProbe: { ...http, periodSeconds: 1, failureThreshold: 10 },
    livenessProbe: { ...http, periodSeconds: 1, failureThreshold: 1 },
  })
  one.answers = false
  await one.clock.advance(5_000)
  assert.ok(one.log.every(line => line === 'failed Startup'))
  one.answers = true
  await one.clock.advance(1_000)
  assert.equal(one.probes.started, true)
  one.answers = false
  await one.clock.advance(1_000)
  assert.equal(one.log.at(-1), 'unhealthy Liveness')
  assert.equal(one.clock.pending, 0)
})

test('ContainerProbes gives up a container that never starts', async () => {
  const one = scene({ startupProbe: { ...http, periodSeconds: 1, failureThreshold: 3 } })
  one.answers = false
  await one.clock.advance(2_000)
  assert.equal(one.log.at(-1), 'unhealthy Startup')
})

test('ContainerProbes keeps the answers of an adopted container', async () => {
  const one = scene(
    { startupProbe: http, readinessProbe: { ...http, periodSeconds: 10 } },
    { started: true, ready: true },
  )
  assert.equal(one.probes.started && one.probes.ready, true)
  await one.clock.advance(10_000)
  assert.deepEqual(one.log, [])
})
