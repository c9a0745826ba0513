/**
 * Starts and ends the containers of one pod, and knows why one does not run. Works on the runtime's state as the caller
 * read it; decides nothing.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Container, Pod, Secret } from '@petrel/machinery/api/core-v1'
import { type ContainerConfig, type ContainerStatus, type Image, RuntimeError } from '../runtime/index.ts'
import { containerConfig } from './container-config.ts'
import { ConfigError } from './container-env.ts'
import type { RegistryCredentials } from './image-puller.ts'
import { runHook } from './lifecycle-hook.ts'
import type { NodeContext } from './node-context.ts'
import { containerAnnotations, containerLabels, graceSecondsOf, terminationOf } from './pod-labels.ts'
import { podKey } from './pod-spec.ts'
import type { PodState } from './pod-state.ts'
import type { WaitReason } from './pod-status.ts'
import { registryCredentials } from './registry-credentials.ts'
import { resourcesOf } from './sandbox-config.ts'

/** Termination messages are cut (KEP: 4096 bytes a container). */
const maxMessageBytes = 4096
/** kubelet keeps a log's last 80 lines or 2048 bytes as message. */
const maxLogMessageBytes = 2048

/** Why a container was not started, and when it is worth another try. */
export interface NotStarted {
  readonly waiting: WaitReason
  readonly retryMs: number
}

export class PodContainers {
  readonly #node: NodeContext
  /** Messages of containers that have ended, by id. */
  readonly #messages = new Map<string, string | undefined>()

  constructor(node: NodeContext) {
    this.#node = node
  }

