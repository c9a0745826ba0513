/**
 * The embedded runtime: containers without a daemon, made of Linux namespaces by util-linux' programs. It keeps pods and
 * containers in folders (see README.md), answers from memory, and leaves everything running when it is closed or killed.
 */
import { createHash, randomBytes } from 'node:crypto'
import * as fs from 'node:fs'
import * as os from 'node:os'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { type Clock, type Logger, silentLogger, sleep, systemClock } from '../../../base/index.ts'
import type { ImageStore } from '../../image/index.ts'
import type { PodNetwork } from '../../network/index.ts'
import {
  type ContainerConfig,
  type ContainerStats,
  type ContainerStatus,
  EventHub,
  type ExecOptions,
  type ExecResult,
  type ImageService,
  type PodSandboxConfig,
  type PodSandboxStatus,
  type Resources,
  type Runtime,
  RuntimeError,
  type RuntimeEvent,
  type StreamSession,
} from '../index.ts'
import { type Cgroups, detectCgroups } from './cgroups.ts'
import { Containers } from './containers.ts'
import type { LogLimits } from './cri-log.ts'
import { containerTerminal, type ExecTarget, execStream, execSync, resizeTerminal } from './exec.ts'
import { detectIsolation, type Isolation, type IsolationLevel } from './isolation.ts'
import { keeperScript } from './launch.ts'
import { createNamespaces, namespacesAlive, ownNetwork, releaseNamespaces } from './namespaces.ts'
import { PortForwarder } from './port-forward.ts'
import { bootId, treeUsage } from './proc.ts'
import { type ContainerRecord, readRecords, type SandboxRecord, writeRecord } from './records.ts'
import { ShimClient } from './shim-client.ts'
import { installTools, type Tools } from './tools.ts'

export interface ProcessRuntimeOptions {
  /** Folder of its own under the data folder. */
  readonly directory: string
  readonly images: ImageStore
  /** Gives pods their addresses; without it they share the node's network. */
  readonly network?: PodNetwork
  readonly clock?: Clock
  readonly log?: Logger
  /** Address of the node, for pods in its network. Default: the first that is not local. */
  readonly nodeIp?: string
  readonly logLimits?: LogLimits
  /** Asks for less isolation than the machine allows. */
  readonly level?: IsolationLevel
}

export async function openProcessRuntime(options: ProcessRuntimeOptions): Promise<ProcessRuntime> {
  fs.mkdirSync(options.directory, { recursive: true, mode: 0o711 })
  const directory = fs.realpathSync(options.directory)
  const isolation = await detectIsolation(join(directory, 'probe'), options.level)
  const name = `petrel-${createHash('sha256').update(directory).digest('hex').slice(0, 8)}`
  const cgroups = isolation.level === 'root' ? detectCgroups(name) : 'limits need root'
  const tools = isolation.level === 'plain' ? undefined : installTools(directory)
  const runtime = new ProcessRuntime({ ...options, directory }, isolation, cgroups, tools)
  await runtime.adopt()
  return runtime
}

export class ProcessRuntime implements Runtime {
  readonly name = 'process'
  readonly version = '1'
  readonly description: string
  readonly isolation: Isolation
  readonly #options: ProcessRuntimeOptions
  readonly #directory: string
  readonly #cgroups: Cgroups | undefined
  readonly #clock: Clock
  readonly #log: Logger
  readonly #network: PodNetwork | undefined
  readonly #sandboxes = new Map<string, SandboxRecord>()
  readonly #containers: Containers
  readonly #hub = new EventHub<RuntimeEvent>()
  readonly #shim: ShimClient
  readonly #forwarder = new PortForwarder()

