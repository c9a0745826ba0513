/**
 * What every maker of the runtime contract must do, as node:test cases. A maker that runs no programs says so, and the
 * cases that need one are skipped with that reason.
 */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import {
  type ContainerConfig,
  type ContainerStatus,
  type PodSandboxConfig,
  type Runtime,
  RuntimeError,
  type RuntimeEvent,
} from './contract.ts'

export interface SuiteSubject extends AsyncDisposable {
  readonly runtime: Runtime
  /** Folder for logs. */
  readonly folder: string
  /** An image with a shell, to be pulled. */
  readonly image: string
  /** One that no pull finds. */
  readonly missingImage: string
}

export interface SuiteOptions {
  /** Why the maker cannot run here. */
  readonly skip?: string | false
  /** Why it runs no programs; false when it does. */
  readonly runsNothing: string | false
  open(): Promise<SuiteSubject>
}

export function runtimeSuite(name: string, { skip = false, runsNothing, open }: SuiteOptions): void {
  describe(`${name} runtime`, { skip }, () => {
    let subject: SuiteSubject
    let runtime: Runtime
    let pods = 0
    before(async () => {
      subject = await open()
      runtime = subject.runtime
      await runtime.images.pull(subject.image)
    })
    after(() => subject?.[Symbol.asyncDispose]())

    const newPod = (overrides: Partial<PodSandboxConfig> = {}): PodSandboxConfig =>
      podOf(subject.folder, `p${pods++}`, overrides)
    const container = (script: string, overrides: Partial<ContainerConfig> = {}): ContainerConfig =>
      containerOf(subject.image, script, overrides)

    it('gives a pod an address and its config back, and lists it by its uid', async () => {
      const config = newPod({ labels: { a: 'b' }, annotations: { c: 'd' } })
      const id = await runtime.runPodSandbox(config)
      const status = await runtime.podSandboxStatus(id)
      assert.deepEqual([status.id, status.state, status.config.uid], [id, 'ready', config.uid])
      assert.deepEqual([status.config.labels, status.config.annotations], [config.labels, config.annotations])
      assert.match(status.ips[0] ?? '', /^\d+\.\d+\.\d+\.\d+$/)
      assert.deepEqual(
        (await runtime.listPodSandboxes(config.uid)).map(pod => pod.id),
        [id],
      )
      assert.deepEqual(await runtime.listPodSandboxes('nobody'), [])
      assert.ok((await runtime.listPodSandboxes()).some(pod => pod.id === id))
      await runtime.removePodSandbox(id)
      assert.deepEqual(await runtime.listPodSandboxes(config.uid), [])
    })

    it('takes a container from created to running to exited, and tells of each step in order', async () => {
      const stop = new AbortController()
      const events = runtime.events(stop.signal)
      const config = newPod()
      const sandbox = await runtime.runPodSandbox(config)
      const id = await runtime.createContainer(sandbox, container('sleep 1000', { attempt: 3, labels: { x: 'y' } }))
      const created = await runtime.containerStatus(id)
      assert.deepEqual([created.state, created.startedAt, created.config.attempt], ['created', 0, 3])
      assert.deepEqual([created.podSandboxId, created.config.labels], [sandbox, { x: 'y' }])
      assert.match(created.imageRef, /^sha256:[0-9a-f]{64}$/)
      await runtime.startContainer(id)
      const running = await runtime.containerStatus(id)
      assert.equal(running.state, 'running')
      assert.ok(running.startedAt >= created.createdAt)
      assert.deepEqual(
        (await runtime.listContainers(config.uid)).map(one => [one.id, one.state]),
        [[id, 'running']],
      )
      assert.deepEqual(await runtime.listContainers('nobody'), [])
      await runtime.stopContainer(id, 0)
      const exited = await runtime.containerStatus(id)
      assert.equal(exited.state, 'exited')
      assert.ok(exited.finishedAt >= exited.startedAt)
      await runtime.stopContainer(id, 0)
      await runtime.removePodSandbox(sandbox)
      assert.deepEqual(await runtime.listContainers(config.uid), [])
      const seen = await until(events, event => event.type === 'deleted' && event.containerId === '', config.uid)
      assert.deepEqual(
        seen.filter(event => event.containerId === id).map(({ type }) => type),
        ['created', 'started', 'stopped', 'deleted'].filter(type =>
          seen.some(e => e.type === type && e.containerId === id),
        ),
      )
      for (const type of ['started', 'stopped'] as const)
        assert.ok(
          seen.some(e => e.type === type && e.containerId === id),
          type,
        )
      stop.abort()
    })

    it('stopping a pod ends its containers and refuses new ones; stopping and removing may be repeated', async () => {
      const sandbox = await runtime.runPodSandbox(newPod())
      const ids = [0, 1].map(n =>
        runtime.createContainer(sandbox, container('sleep 1000', { name: `c${n}`, logPath: `c${n}/0.log` })),
      )
      for (const id of await Promise.all(ids)) await runtime.startContainer(id)
      await runtime.stopPodSandbox(sandbox)
      await runtime.stopPodSandbox(sandbox)
      assert.equal((await runtime.podSandboxStatus(sandbox)).state, 'notready')
      for (const id of await Promise.all(ids)) assert.equal((await runtime.containerStatus(id)).state, 'exited')
      await assert.rejects(runtime.createContainer(sandbox, container('true')), RuntimeError)
      await runtime.removePodSandbox(sandbox)
      await runtime.removePodSandbox(sandbox)
    })

    it('says NotFound for what it does not know, and lets go of it without complaint', async () => {
      const isNotFound = { name: 'RuntimeError', reason: 'NotFound' }
      await assert.rejects(runtime.podSandboxStatus('nobody'), isNotFound)
      await assert.rejects(runtime.containerStatus('nobody'), isNotFound)
      await assert.rejects(runtime.startContainer('nobody'), isNotFound)
      await assert.rejects(runtime.createContainer('nobody', container('true')), isNotFound)
      await runtime.stopContainer('nobody', 0)
      await runtime.removeContainer('nobody')
      await runtime.stopPodSandbox('nobody')
      await runtime.removePodSandbox('nobody')
    })

    it('refuses a container of an image that is not there', async () => {
      const sandbox = await runtime.runPodSandbox(newPod())
      await assert.rejects(
        runtime.createContainer(sandbox, container('true', { image: subject.missingImage })),
        RuntimeError,
      )
      await runtime.removePodSandbox(sandbox)
    })

    it('pulls images, finds them by name and id, and says in words what it cannot pull', async () => {
      const pulled = await runtime.images.pull(subject.image)
      assert.equal((await runtime.images.status(subject.image))?.id, pulled.id)
      assert.equal((await runtime.images.status(pulled.id))?.id, pulled.id)
      assert.ok((await runtime.images.list()).some(({ id }) => id === pulled.id))
      assert.equal(await runtime.images.status(subject.missingImage), undefined)
      await assert.rejects(runtime.images.pull(subject.missingImage), (error: unknown) => {
        assert.ok(error instanceof RuntimeError)
        assert.match(error.reason, /^ErrImagePull$|^RegistryUnavailable$/)
        return true
      })
    })

    it('measures a running container', async () => {
      const sandbox = await runtime.runPodSandbox(newPod())
      const id = await runtime.createContainer(sandbox, container('sleep 1000'))
      await runtime.startContainer(id)
      const stats = await runtime.containerStats(id)
      assert.equal(stats.id, id)
      assert.ok(stats.cpuUsageNanos >= 0 && stats.memoryWorkingSetBytes >= 0 && stats.at > 0)
      await runtime.removePodSandbox(sandbox)
    })

    it('tells how a program ended', { skip: runsNothing }, async () => {
      const sandbox = await runtime.runPodSandbox(newPod())
      const events = runtime.events(new AbortController().signal)[Symbol.asyncIterator]()
      const id = await runtime.createContainer(sandbox, container('exit 7'))
      let next = events.next()
      await runtime.startContainer(id)
      let status: ContainerStatus
      for (;;) {
        status = await runtime.containerStatus(id)
        if (status.state === 'exited') break
        await next
        next = events.next()
      }
      assert.deepEqual([status.exitCode, status.reason], [7, 'Error'])
      await runtime.removePodSandbox(sandbox)
    })

    it('runs programs beside a container, with their streams and exit codes', { skip: runsNothing }, async () => {
      const sandbox = await runtime.runPodSandbox(newPod())
      const id = await runtime.createContainer(sandbox, container('sleep 1000'))
      await runtime.startContainer(id)
      const synchronous = await runtime.execSync(id, ['sh', '-c', 'echo out; echo err >&2; exit 5'], 10_000)
      assert.deepEqual(
        [synchronous.exitCode, String(synchronous.stdout), String(synchronous.stderr)],
        [5, 'out\n', 'err\n'],
      )
      const session = await runtime.exec(id, { command: ['cat'], stdin: true, stdout: true, stderr: true, tty: false })
      session.stdin?.end(Buffer.from([0, 255, 10, 13]))
      const chunks: Buffer[] = []
      for await (const chunk of session.stdout ?? []) chunks.push(chunk as Buffer)
      assert.deepEqual(Buffer.concat(chunks), Buffer.from([0, 255, 10, 13]))
      assert.equal(await session.exit, 0)
      await runtime.removePodSandbox(sandbox)
    })
  })
}

