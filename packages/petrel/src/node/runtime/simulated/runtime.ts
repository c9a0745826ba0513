/**
 * The simulated runtime: a node's containers as records in memory, for tests and for scale. They start after a while, run
 * until they are stopped or their time is over, and do nothing. Every answer about one pod takes the time of that pod.
 */
import { randomBytes } from 'node:crypto'
import type { Duplex } from 'node:stream'
import { type Clock, sleep } from '../../../base/index.ts'
import {
  type ContainerConfig,
  type ContainerStats,
  type ContainerStatus,
  EventHub,
  type ExecResult,
  type PodSandboxConfig,
  type PodSandboxStatus,
  type Runtime,
  RuntimeError,
  type RuntimeEvent,
  type StreamSession,
} from '../index.ts'
import { AddressPool } from './address-pool.ts'
import { SimulatedImages } from './images.ts'
import { annotatedLifetime, type LifetimeOf } from './lifetime.ts'
import { containerStatus, podStatus, type SimulatedContainer, type SimulatedPod } from './simulated-pod.ts'

export interface SimulatedRuntimeOptions {
  readonly clock: Clock
  /** Addresses of the pods: an IPv4 range that no other node has. */
  readonly podCidr: string
  /** Address of the node, for pods in its network. */
  readonly nodeIp: string
  /** From the start of a container until it runs. Default 0. */
  readonly startDelayMs?: number
  /** References that no pull finds, besides those with the tag `404`. */
  readonly missingImages?: readonly string[]
  /** Default: by annotations (lifetime.ts). */
  readonly lifetime?: LifetimeOf
}

const workingSetBytes = 8 << 20
/** Of a core. */
const busyShare = 0.001

export function createSimulatedRuntime(options: SimulatedRuntimeOptions): Runtime {
  return new SimulatedRuntime(options)
}

class SimulatedRuntime implements Runtime {
  readonly name = 'simulated'
  readonly version = '1'
  readonly description: string
  readonly images: SimulatedImages
  readonly #clock: Clock
  readonly #options: SimulatedRuntimeOptions
  readonly #lifetime: LifetimeOf
  readonly #addresses: AddressPool
  readonly #hub = new EventHub<RuntimeEvent>()
  readonly #pods = new Map<string, SimulatedPod>()
  readonly #podsByUid = new Map<string, SimulatedPod[]>()
  readonly #containers = new Map<string, SimulatedContainer>()
  /** Makes ids of this run differ from those of the one before. */
  readonly #run = randomBytes(6).toString('hex')
  #ids = 0

  constructor(options: SimulatedRuntimeOptions) {
    this.#options = options
    this.#clock = options.clock
    this.#lifetime = options.lifetime ?? annotatedLifetime
    this.#addresses = new AddressPool(options.podCidr)
    this.images = new SimulatedImages(options.missingImages ?? [])
    this.description = `simulated: containers are records and run nothing; pods have addresses of ${options.podCidr}`
  }

  async status(): Promise<string | undefined> {
    return undefined
  }

  async runPodSandbox(config: PodSandboxConfig): Promise<string> {
    const address = config.hostNetwork ? this.#options.nodeIp : this.#addresses.take()
    if (address === undefined) {
      const pod = `${config.namespace}/${config.name}`
      throw new RuntimeError(
        'CreatePodSandboxError',
        `failed to create pod sandbox for "${pod}": no address is free in ${this.#addresses}`,
      )
    }
    const pod: SimulatedPod = {
      id: this.#newId(),
      config,
      createdAt: this.#clock.now(),
      ips: [address],
      state: 'ready',
      containers: [],
    }
    this.#pods.set(pod.id, pod)
    const siblings = this.#podsByUid.get(config.uid)
    if (siblings) siblings.push(pod)
    else this.#podsByUid.set(config.uid, [pod])
    this.#emit('created', pod)
    return pod.id
  }

  async stopPodSandbox(id: string): Promise<void> {
    const pod = this.#pods.get(id)
    if (pod?.state !== 'ready') return
    for (const container of pod.containers) this.#end(container, 0)
    pod.state = 'notready'
    if (!pod.config.hostNetwork) for (const ip of pod.ips) this.#addresses.release(ip)
    this.#emit('stopped', pod)
  }

  async removePodSandbox(id: string): Promise<void> {
    const pod = this.#pods.get(id)
    if (!pod) return
    await this.stopPodSandbox(id)
    for (const container of [...pod.containers]) await this.removeContainer(container.id)
    this.#pods.delete(id)
    const left = this.#podsByUid.get(pod.config.uid)?.filter(other => other !== pod) ?? []
    if (left.length > 0) this.#podsByUid.set(pod.config.uid, left)
    else this.#podsByUid.delete(pod.config.uid)
    this.#emit('deleted', pod)
  }

