/**
 * What runs containers: an interface shaped like CRI (k8s.io/cri-api runtime.v1), so that `process`, `simulated` and,
 * later, `cri` (containerd, CRI-O) are interchangeable. Names and meanings are CRI's; times are milliseconds since
 * the epoch, sizes bytes.
 *
 * State lives in the runtime, not in the caller: an agent that was killed lists what runs and adopts it.
 */
import type { Duplex, Readable, Writable } from 'node:stream'

export interface PodSandboxConfig {
  readonly name: string
  readonly namespace: string
  readonly uid: string
  /** Counts the sandboxes of one pod. */
  readonly attempt: number
  readonly hostname: string
  /** Folder for the logs of the pod's containers: /var/log/pods/<namespace>_<name>_<uid> under the data folder. */
  readonly logDirectory: string
  /** resolv.conf of the containers; undefined takes the node's. */
  readonly dns?: {
    readonly servers: readonly string[]
    readonly searches: readonly string[]
    readonly options: readonly string[]
  }
  readonly portMappings: readonly PortMapping[]
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  /** The pod lives in the node's own network, pid or ipc namespace. */
  readonly hostNetwork: boolean
  readonly hostPid: boolean
  readonly hostIpc: boolean
  readonly shareProcessNamespace: boolean
  readonly sysctls: Readonly<Record<string, string>>
  readonly securityContext: PodSecurityContext
  /** Limits of the pod as a whole. */
  readonly resources: Resources
}

export interface PortMapping {
  readonly protocol: 'TCP' | 'UDP' | 'SCTP'
  readonly containerPort: number
  readonly hostPort: number
  readonly hostIP: string
}

export interface PodSecurityContext {
  readonly supplementalGroups: readonly number[]
  readonly fsGroup?: number
}

export interface Resources {
  /** Thousandths of a core; undefined is unlimited. */
  readonly cpuLimitMilli?: number
  readonly cpuRequestMilli?: number
  readonly memoryLimitBytes?: number
  readonly pidsLimit?: number
}

export type PodSandboxState = 'ready' | 'notready'

export interface PodSandboxStatus {
  readonly id: string
  readonly config: PodSandboxConfig
  readonly state: PodSandboxState
  readonly createdAt: number
  /** Addresses of the pod; the node's own for hostNetwork. Empty while it has none. */
  readonly ips: readonly string[]
}

export interface Mount {
  readonly containerPath: string
  readonly hostPath: string
  readonly readonly: boolean
  readonly propagation?: 'private' | 'host-to-container' | 'bidirectional'
}

export interface ContainerSecurityContext {
  readonly runAsUser?: number
  readonly runAsGroup?: number
  readonly supplementalGroups: readonly number[]
  readonly privileged: boolean
  readonly readonlyRootfs: boolean
  readonly noNewPrivs: boolean
  readonly addCapabilities: readonly string[]
  readonly dropCapabilities: readonly string[]
}

export interface ContainerConfig {
  readonly name: string
  /** Counts the containers of this name in the pod: restarts. */
  readonly attempt: number
  /** Reference or id of an image that is present. */
  readonly image: string
  /** Empty takes the image's entry point. */
  readonly command: readonly string[]
  /** Empty takes the image's arguments, unless `command` is given. */
  readonly args: readonly string[]
  readonly workingDir: string
  readonly env: readonly { readonly name: string; readonly value: string }[]
  readonly mounts: readonly Mount[]
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  /** Relative to the sandbox's log directory: `<container>/<attempt>.log`. */
  readonly logPath: string
  readonly stdin: boolean
  readonly stdinOnce: boolean
  readonly tty: boolean
  readonly resources: Resources
  readonly securityContext: ContainerSecurityContext
}

/**
 * Annotation of containers that are expected to end by themselves: `true` for init containers that are no sidecars, and
 * for all containers of pods whose restartPolicy is not Always. Runtimes that only pretend to run go by it.
 */
export const runsToCompletion = 'petrel.dev/runs-to-completion'

export type ContainerState = 'created' | 'running' | 'exited' | 'unknown'

export interface ContainerStatus {
  readonly id: string
  readonly podSandboxId: string
  readonly config: ContainerConfig
  readonly state: ContainerState
  readonly createdAt: number
  readonly startedAt: number
  readonly finishedAt: number
  /** 128 + signal when a signal ended it. */
  readonly exitCode: number
  /** `Completed`, `Error`, `OOMKilled`, `ContainerCannotRun`. */
  readonly reason: string
  readonly message: string
  /** Id of the image: `sha256:…`. */
  readonly imageRef: string
  readonly pid: number
}

