import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Container, Pod } from '@petrel/machinery/api/core-v1'
import { events, leases, namespaces, nodes, pods } from '@petrel/machinery/kinds'
import { toTime } from '../../base/index.ts'
import { createInformers } from '../../client/index.ts'
import { eventually, startTestServer, type TestServer } from '../../testing/index.ts'
import type { ContainerStatus, Runtime } from '../runtime/index.ts'
import { createSimulatedRuntime } from '../runtime/simulated/index.ts'
import { type Agent, sharedPodSource, startAgent } from './index.ts'

interface Site extends TestServer {
  readonly runtime: Runtime
  readonly agent: Agent
  /** Lets everything that is ready run; time stands still. */
  rest(): Promise<void>
  pass(ms: number, stepMs?: number): Promise<void>
  /** As kill -9 and a new start. */
  restart(): Promise<void>
}

/** How containers end, by name: after so many ms, with this code. Others run on. */
type Ends = Record<string, { runMs: number; exitCode: number }>

async function start(t: { after(fn: () => Promise<void>): void }, ends: Ends = {}): Promise<Site> {
  const server = startTestServer()
  const { client, clock, store } = server
  for (const name of ['default', 'kube-node-lease']) await client.create(namespaces, { metadata: { name } })
  const runtime = createSimulatedRuntime({
    clock,
    podCidr: '10.1.0.0/24',
    nodeIp: '192.0.2.1',
    missingImages: ['missing:1'],
    lifetime: ({ name }) => ends[name],
  })
  const rest = async (): Promise<void> => {
    let [revision, quiet] = [store.revision, 0]
    for (let turn = 0; quiet < 40; turn++) {
      if (turn > 20_000) throw new Error('the node does not come to rest')
      await new Promise(resolve => setImmediate(resolve))
      quiet = store.revision === revision ? quiet + 1 : 0
      revision = store.revision
    }
  }
  const open = async () => {
    const informers = createInformers(client, server)
    const agent = startAgent(client, {
      ...server,
      runtime,
      informers,
      pods: sharedPodSource(informers),
      folder: undefined,
      dns: () => ({ servers: [], domain: 'cluster.local' }),
      description: {
        name: 'n1',
        labels: { zone: 'a' },
        taints: [],
        addresses: [{ type: 'InternalIP', address: '192.0.2.1' }],
        capacity: { cpu: '4', memory: '8Gi', pods: '110' },
        podCIDR: '10.1.0.0/24',
        port: 0,
        version: 'v1.36.0',
        runtimeVersion: 'simulated://1',
        system: {
          machineID: '',
          systemUUID: '',
          bootID: '',
          kernelVersion: '',
          osImage: '',
          operatingSystem: 'linux',
          architecture: 'amd64',
        },
      },
    })
    informers.start()
    await agent.ready()
    await rest()
    return { agent, informers }
  }
  let opened = await open()
  const close = async (): Promise<void> => {
    await opened.agent.close()
    await opened.informers.close()
  }
  t.after(async () => {
    await close()
    await runtime.close()
    await server.close()
  })
  return {
    ...server,
    runtime,
    get agent() {
      return opened.agent
    },
    rest,
    async pass(ms, stepMs = ms) {
      for (let left = ms; left > 0; left -= stepMs) {
        await clock.advance(Math.min(left, stepMs))
        await rest()
      }
    },
    async restart() {
      await close()
      opened = await open()
    },
  }
}

const key = { namespace: 'default', name: 'p' }

async function run(site: Site, spec: Partial<NonNullable<Pod['spec']>> = {}, metadata: Pod['metadata'] = {}) {
  await site.client.create(pods, {
    metadata: { ...key, ...metadata },
    spec: { nodeName: 'n1', containers: [{ name: 'main', image: 'image:1' }], ...spec },
  })
  await site.rest()
}

function get({ client }: Site): Promise<Pod> {
  return client.get(pods, key)
}

function conditions({ status }: Pod): Record<string, string> {
  return Object.fromEntries((status?.conditions ?? []).map(({ type, status }) => [type, status]))
}

function stateOf({ status }: Pod, name = 'main') {
  return [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])].find(one => one.name === name)
}

async function containers({ runtime }: Site): Promise<readonly ContainerStatus[]> {
  return runtime.listContainers()
}

async function told({ client }: Site, name = 'p'): Promise<string[]> {
  const { items } = await client.list(events)
  return items.filter(one => one.involvedObject?.name === name).map(({ reason }) => reason ?? '')
}