  async podSandboxStatus(id: string): Promise<PodSandboxStatus> {
    return podStatus(this.#pod(id))
  }

  async listPodSandboxes(podUid?: string): Promise<readonly PodSandboxStatus[]> {
    return this.#podsOf(podUid).map(podStatus)
  }

  async createContainer(sandboxId: string, config: ContainerConfig): Promise<string> {
    const pod = this.#pod(sandboxId)
    if (pod.state !== 'ready') throw new RuntimeError('CreateContainerError', `pod sandbox "${sandboxId}" is not ready`)
    const image = this.images.find(config.image)
    if (!image) throw new RuntimeError('CreateContainerError', `image "${config.image}": not found`)
    const container: SimulatedContainer = {
      id: this.#newId(),
      pod,
      config,
      imageRef: image.id,
      createdAt: this.#clock.now(),
      state: 'created',
      startedAt: 0,
      finishedAt: 0,
      exitCode: 0,
      timer: undefined,
    }
    pod.containers.push(container)
    this.#containers.set(container.id, container)
    this.#emit('created', pod, container)
    return container.id
  }

  async startContainer(id: string): Promise<void> {
    const container = this.#container(id)
    if (container.state !== 'created') {
      throw new RuntimeError('RunContainerError', `container "${id}" is ${container.state} and cannot be started`)
    }
    const { startDelayMs = 0 } = this.#options
    if (startDelayMs > 0) await sleep(this.#clock, startDelayMs)
    // Stopped or removed meanwhile.
    if (container.state !== 'created' || !this.#containers.has(id)) return
    container.state = 'running'
    container.startedAt = this.#clock.now()
    this.#emit('started', container.pod, container)
    const span = this.#lifetime(container.config, container.pod.config)
    if (span) container.timer = this.#clock.after(span.runMs, () => this.#end(container, span.exitCode))
  }

  async stopContainer(id: string): Promise<void> {
    const container = this.#containers.get(id)
    if (container) this.#end(container, 0)
  }

  async removeContainer(id: string): Promise<void> {
    const container = this.#containers.get(id)
    if (!container) return
    this.#end(container, 0)
    this.#containers.delete(id)
    const { pod } = container
    pod.containers.splice(pod.containers.indexOf(container), 1)
    this.#emit('deleted', pod, container)
  }

  async containerStatus(id: string): Promise<ContainerStatus> {
    return containerStatus(this.#container(id))
  }

  async listContainers(podUid?: string): Promise<readonly ContainerStatus[]> {
    if (podUid === undefined) return [...this.#containers.values()].map(containerStatus)
    return this.#podsOf(podUid).flatMap(({ containers }) => containers.map(containerStatus))
  }

  /** One line, in CRI's format. */
  async containerLog(id: string): Promise<Buffer> {
    const { startedAt } = this.#container(id)
    if (startedAt === 0) return Buffer.alloc(0)
    const time = new Date(startedAt).toISOString().replace('Z', '000000Z')
    return Buffer.from(`${time} stdout F This container is simulated: it runs nothing and writes nothing else.\n`)
  }

  async updateContainerResources(id: string): Promise<void> {
    this.#container(id)
  }

  async containerStats(id: string): Promise<ContainerStats> {
    const { state, startedAt } = this.#container(id)
    const at = this.#clock.now()
    if (state !== 'running') return { id, cpuUsageNanos: 0, memoryWorkingSetBytes: 0, at }
    return {
      id,
      cpuUsageNanos: Math.round((at - startedAt) * 1e6 * busyShare),
      memoryWorkingSetBytes: workingSetBytes,
      at,
    }
  }

  /** Succeeds without doing anything, so that probes and hooks do. */
  async execSync(id: string): Promise<ExecResult> {
    this.#container(id)
    return { exitCode: 0, stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) }
  }

  async exec(id: string): Promise<StreamSession> {
    throw this.#nothingRuns('exec in', id)
  }

  async attach(id: string): Promise<StreamSession> {
    throw this.#nothingRuns('attach to', id)
  }

  async portForward(sandboxId: string, port: number): Promise<Duplex> {
    this.#pod(sandboxId)
    throw new RuntimeError('Unsupported', `nobody listens on port ${port}: the pod is simulated and runs no process`)
  }

  events(signal: AbortSignal): AsyncIterable<RuntimeEvent> {
    return this.#hub.listen(signal)
  }

  async close(): Promise<void> {
    for (const { timer } of this.#containers.values()) timer?.cancel()
  }

  #end(container: SimulatedContainer, exitCode: number): void {
    container.timer?.cancel()
    container.timer = undefined
    if (container.state === 'exited') return
    const now = this.#clock.now()
    // One that never ran has no beginning of its own.
    if (container.startedAt === 0) container.startedAt = now
    container.state = 'exited'
    container.exitCode = exitCode
    container.finishedAt = now
    this.#emit('stopped', container.pod, container)
  }

  #nothingRuns(action: string, id: string): RuntimeError {
    const { config } = this.#container(id)
    return new RuntimeError(
      'Unsupported',
      `cannot ${action} container "${config.name}": it is simulated and runs no process`,
    )
  }

  #podsOf(uid: string | undefined): readonly SimulatedPod[] {
    return uid === undefined ? [...this.#pods.values()] : (this.#podsByUid.get(uid) ?? [])
  }

  #pod(id: string): SimulatedPod {
    const pod = this.#pods.get(id)
    if (!pod) throw new RuntimeError('NotFound', `pod sandbox "${id}": not found`)
    return pod
  }

  #container(id: string): SimulatedContainer {
    const container = this.#containers.get(id)
    if (!container) throw new RuntimeError('NotFound', `container "${id}": not found`)
    return container
  }

  #newId(): string {
    return `${this.#run}${(this.#ids++).toString(16).padStart(8, '0')}`
  }

  #emit(type: RuntimeEvent['type'], pod: SimulatedPod, container?: SimulatedContainer): void {
    this.#hub.emit({ type, podUid: pod.config.uid, sandboxId: pod.id, containerId: container?.id ?? '' })
  }
}