/** The events of one pod, up to and with the last. */
async function until(
  events: AsyncIterable<RuntimeEvent>,
  isLast: (event: RuntimeEvent) => boolean,
  uid: string,
): Promise<RuntimeEvent[]> {
  const seen: RuntimeEvent[] = []
  for await (const event of events) {
    if (event.podUid !== uid) continue
    seen.push(event)
    if (isLast(event)) break
  }
  return seen
}

function podOf(folder: string, name: string, overrides: Partial<PodSandboxConfig>): PodSandboxConfig {
  return {
    name,
    namespace: 'suite',
    uid: `uid-${name}`,
    attempt: 0,
    hostname: name,
    logDirectory: `${folder}/logs/${name}`,
    portMappings: [],
    labels: {},
    annotations: {},
    hostNetwork: false,
    hostPid: false,
    hostIpc: false,
    shareProcessNamespace: false,
    sysctls: {},
    securityContext: { supplementalGroups: [] },
    resources: {},
    ...overrides,
  }
}

function containerOf(image: string, script: string, overrides: Partial<ContainerConfig>): ContainerConfig {
  return {
    name: 'main',
    attempt: 0,
    image,
    command: ['sh', '-c', script],
    args: [],
    workingDir: '',
    env: [],
    mounts: [],
    labels: {},
    annotations: {},
    logPath: 'main/0.log',
    stdin: false,
    stdinOnce: false,
    tty: false,
    resources: {},
    securityContext: {
      supplementalGroups: [],
      privileged: false,
      readonlyRootfs: false,
      noNewPrivs: false,
      addCapabilities: [],
      dropCapabilities: [],
    },
    ...overrides,
  }
}