test('the node registers, and says every ten seconds that it lives', async t => {
  const site = await start(t)
  const node = await site.client.get(nodes, { name: 'n1' })
  assert.equal(node.metadata?.labels?.['zone'], 'a')
  assert.equal(node.metadata?.labels?.['kubernetes.io/hostname'], 'n1')
  assert.deepEqual(node.spec?.podCIDRs, ['10.1.0.0/24'])
  assert.deepEqual(node.status?.allocatable, { cpu: '4', memory: '8Gi', pods: '110' })
  const ready = node.status?.conditions?.find(({ type }) => type === 'Ready')
  assert.deepEqual([ready?.status, ready?.reason], ['True', 'KubeletReady'])
  const leaseKey = { namespace: 'kube-node-lease', name: 'n1' }
  const renewed = async () => Date.parse((await site.client.get(leases, leaseKey)).spec?.renewTime ?? '')
  const before = await renewed()
  await site.pass(60_000, 1000)
  assert.ok((await renewed()) - before >= 45_000)

  // Nothing has changed: the status is not written before five minutes are over.
  assert.equal((await site.client.get(nodes, { name: 'n1' })).metadata?.resourceVersion, node.metadata?.resourceVersion)
  await site.pass(300_000, 10_000)
  assert.notEqual(
    (await site.client.get(nodes, { name: 'n1' })).metadata?.resourceVersion,
    node.metadata?.resourceVersion,
  )
})

test('a node that others take for dead says that it lives; one that was deleted registers again', async t => {
  const site = await start(t)
  const since = toTime(site.clock.now())
  const unknown = { type: 'Ready', status: 'Unknown', reason: 'NodeStatusUnknown', lastTransitionTime: since }
  await site.client.patch(
    nodes,
    { name: 'n1' },
    'strategic',
    { status: { conditions: [unknown] } },
    { subresource: 'status' },
  )
  const isReady = async () =>
    (await site.client.get(nodes, { name: 'n1' })).status?.conditions?.find(({ type }) => type === 'Ready')?.status
  assert.equal(await isReady(), 'Unknown')
  await site.pass(11_000)
  assert.equal(await isReady(), 'True')

  await site.client.delete(nodes, { name: 'n1' })
  await site.client.delete(leases, { namespace: 'kube-node-lease', name: 'n1' })
  await site.pass(22_000, 11_000)
  assert.equal(await isReady(), 'True')
  assert.ok((await site.client.get(leases, { namespace: 'kube-node-lease', name: 'n1' })).spec?.renewTime)
})

test('a pod goes from Pending to Running and Ready', async t => {
  const site = await start(t)
  await run(site)
  const pod = await get(site)
  assert.equal(pod.status?.phase, 'Running')
  assert.deepEqual(conditions(pod), {
    PodReadyToStartContainers: 'True',
    Initialized: 'True',
    Ready: 'True',
    ContainersReady: 'True',
    PodScheduled: 'True',
  })
  assert.match(pod.status?.podIP ?? '', /^10\.1\.0\./)
  assert.equal(pod.status?.hostIP, '192.0.2.1')
  assert.ok(stateOf(pod)?.state?.running)
  assert.equal(stateOf(pod)?.ready, true)
  assert.deepEqual(
    await told(site),
    ['Pulled', 'Created', 'Started'].flatMap(reason => (reason === 'Pulled' ? ['Pulling', reason] : [reason])),
  )
  assert.equal(site.agent.pod('default', 'p')?.metadata?.uid, pod.metadata?.uid)
  const before = site.store.revision
  await site.rest()
  assert.equal(site.store.revision, before)
})

test('init containers run one after the other, sidecars beside the rest', async t => {
  const init = (name: string, more: Partial<Container> = {}): Container => ({ name, image: 'image:1', ...more })
  const site = await start(t, { one: { runMs: 1000, exitCode: 0 }, two: { runMs: 1000, exitCode: 0 } })
  await run(site, { initContainers: [init('one'), init('side', { restartPolicy: 'Always' }), init('two')] })
  const seen = async () => (await containers(site)).map(({ config, state }) => `${config.name} ${state}`).sort()
  assert.deepEqual(await seen(), ['one running'])
  let pod = await get(site)
  assert.equal(pod.status?.phase, 'Pending')
  assert.equal(stateOf(pod)?.state?.waiting?.reason, 'PodInitializing')
  assert.equal(conditions(pod)['Initialized'], 'False')
  await site.pass(1000)
  assert.deepEqual(await seen(), ['one exited', 'side running', 'two running'])
  await site.pass(1000)
  assert.deepEqual(await seen(), ['main running', 'one exited', 'side running', 'two exited'])
  pod = await get(site)
  assert.equal(pod.status?.phase, 'Running')
  assert.equal(conditions(pod)['Ready'], 'True')
})

