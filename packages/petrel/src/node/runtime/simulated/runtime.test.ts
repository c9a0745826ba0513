import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { FakeClock } from '../../../base/index.ts'
import { type ContainerConfig, type PodSandboxConfig, type Runtime, runsToCompletion } from '../index.ts'
import { runtimeSuite } from '../suite.ts'
import { AddressPool } from './address-pool.ts'
import {
  createSimulatedRuntime,
  exitCodeAnnotation,
  runSecondsAnnotation,
  type SimulatedRuntimeOptions,
} from './index.ts'

function open(options: Partial<SimulatedRuntimeOptions> = {}): { runtime: Runtime; clock: FakeClock } {
  const clock = new FakeClock()
  return { clock, runtime: createSimulatedRuntime({ clock, podCidr: '10.1.2.0/24', nodeIp: '192.0.2.1', ...options }) }
}

runtimeSuite('simulated', {
  runsNothing: 'simulated containers run nothing',
  open: async () => ({
    runtime: open().runtime,
    folder: '/nonexistent',
    image: 'busybox:1',
    missingImage: 'webserver:404',
    async [Symbol.asyncDispose]() {},
  }),
})

const pod = (config: Partial<PodSandboxConfig> = {}): PodSandboxConfig =>
  ({
    name: 'p',
    namespace: 'd',
    uid: 'u',
    labels: {},
    annotations: {},
    hostNetwork: false,
    ...config,
  }) as PodSandboxConfig
const container = (annotations: Record<string, string> = {}): ContainerConfig =>
  ({ name: 'main', attempt: 0, image: 'a', labels: {}, annotations }) as unknown as ContainerConfig

async function start(
  runtime: Runtime,
  config: PodSandboxConfig,
  annotations: Record<string, string> = {},
): Promise<string> {
  await runtime.images.pull('a')
  const id = await runtime.createContainer(await runtime.runPodSandbox(config), container(annotations))
  await runtime.startContainer(id)
  return id
}

describe('a simulated container', () => {
  const job = { labels: { 'batch.kubernetes.io/job-name': 'j' } }
  const endings = [
    { title: 'that nobody expects to end runs on', config: {}, own: {}, after: 1e9, expected: ['running', 0] },
    {
      title: 'expected to end runs a second',
      config: {},
      own: { [runsToCompletion]: 'true' },
      after: 1000,
      expected: ['exited', 0],
    },
    {
      title: 'expected to end has not ended before',
      config: {},
      own: { [runsToCompletion]: 'true' },
      after: 999,
      expected: ['running', 0],
    },
    { title: 'of a Job ends', config: job, own: {}, after: 1000, expected: ['exited', 0] },
    {
      title: 'runs as long as asked',
      config: { annotations: { [runSecondsAnnotation]: '0.5' } },
      own: {},
      after: 500,
      expected: ['exited', 0],
    },
    {
      title: 'ends as asked',
      config: { annotations: { [runSecondsAnnotation]: '2', [exitCodeAnnotation]: '3' } },
      own: {},
      after: 2000,
      expected: ['exited', 3],
    },
    {
      title: 'does not end on an exit code alone',
      config: { annotations: { [exitCodeAnnotation]: '3' } },
      own: {},
      after: 1e6,
      expected: ['running', 0],
    },
  ]
  for (const { title, config, own, after, expected } of endings) {
    it(title, async () => {
      const { runtime, clock } = open()
      const id = await start(runtime, pod(config), own)
      await clock.advance(after)
      const { state, exitCode } = await runtime.containerStatus(id)
      assert.deepEqual([state, exitCode], expected)
    })
  }

  it('starts after its delay, unless it was stopped before', async () => {
    const { runtime, clock } = open({ startDelayMs: 100 })
    await runtime.images.pull('a')
    const sandbox = await runtime.runPodSandbox(pod())
    const ids = [
      await runtime.createContainer(sandbox, container()),
      await runtime.createContainer(sandbox, container()),
    ]
    const starting = ids.map(id => runtime.startContainer(id))
    await runtime.stopContainer(ids[1] ?? '', 0)
    await clock.advance(99)
    assert.deepEqual(
      (await runtime.listContainers('u')).map(({ state }) => state),
      ['created', 'exited'],
    )
    await clock.advance(1)
    await Promise.all(starting)
    assert.deepEqual(
      (await runtime.listContainers('u')).map(({ state }) => state),
      ['running', 'exited'],
    )
  })

  it('has one line of log, and says that it is simulated when it is entered', async () => {
    const { runtime } = open()
    const id = await start(runtime, pod())
    assert.match(String(await runtime.containerLog?.(id)), /^\d{4}-\S+Z stdout F This container is simulated.*\n$/)
    const options = { command: ['sh'], stdin: false, stdout: true, stderr: true, tty: false }
    await assert.rejects(runtime.exec(id, options), /container "main": it is simulated/)
    await assert.rejects(runtime.attach(id, options), /it is simulated/)
    const [sandbox] = await runtime.listPodSandboxes()
    await assert.rejects(runtime.portForward(sandbox?.id ?? '', 80), /port 80.*simulated/)
    assert.equal((await runtime.execSync(id, ['true'], 0)).exitCode, 0)
  })

  it('leaves no timer behind when it is removed', async () => {
    const { runtime, clock } = open()
    await start(runtime, pod({ annotations: { [runSecondsAnnotation]: '60' } }))
    const [sandbox] = await runtime.listPodSandboxes()
    await runtime.removePodSandbox(sandbox?.id ?? '')
    assert.equal(clock.pending, 0)
  })
})