  constructor(
    options: ProcessRuntimeOptions,
    isolation: Isolation,
    cgroups: Cgroups | string,
    tools: Tools | undefined,
  ) {
    this.#options = options
    this.isolation = isolation
    this.#directory = options.directory
    this.#clock = options.clock ?? systemClock
    this.#log = options.log ?? silentLogger
    this.#cgroups = typeof cgroups === 'string' ? undefined : cgroups
    this.#network = isolation.level === 'root' ? options.network : undefined
    this.description = describe(isolation, cgroups, this.#network)
    const keeperEntrances = this.#cgroups?.leavingAgent() ?? []
    this.#shim = new ShimClient({
      directory: this.#directory,
      clock: this.#clock,
      log: this.#log,
      entrances: keeperEntrances,
      ...(options.logLimits ? { limits: options.logLimits } : {}),
    })
    this.#containers = new Containers({
      directory: this.#directory,
      level: isolation.level,
      cgroups: this.#cgroups,
      tools,
      images: options.images,
      shim: this.#shim,
      clock: this.#clock,
      log: this.#log,
      keeperEntrances,
      onChange: (type, record) => this.#emit(type, record.podSandboxId, record.id),
    })
    options.images.setInUse(() => new Set([...this.#containers.records.values()].map(record => record.imageRef)))
  }

  get images(): ImageService {
    return this.#options.images
  }

  /** Takes over what an earlier agent left running. `openProcessRuntime` calls it. */
  async adopt(): Promise<void> {
    const keeper = join(this.#directory, 'keeper')
    // Replaced by rename: shells that read the old one go on reading it.
    fs.writeFileSync(`${keeper}.tmp`, keeperScript)
    fs.renameSync(`${keeper}.tmp`, keeper)
    const records = readRecords<SandboxRecord>(join(this.#directory, 'sandboxes'), (directory, error) => {
      this.#log.warn('removing what is left of a pod sandbox', { directory, err: error })
      fs.rmSync(directory, { recursive: true, force: true })
    })
    const boot = bootId()
    for (const record of records) {
      this.#sandboxes.set(record.id, record)
      if (record.state === 'ready' && (record.bootId !== boot || !namespacesAlive(record, this.#folder(record.id)))) {
        record.state = 'notready'
        writeRecord(this.#folder(record.id), record)
      }
    }
    await this.#containers.adopt()
  }

  async status(): Promise<string | undefined> {
    return undefined
  }

  async runPodSandbox(config: PodSandboxConfig): Promise<string> {
    const id = randomBytes(32).toString('hex')
    const directory = this.#folder(id)
    const { level } = this.isolation
    fs.mkdirSync(directory, { recursive: true, mode: 0o711 })
    const own = ownNetwork(level, config, this.#network !== undefined)
    const record: SandboxRecord = {
      id,
      config,
      createdAt: this.#clock.now(),
      bootId: bootId(),
      state: 'ready',
      ips: own ? [] : [this.#nodeIp()],
    }
    try {
      this.#cgroups?.create(podGroup(id), config.resources)
      const namespaces = await createNamespaces(level, directory, config, own, this.#cgroups?.leavingAgent() ?? [])
      if (namespaces.holder) record.holder = namespaces.holder
      if (namespaces.netns && this.#network) {
        record.netns = namespaces.netns
        writeRecord(directory, record)
        record.ips = await this.#network.attach({ id, netns: namespaces.netns, portMappings: config.portMappings })
      }
      this.#writeEtc(directory, record)
      fs.mkdirSync(config.logDirectory, { recursive: true, mode: 0o755 })
      writeRecord(directory, record)
    } catch (cause) {
      await this.#release(record)
      fs.rmSync(directory, { recursive: true, force: true })
      if (cause instanceof RuntimeError) throw cause
      const name = `${config.namespace}/${config.name}`
      throw new RuntimeError(
        'CreatePodSandboxError',
        `failed to create pod sandbox for "${name}": ${(cause as Error).message}`,
        { cause },
      )
    }
    this.#sandboxes.set(id, record)
    this.#emit('created', id, '')
    return id
  }

  async stopPodSandbox(id: string): Promise<void> {
    const record = this.#sandboxes.get(id)
    if (!record) return
    const members = this.#members(id)
    await Promise.all(members.map(member => this.#containers.stop(member, 0)))
    if (record.state === 'notready') return
    await this.#release(record)
    record.state = 'notready'
    writeRecord(this.#folder(id), record)
    this.#emit('stopped', id, '')
  }

  async removePodSandbox(id: string): Promise<void> {
    const record = this.#sandboxes.get(id)
    if (!record) return
    await this.stopPodSandbox(id)
    await Promise.all(this.#members(id).map(member => this.#containers.remove(member)))
    // Also for one that was found dead, whose address is still taken.
    await this.#release(record)
    this.#sandboxes.delete(id)
    await fs.promises.rm(this.#folder(id), { recursive: true, force: true })
    this.#hub.emit({ type: 'deleted', podUid: record.config.uid, sandboxId: id, containerId: '' })
  }

  async podSandboxStatus(id: string): Promise<PodSandboxStatus> {
    return sandboxStatus(this.#sandbox(id))
  }

  async listPodSandboxes(podUid?: string): Promise<readonly PodSandboxStatus[]> {
    const all = [...this.#sandboxes.values()]
    return all.filter(({ config }) => podUid === undefined || config.uid === podUid).map(sandboxStatus)
  }

  async createContainer(sandboxId: string, config: ContainerConfig): Promise<string> {
    const sandbox = this.#sandbox(sandboxId)
    if (sandbox.state !== 'ready')
      throw new RuntimeError('CreateContainerError', `pod sandbox "${sandboxId}" is not ready`)
    return (await this.#containers.create(sandbox, this.#folder(sandboxId), config)).id
  }

  async startContainer(id: string): Promise<void> {
    const record = this.#containers.get(id)
    await this.#containers.start(record, this.#sandbox(record.podSandboxId), this.#folder(record.podSandboxId))
  }

  async stopContainer(id: string, graceMs: number): Promise<void> {
    const record = this.#containers.records.get(id)
    if (record) await this.#containers.stop(record, graceMs)
  }

  async removeContainer(id: string): Promise<void> {
    const record = this.#containers.records.get(id)
    if (record) await this.#containers.remove(record)
  }

  async containerStatus(id: string): Promise<ContainerStatus> {
    return containerStatus(this.#containers.get(id))
  }

  async listContainers(podUid?: string): Promise<readonly ContainerStatus[]> {
    const ofPod = (record: ContainerRecord): boolean => this.#sandboxes.get(record.podSandboxId)?.config.uid === podUid
    return [...this.#containers.records.values()]
      .filter(record => podUid === undefined || ofPod(record))
      .map(containerStatus)
  }

  async updateContainerResources(id: string, resources: Resources): Promise<void> {
    const record = this.#containers.get(id)
    if (!this.#cgroups)
      throw new RuntimeError('Unsupported', `resources of container "${id}" cannot be limited: no cgroups`)
    this.#cgroups.update(record.cgroup, resources)
  }

  async containerStats(id: string): Promise<ContainerStats> {
    const record = this.#containers.get(id)
    const usage = this.#cgroups?.usage(record.cgroup)
    if (usage) return { id, ...usage, at: this.#clock.now() }
    const tree =
      record.init && record.state === 'running' ? treeUsage(record.init.pid) : { cpuNanos: 0, residentBytes: 0 }
    return { id, cpuUsageNanos: tree.cpuNanos, memoryWorkingSetBytes: tree.residentBytes, at: this.#clock.now() }
  }

  async execSync(id: string, command: readonly string[], timeoutMs: number): Promise<ExecResult> {
    return execSync(this.#execTarget(id), command, timeoutMs, this.#clock)
  }

  async exec(id: string, options: ExecOptions): Promise<StreamSession> {
    return execStream(this.#execTarget(id), options)
  }

  async attach(id: string, options: Omit<ExecOptions, 'command'>): Promise<StreamSession> {
    const record = this.#containers.get(id)
    if (record.state !== 'running') throw new RuntimeError('NotFound', `container "${id}" is not running`)
    const { tty } = record.config
    const streams = await this.#shim.attach(id, { ...options, tty })
    return {
      ...streams,
      resize: (columns, rows) => {
        const terminal = containerTerminal(this.#containers.folder(id))
        if (terminal !== undefined) void resizeTerminal(terminal, columns, rows)
      },
      exit: streams.ended.then(() => this.#containers.records.get(id)?.exitCode ?? 0),
    }
  }

  async portForward(sandboxId: string, port: number): Promise<Duplex> {
    const sandbox = this.#sandbox(sandboxId)
    if (sandbox.state !== 'ready') throw new RuntimeError('PortForward', `pod sandbox "${sandboxId}" is not ready`)
    return this.#forwarder.connect(sandbox.netns, this.#folder(sandboxId), port)
  }

  events(signal: AbortSignal): AsyncIterable<RuntimeEvent> {
    return this.#hub.listen(signal)
  }

  async close(): Promise<void> {
    this.#containers.close()
    if (this.#sandboxes.size === 0) await this.#shim.quit()
    else await this.#shim.close()
  }

  #emit(type: RuntimeEvent['type'], sandboxId: string, containerId: string): void {
    this.#hub.emit({ type, podUid: this.#sandboxes.get(sandboxId)?.config.uid ?? '', sandboxId, containerId })
  }

  #folder(sandboxId: string): string {
    return join(this.#directory, 'sandboxes', sandboxId)
  }

  #sandbox(id: string): SandboxRecord {
    const record = this.#sandboxes.get(id)
    if (!record) throw new RuntimeError('NotFound', `pod sandbox "${id}": not found`)
    return record
  }

  #members(sandboxId: string): ContainerRecord[] {
    return [...this.#containers.records.values()].filter(record => record.podSandboxId === sandboxId)
  }

  #execTarget(id: string): ExecTarget {
    const container = this.#containers.get(id)
    const sandbox = this.#sandbox(container.podSandboxId)
    return {
      level: this.isolation.level,
      container,
      sandbox,
      cgroups: this.#cgroups,
      directory: this.#containers.folder(id),
    }
  }

  async #release(record: SandboxRecord): Promise<void> {
    if (record.netns) await this.#network?.detach(record.id)
    if (this.isolation.level !== 'plain') await releaseNamespaces(record, this.#folder(record.id))
    this.#cgroups?.kill(podGroup(record.id))
    // A killed process holds its group until the kernel is through with it.
    for (let tried = 0; this.#cgroups?.remove(podGroup(record.id)) === false; tried++) {
      if (tried === 200) throw new Error(`cgroup ${podGroup(record.id)} cannot be removed: processes are left in it`)
      await sleep(this.#clock, 5)
    }
  }

  /** The files of /etc that belong to the pod, not to an image. */
  #writeEtc(directory: string, record: SandboxRecord): void {
    const { config } = record
    const dns = config.dns
    const resolv = dns
      ? [
          ...dns.servers.map(server => `nameserver ${server}`),
          ...(dns.searches.length > 0 ? [`search ${dns.searches.join(' ')}`] : []),
          ...(dns.options.length > 0 ? [`options ${dns.options.join(' ')}`] : []),
        ].join('\n')
      : fs.readFileSync('/etc/resolv.conf', 'utf8').trimEnd()
    const own = record.ips.map(ip => `${ip}\t${config.hostname}`)
    const local = ['127.0.0.1\tlocalhost', '::1\tlocalhost ip6-localhost ip6-loopback']
    fs.writeFileSync(join(directory, 'resolv.conf'), `${resolv}\n`, { mode: 0o644 })
    fs.writeFileSync(join(directory, 'hostname'), `${config.hostname}\n`, { mode: 0o644 })
    fs.writeFileSync(join(directory, 'hosts'), `${[...local, ...own].join('\n')}\n`, { mode: 0o644 })
  }

  #nodeIp(): string {
    if (this.#options.nodeIp) return this.#options.nodeIp
    const addresses = Object.values(os.networkInterfaces()).flatMap(list => list ?? [])
    return addresses.find(address => address.family === 'IPv4' && !address.internal)?.address ?? '127.0.0.1'
  }
}

function podGroup(sandboxId: string): string {
  return `pod-${sandboxId.slice(0, 32)}`
}

function sandboxStatus(record: SandboxRecord): PodSandboxStatus {
  const { id, config, state, createdAt, ips } = record
  return { id, config, state, createdAt, ips }
}

function containerStatus(record: ContainerRecord): ContainerStatus {
  const { id, podSandboxId, config, state, createdAt, startedAt, finishedAt, exitCode, reason, message, imageRef } =
    record
  const pid = record.init?.pid ?? 0
  return { id, podSandboxId, config, state, createdAt, startedAt, finishedAt, exitCode, reason, message, imageRef, pid }
}

function describe(isolation: Isolation, cgroups: Cgroups | string, network: PodNetwork | undefined): string {
  const limits = typeof cgroups === 'string' ? `no resource limits (${cgroups})` : `${cgroups.description} limits`
  const net = network ? network.description : "pods share the node's network, no ClusterIPs"
  switch (isolation.level) {
    case 'root':
      return `process: own namespaces as root, overlay root, ${limits}; ${net}; no seccomp, no user namespaces`
    case 'user':
      return `process: user namespaces (${isolation.reason}), overlay root, ${limits}; ${net}; one user id per pod`
    case 'plain':
      return `process: plain processes without isolation (${isolation.reason}), ${limits}; ${net}`
  }
}