for (const { restartPolicy, exitCode, phase, restarts } of [
  { restartPolicy: 'Never', exitCode: 0, phase: 'Succeeded', restarts: 0 },
  { restartPolicy: 'Never', exitCode: 3, phase: 'Failed', restarts: 0 },
  { restartPolicy: 'OnFailure', exitCode: 0, phase: 'Succeeded', restarts: 0 },
  { restartPolicy: 'OnFailure', exitCode: 3, phase: 'Running', restarts: 1 },
  { restartPolicy: 'Always', exitCode: 0, phase: 'Running', restarts: 1 },
]) {
  test(`with restartPolicy ${restartPolicy} a container that ends with ${exitCode} leaves the pod ${phase}`, async t => {
    const site = await start(t, { main: { runMs: 5000, exitCode } })
    await run(site, { restartPolicy })
    await site.pass(5000)
    const pod = await get(site)
    assert.equal(pod.status?.phase, phase)
    assert.equal(stateOf(pod)?.restartCount, restarts)
    const end = stateOf(pod)?.state?.terminated ?? stateOf(pod)?.lastState?.terminated
    assert.deepEqual([end?.exitCode, end?.reason], [exitCode, exitCode === 0 ? 'Completed' : 'Error'])
    if (restarts > 0) return
    assert.equal(conditions(pod)['Ready'], 'False')
    assert.equal(conditions(pod)['PodReadyToStartContainers'], 'False')
    assert.equal((await site.runtime.listPodSandboxes())[0]?.state, 'notready')
    // It stays as it is.
    await site.pass(600_000)
    assert.equal((await get(site)).metadata?.resourceVersion, pod.metadata?.resourceVersion)
  })
}

test('a container that keeps failing waits 10 s, 20 s, 40 s … and says CrashLoopBackOff', async t => {
  const site = await start(t, { main: { runMs: 1000, exitCode: 1 } })
  await run(site)
  const starts: number[] = []
  const begin = site.clock.now()
  let known = ''
  for (let second = 0; second < 160; second++) {
    const [current] = (await containers(site)).filter(({ state }) => state === 'running')
    if (current && current.id !== known) starts.push((current.startedAt - begin) / 1000)
    known = current?.id ?? known
    await site.pass(1000)
  }
  assert.deepEqual(starts, [0, 1, 12, 33, 74, 155])
  await site.pass(5000)
  const pod = await get(site)
  const { waiting } = stateOf(pod)?.state ?? {}
  assert.equal(waiting?.reason, 'CrashLoopBackOff')
  assert.match(waiting?.message ?? '', /^back-off 2m40s restarting failed container=main pod=p_default\([^)]+\)$/)
  assert.equal(stateOf(pod)?.lastState?.terminated?.exitCode, 1)
  assert.equal(pod.status?.phase, 'Running')
  assert.equal(conditions(pod)['Ready'], 'False')
  assert.ok((await told(site)).includes('BackOff'))
  // Of all these runs the last two are kept.
  assert.ok((await containers(site)).length <= 2)
})

test('an image that is not there shows as ErrImagePull and ImagePullBackOff', async t => {
  const site = await start(t)
  await run(site, { containers: [{ name: 'main', image: 'missing:1' }] })
  assert.deepEqual(
    (await told(site)).filter(reason => reason === 'Failed'),
    ['Failed', 'Failed'],
  )
  await site.pass(2000)
  const { waiting } = stateOf(await get(site))?.state ?? {}
  assert.equal(waiting?.reason, 'ImagePullBackOff')
  assert.match(waiting?.message ?? '', /^Back-off pulling image "missing:1": ErrImagePull: /)
  assert.equal((await get(site)).status?.phase, 'Pending')
})

test('a deleted pod is ended, reported, freed and let go', async t => {
  const site = await start(t)
  await run(site, {}, { finalizers: ['test/hold'] })
  await site.client.delete(pods, key)
  await site.rest()
  const held = await get(site)
  assert.equal(held.status?.phase, 'Succeeded')
  assert.ok(stateOf(held)?.state?.terminated)
  assert.equal(held.metadata?.deletionGracePeriodSeconds, 0)
  assert.deepEqual([await site.runtime.listPodSandboxes(), await containers(site)], [[], []])
  // Whatever still happens to the object, its end stays as it was told.
  await site.client.patch(pods, key, 'merge', { metadata: { annotations: { a: 'b' } } })
  await site.rest()
  await site.restart()
  assert.deepEqual((await get(site)).status, held.status)
  await site.client.patch(pods, key, 'merge', { metadata: { finalizers: null } })
  await site.rest()
  assert.deepEqual((await site.client.list(pods)).items, [])
  assert.deepEqual(site.agent.pods, [])
  assert.ok((await told(site)).includes('Killing'))
})