describe('simulated pods', () => {
  it('have the address of the node in its network', async () => {
    const { runtime } = open()
    const id = await runtime.runPodSandbox(pod({ hostNetwork: true }))
    assert.deepEqual((await runtime.podSandboxStatus(id)).ips, ['192.0.2.1'])
  })

  it('are refused with words when no address is left, and get one again', async () => {
    const { runtime } = open({ podCidr: '10.9.8.0/30' })
    const first = await runtime.runPodSandbox(pod({ uid: '1' }))
    await runtime.runPodSandbox(pod({ uid: '2' }))
    await assert.rejects(runtime.runPodSandbox(pod({ uid: '3' })), /no address is free in 10\.9\.8\.0\/30/)
    await runtime.stopPodSandbox(first)
    assert.deepEqual((await runtime.podSandboxStatus(await runtime.runPodSandbox(pod({ uid: '3' })))).ips, ['10.9.8.1'])
  })

  it('cannot be pulled of missing images', async () => {
    const { runtime } = open({ missingImages: ['gone:1'] })
    await assert.rejects(runtime.images.pull('gone:1'), { reason: 'ErrImagePull', message: /"gone:1".*not found/ })
    await assert.rejects(runtime.images.pull('webserver:404'), { reason: 'ErrImagePull' })
    assert.deepEqual((await runtime.images.pull('registry:5000/a/b:1')).repoTags, ['registry:5000/a/b:1'])
  })
})

describe('AddressPool', () => {
  it('gives every address of its range once, whatever is released in between', () => {
    fc.assert(
      fc.property(fc.integer({ min: 26, max: 30 }), fc.array(fc.boolean(), { maxLength: 200 }), (bits, steps) => {
        const pool = new AddressPool(`172.16.255.77/${bits}`)
        const size = 2 ** (32 - bits)
        const base = 77 - (77 % size)
        const held: string[] = []
        for (const take of steps) {
          if (!take) {
            const address = held.shift()
            if (address) pool.release(address)
            continue
          }
          const address = pool.take()
          if (held.length === size - 2) {
            assert.equal(address, undefined)
            continue
          }
          assert.ok(address)
          assert.match(address, /^172\.16\.255\./)
          const last = Number(address.split('.')[3])
          assert.ok(last > base && last < base + size - 1 && !held.includes(address), address)
          held.push(address)
        }
      }),
    )
  })

  it('refuses what is no range', () => {
    for (const cidr of ['10.0.0.0', '10.0.0.0/31', '10.0.0.256/24', 'fd00::/64'])
      assert.throws(() => new AddressPool(cidr), RangeError)
  })
})