  /** Resolves with undefined when the container runs. `volumes` are host paths by name. */
  async start(
    pod: Pod,
    container: Container,
    state: PodState,
    volumes: ReadonlyMap<string, string>,
  ): Promise<NotStarted | undefined> {
    const { backoff } = this.#node
    const ended = state.containers.get(container.name)?.current
    if (ended?.state === 'exited') {
      const key = `${pod.metadata?.uid}/${container.name}`
      const waitMs = backoff.waitMs(key, ended)
      if (waitMs > 0) return this.#crashLoop(pod, container, waitMs, backoff.delayMs(key))
    }
    const pulled = await this.#node.images.ensure(
      pod,
      container,
      (type, reason, message) => this.say(pod, container, type, reason, message),
      () => this.#credentials(pod, container.image ?? ''),
    )
    if ('waiting' in pulled) return pulled
    return this.#createAndStart(pod, container, state, volumes, pulled.image)
  }

  /** Runs preStop, then SIGTERM, then SIGKILL; the grace covers all of it. */
  async stop(pod: Pod, status: ContainerStatus, graceSeconds: number, why: string): Promise<void> {
    const { clock, probe, runtime } = this.#node
    const container = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])].find(
      ({ name }) => name === status.config.name,
    )
    if (container) this.say(pod, container, 'Normal', 'Killing', why)
    const began = clock.monotonic()
    if (container?.lifecycle?.preStop && graceSeconds > 0 && status.state === 'running') {
      const target = { containerId: status.id, container, podIP: pod.status?.podIP ?? '' }
      const fault = await runHook(container.lifecycle.preStop, target, graceSeconds, probe, clock)
      if (fault !== undefined) this.say(pod, container, 'Warning', 'FailedPreStopHook', 'PreStopHook failed')
    }
    const spent = clock.monotonic() - began
    // A hook that used up the grace leaves two seconds, as the kubelet does.
    await runtime.stopContainer(status.id, graceSeconds === 0 ? 0 : Math.max(2000, graceSeconds * 1000 - spent))
  }

  /** The grace that a container was started with, for pods that nobody knows any more. */
  graceOf(status: ContainerStatus): number {
    return graceSecondsOf(status)
  }

  /** Reads what ended containers left as message; call before `messageOf`. */
  async readMessages(pod: Pod, state: PodState): Promise<void> {
    const known = new Set<string>()
    for (const { current, previous } of state.containers.values()) {
      for (const status of [current, previous]) {
        if (status?.state !== 'exited') continue
        known.add(status.id)
        if (!this.#messages.has(status.id)) this.#messages.set(status.id, await this.#readMessage(pod, status))
      }
    }
    for (const id of this.#messages.keys()) if (!known.has(id)) this.#messages.delete(id)
  }

  messageOf(status: ContainerStatus): string | undefined {
    return this.#messages.get(status.id)
  }

  say(pod: Pod, container: Pick<Container, 'name'>, type: 'Normal' | 'Warning', reason: string, message: string): void {
    const { name = '', namespace = '', uid = '' } = pod.metadata ?? {}
    const isInit = pod.spec?.initContainers?.some(candidate => candidate.name === container.name) ?? false
    const fieldPath = `spec.${isInit ? 'initContainers' : 'containers'}{${container.name}}`
    this.#node.events.event({ apiVersion: 'v1', kind: 'Pod', namespace, name, uid, fieldPath }, type, reason, message)
  }

  #crashLoop(pod: Pod, container: Container, waitMs: number, delayMs: number): NotStarted {
    const { name, namespace, uid } = pod.metadata ?? {}
    const where = `${name}_${namespace}(${uid})`
    this.say(
      pod,
      container,
      'Warning',
      'BackOff',
      `Back-off restarting failed container ${container.name} in pod ${where}`,
    )
    const message = `back-off ${formatDelay(delayMs)} restarting failed container=${container.name} pod=${where}`
    return { waiting: { reason: 'CrashLoopBackOff', message }, retryMs: waitMs }
  }

  async #createAndStart(
    pod: Pod,
    container: Container,
    state: PodState,
    volumes: ReadonlyMap<string, string>,
    image: Image,
  ): Promise<NotStarted | undefined> {
    const { runtime, log } = this.#node
    const history = state.containers.get(container.name)
    const attempt = history ? history.current.config.attempt + 1 : 0
    const fail = (reason: string, error: unknown): NotStarted => {
      const message = error instanceof Error ? error.message : String(error)
      this.say(pod, container, 'Warning', 'Failed', `Error: ${message}`)
      log.debug('Container did not start', { pod: podKey(pod), container: container.name, reason, err: error })
      return { waiting: { reason, message }, retryMs: 5_000 }
    }
    let config: ContainerConfig
    try {
      config = await this.#config(pod, container, attempt, image, state, volumes)
    } catch (error) {
      return fail(error instanceof ConfigError ? 'CreateContainerConfigError' : 'CreateContainerError', error)
    }
    let id: string
    try {
      id = await runtime.createContainer(state.sandbox!.id, config)
    } catch (error) {
      return fail('CreateContainerError', error)
    }
    this.say(pod, container, 'Normal', 'Created', 'Container created')
    try {
      await runtime.startContainer(id)
    } catch (error) {
      return fail(
        error instanceof RuntimeError && error.reason === 'Timeout' ? 'CreateContainerError' : 'RunContainerError',
        error,
      )
    }
    this.say(pod, container, 'Normal', 'Started', 'Container started')
    // One run is kept for lastState and `logs --previous`.
    for (const old of [...(history?.previous ? [history.previous] : []), ...(history?.older ?? [])]) {
      await runtime.removeContainer(old.id)
    }
    return this.#postStart(pod, container, id, state)
  }

  async #postStart(pod: Pod, container: Container, id: string, state: PodState): Promise<NotStarted | undefined> {
    const handler = container.lifecycle?.postStart
    if (!handler) return undefined
    const target = { containerId: id, container, podIP: state.sandbox?.ips[0] ?? '' }
    const fault = await runHook(handler, target, 600, this.#node.probe, this.#node.clock)
    if (fault === undefined) return undefined
    this.say(pod, container, 'Warning', 'FailedPostStartHook', 'PostStartHook failed')
    const status = await this.#node.runtime.containerStatus(id)
    await this.stop(pod, status, pod.spec?.terminationGracePeriodSeconds ?? 30, 'FailedPostStartHook')
    return { waiting: { reason: 'PostStartHookError', message: fault }, retryMs: 1_000 }
  }

  #config(
    pod: Pod,
    container: Container,
    attempt: number,
    image: Image,
    state: PodState,
    volumes: ReadonlyMap<string, string>,
  ): Promise<ContainerConfig> {
    const { objects, facts, services, dns, volumes: podVolumes } = this.#node
    if (!podVolumes) return Promise.resolve(bareConfig(pod, container, attempt, image))
    const node = facts()
    const podIPs = pod.spec?.hostNetwork ? node.addresses : (state.sandbox?.ips ?? [])
    const sources = { objects, node, podIPs, services: services(pod.metadata?.namespace ?? '') }
    const place = { podFolder: podVolumes.podFolder(pod.metadata?.uid ?? ''), volumes, domain: dns().domain }
    return containerConfig(pod, container, attempt, image, sources, place)
  }

  async #credentials(pod: Pod, image: string): Promise<RegistryCredentials | undefined> {
    const namespace = pod.metadata?.namespace ?? ''
    const secrets: Secret[] = []
    for (const { name = '' } of pod.spec?.imagePullSecrets ?? []) {
      const secret = await this.#node.objects.secret(namespace, name)
      if (secret) secrets.push(secret)
    }
    return registryCredentials(image, secrets)
  }

  async #readMessage(pod: Pod, status: ContainerStatus): Promise<string | undefined> {
    const { path, fallBackToLogs } = terminationOf(status)
    const mount = status.config.mounts.find(({ containerPath }) => containerPath === path)
    const text = mount && (await readFile(mount.hostPath).catch(() => undefined))
    if (text && text.length > 0) return text.subarray(0, maxMessageBytes).toString()
    if (!fallBackToLogs || status.exitCode === 0) return undefined
    const file = join(
      this.#node.logFolder,
      `${pod.metadata?.namespace}_${pod.metadata?.name}_${pod.metadata?.uid}`,
      status.config.logPath,
    )
    const lines = await readFile(file, 'utf8').catch(() => '')
    // CRI's format: time, stream and tag stand before the text.
    const tail = lines
      .split('\n')
      .slice(-81)
      .map(line => line.split(' ').slice(3).join(' '))
      .join('\n')
    return tail.slice(-maxLogMessageBytes) || undefined
  }
}

/** Where containers have no files, only names and limits matter. */
function bareConfig(pod: Pod, container: Container, attempt: number, image: Image): ContainerConfig {
  return {
    name: container.name,
    attempt,
    image: image.id,
    command: container.command ?? [],
    args: container.args ?? [],
    workingDir: '',
    env: [],
    mounts: [],
    labels: containerLabels(pod, container),
    annotations: containerAnnotations(pod, container),
    logPath: join(container.name, `${attempt}.log`),
    stdin: false,
    stdinOnce: false,
    tty: false,
    resources: resourcesOf(container),
    securityContext: {
      supplementalGroups: [],
      privileged: false,
      readonlyRootfs: false,
      noNewPrivs: false,
      addCapabilities: [],
      dropCapabilities: [],
    },
  }
}

/** `10s`, `1m20s`, `5m0s`, as Go prints durations. */
function formatDelay(ms: number): string {
  const seconds = Math.round(ms / 1000)
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`
}