test('a pod that is deleted by force ends on the node', async t => {
  const site = await start(t)
  await run(site)
  await site.client.delete(pods, key, { gracePeriodSeconds: 0 })
  await site.rest()
  assert.deepEqual([await site.runtime.listPodSandboxes(), await containers(site), site.agent.pods], [[], [], []])
})

test('a status that somebody else overtook is told all the same', async t => {
  const site = await start(t, { main: { runMs: 5000, exitCode: 0 } })
  await run(site, { restartPolicy: 'Never' })
  // The change and the end of the container come in the same moment.
  const changed = site.client.patch(pods, key, 'merge', { metadata: { labels: { a: 'b' } } })
  await site.clock.advance(5000)
  await changed
  await site.rest()
  const pod = await get(site)
  assert.deepEqual([pod.status?.phase, pod.metadata?.labels], ['Succeeded', { a: 'b' }])
})

test('an agent that comes back adopts what runs: same containers, no restarts, ready all the time', async t => {
  const site = await start(t)
  await run(site)
  const before = await get(site)
  const ids = (await containers(site)).map(({ id }) => id)
  await site.restart()
  await site.pass(30_000, 10_000)
  assert.deepEqual(
    (await containers(site)).map(({ id }) => id),
    ids,
  )
  assert.equal((await get(site)).metadata?.resourceVersion, before.metadata?.resourceVersion)
})

test('what was deleted while no agent was there is ended by the next; what ended is reported', async t => {
  const site = await start(t, { short: { runMs: 5000, exitCode: 7 } })
  await run(site)
  await site.client.create(pods, {
    metadata: { namespace: 'default', name: 'q' },
    spec: { nodeName: 'n1', restartPolicy: 'Never', containers: [{ name: 'short', image: 'image:1' }] },
  })
  await site.rest()
  await site.agent.close()
  await site.client.delete(pods, key, { gracePeriodSeconds: 0 })
  await site.clock.advance(10_000)
  await site.restart()
  const names = (await site.runtime.listPodSandboxes()).map(({ config }) => config.name)
  assert.deepEqual(names, ['q'])
  const ended = await site.client.get(pods, { namespace: 'default', name: 'q' })
  assert.equal(ended.status?.phase, 'Failed')
  assert.equal(stateOf(ended, 'short')?.state?.terminated?.exitCode, 7)
})

test('activeDeadlineSeconds fails a pod on time', async t => {
  const site = await start(t)
  await run(site, { activeDeadlineSeconds: 30, restartPolicy: 'Never' })
  await site.pass(29_000)
  assert.equal((await get(site)).status?.phase, 'Running')
  await site.pass(1_000)
  const { status } = await get(site)
  assert.deepEqual([status?.phase, status?.reason], ['Failed', 'DeadlineExceeded'])
  assert.equal(status?.message, 'Pod was active on the node longer than the specified deadline')
  assert.equal((await containers(site)).filter(({ state }) => state === 'running').length, 0)
})

test('readiness gates hold a pod back until somebody opens them', async t => {
  const site = await start(t)
  await run(site, { readinessGates: [{ conditionType: 'example.com/ok' }] })
  assert.deepEqual(
    [conditions(await get(site))['ContainersReady'], conditions(await get(site))['Ready']],
    ['True', 'False'],
  )
  const open = { type: 'example.com/ok', status: 'True' }
  await site.client.patch(pods, key, 'strategic', { status: { conditions: [open] } }, { subresource: 'status' })
  await site.rest()
  assert.equal(conditions(await get(site))['Ready'], 'True')
  assert.equal(conditions(await get(site))['example.com/ok'], 'True')
})

test('a hundred pods come and go', async t => {
  const site = await start(t)
  const names = Array.from({ length: 100 }, (_, i) => `p${i}`)
  for (const name of names) {
    await site.client.create(pods, {
      metadata: { namespace: 'default', name },
      spec: { nodeName: 'n1', containers: [{ name: 'main', image: 'image:1' }] },
    })
  }
  await eventually(async () => {
    const { items } = await site.client.list(pods)
    assert.equal(items.filter(pod => conditions(pod)['Ready'] === 'True').length, 100)
  }, 10_000)
  for (const name of names) await site.client.delete(pods, { namespace: 'default', name })
  await eventually(async () => assert.deepEqual((await site.client.list(pods)).items, []), 10_000)
  await site.rest()
  assert.deepEqual([await site.runtime.listPodSandboxes(), site.agent.pods], [[], []])
})