export interface ExecResult {
  readonly exitCode: number
  readonly stdout: Buffer
  readonly stderr: Buffer
}

/** A process in a container, or the container itself (attach). */
export interface StreamSession {
  /** Undefined when stdin was not asked for. */
  readonly stdin: Writable | undefined
  readonly stdout: Readable | undefined
  /** Undefined with a tty. */
  readonly stderr: Readable | undefined
  resize(columns: number, rows: number): void
  /** The exit code; for attach, when the container ended or the session was closed. */
  readonly exit: Promise<number>
  close(): void
}

export interface ExecOptions {
  readonly command: readonly string[]
  readonly stdin: boolean
  readonly stdout: boolean
  readonly stderr: boolean
  readonly tty: boolean
}

export type RuntimeEvent = {
  readonly type: 'started' | 'stopped' | 'created' | 'deleted'
  readonly podUid: string
  readonly sandboxId: string
  readonly containerId: string
}

export interface ContainerStats {
  readonly id: string
  readonly cpuUsageNanos: number
  readonly memoryWorkingSetBytes: number
  readonly at: number
}

export interface Runtime {
  /** `process`, `simulated`, `cri`. */
  readonly name: string
  readonly version: string
  /** One line for people: which isolation this machine allows, and what is missing. */
  readonly description: string

  /** Undefined when ready; otherwise why not, for the node's Ready condition. */
  status(): Promise<string | undefined>

  runPodSandbox(config: PodSandboxConfig): Promise<string>
  /** Ends all containers, releases the network. Idempotent. */
  stopPodSandbox(id: string): Promise<void>
  removePodSandbox(id: string): Promise<void>
  podSandboxStatus(id: string): Promise<PodSandboxStatus>
  /** All, or those of one pod. */
  listPodSandboxes(podUid?: string): Promise<readonly PodSandboxStatus[]>

  /** Rejects with RuntimeError: InvalidImage, ContainerCannotRun, … */
  createContainer(sandboxId: string, config: ContainerConfig): Promise<string>
  startContainer(id: string): Promise<void>
  /** SIGTERM (or the image's stop signal), then SIGKILL after `graceMs`. Resolves when it has ended. Idempotent. */
  stopContainer(id: string, graceMs: number): Promise<void>
  removeContainer(id: string): Promise<void>
  containerStatus(id: string): Promise<ContainerStatus>
  /** All, or those of one pod. */
  listContainers(podUid?: string): Promise<readonly ContainerStatus[]>
  /** The log in CRI's format, from runtimes that write no files. */
  containerLog?(id: string): Promise<Buffer>
  updateContainerResources(id: string, resources: Resources): Promise<void>
  containerStats(id: string): Promise<ContainerStats>

  /** Rejects with RuntimeError reason `Timeout` after `timeoutMs`; the process is killed. */
  execSync(id: string, command: readonly string[], timeoutMs: number): Promise<ExecResult>
  exec(id: string, options: ExecOptions): Promise<StreamSession>
  attach(id: string, options: Omit<ExecOptions, 'command'>): Promise<StreamSession>
  /** A connection to 127.0.0.1:port inside the pod. */
  portForward(sandboxId: string, port: number): Promise<Duplex>

  /** Every change of state from the call on, so that nobody has to poll. Ends with the signal. */
  events(signal: AbortSignal): AsyncIterable<RuntimeEvent>

  readonly images: ImageService

  /** Lets go of this process's hold; containers run on. */
  close(): Promise<void>
}

export interface Image {
  /** `sha256:…` of the config. */
  readonly id: string
  readonly repoTags: readonly string[]
  readonly repoDigests: readonly string[]
  readonly sizeBytes: number
  /** User of the image config: a number, or a name. */
  readonly user: string
}

export interface ImageService {
  list(): Promise<readonly Image[]>
  /** By tag, digest or id; undefined when absent. */
  status(reference: string): Promise<Image | undefined>
  /** Rejects with RuntimeError: ErrImagePull reasons with words. Returns the image. */
  pull(reference: string, auth?: { readonly username: string; readonly password: string }): Promise<Image>
  remove(reference: string): Promise<void>
}

/** `reason` is what shows in the pod: ErrImagePull, InvalidImageName, CreateContainerError, RunContainerError, Timeout, NotFound. */
export class RuntimeError extends Error {
  override readonly name = 'RuntimeError'
  readonly reason: string

  constructor(reason: string, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.reason = reason
  }
}
