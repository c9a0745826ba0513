/**
 * One pod on this node: a loop that compares what the API wants with what the runtime has, and takes the next step
 * (pkg/kubelet/pod_workers.go). Level-triggered: it is poked by changes of either side, by probes and by timers, and each
 * pass reads the state anew. Invariant: steps of one pod never overlap, so nothing is started twice.
 */
import type { Container, Pod, PodStatus } from '@petrel/machinery/api/core-v1'
import { pods as podResource } from '@petrel/machinery/kinds'
import { isStatus } from '@petrel/machinery/status'
import type { Timer } from '../../base/index.ts'
import { sameJson } from '../../client/index.ts'
import type { ContainerStatus } from '../runtime/index.ts'
import type { NodeContext } from './node-context.ts'
import { planOf } from './plan.ts'
import { PodContainers } from './pod-containers.ts'
import { allContainers, isTerminal, podKey } from './pod-spec.ts'
import { type PodState, readPodState, stateOf } from './pod-state.ts'
import { podStatusOf, type WaitReason } from './pod-status.ts'
import { ContainerProbes } from './probes/index.ts'
import { sandboxConfig } from './sandbox-config.ts'

/** Volumes of API data are brought up to date so often, spread over the pods. */
const refreshMs = 60_000
/** A ConfigMap or Secret that is not there yet is looked for so often. */
const mountRetryMs = 2_000
/** After a step that failed for reasons outside the pod. */
const firstRetryMs = 500
const maxRetryMs = 30_000

export class PodWorker {
  readonly uid: string
  readonly #node: NodeContext
  readonly #containers: PodContainers
  readonly #probes = new Map<string, { readonly containerId: string; readonly probes: ContainerProbes }>()
  readonly #waiting = new Map<string, WaitReason>()
  /** Containers whose liveness or startup probe has given them up, by container id. */
  readonly #unhealthy = new Map<string, string>()
  readonly #done: () => void
  #pod: Pod
  #state: PodState = stateOf([], [])
  #volumes: ReadonlyMap<string, string> | undefined
  /** Deleted from the API without grace: only the runtime still knows it. */
  #removed = false
  #failed: { readonly reason: string; readonly message: string } | undefined
  #busy = false
  #again = false
  #closed = false
  #retries = 0
  #timer: Timer | undefined
  #refreshAt = 0
  /** The grace with which containers are being ended now, seconds. */
  #endingWith: number | undefined
  #lastMountFault = ''

  /** `done` is called when nothing of the pod is left on the node. */
  constructor(pod: Pod, node: NodeContext, done: () => void) {
    this.uid = pod.metadata?.uid ?? ''
    this.#pod = pod
    this.#node = node
    this.#containers = new PodContainers(node)
    this.#done = done
    this.#refreshAt = node.clock.now() + refreshMs * (1 + node.rng.next())
  }

  get pod(): Pod {
    return this.#pod
  }

  get state(): PodState {
    return this.#state
  }

  /** The API has a newer version of the pod. */
  update(pod: Pod): void {
    this.#pod = pod
    if (pod.metadata?.deletionTimestamp) this.#hasten(pod.metadata.deletionGracePeriodSeconds ?? 30)
    this.poke()
  }

  /** The pod is gone from the API. */
  remove(): void {
    this.#removed = true
    this.#hasten(0)
    this.poke()
  }

  /** Something changed: look again, now or when the present pass is over. */
  poke(): void {
    if (this.#closed) return
    if (this.#busy) {
      this.#again = true
      return
    }
    this.#busy = true
    this.#timer?.cancel()
    void this.#run()
  }

  /** Stops looking after the pod; its containers run on. */
  close(): void {
    this.#closed = true
    this.#timer?.cancel()
    for (const { probes } of this.#probes.values()) probes.close()
    this.#probes.clear()
  }

  async #run(): Promise<void> {
    let nextMs: number | undefined
    do {
      this.#again = false
      try {
        nextMs = await this.#pass()
        this.#retries = 0
      } catch (error) {
        nextMs = Math.min(maxRetryMs, firstRetryMs * 2 ** this.#retries++)
        if (!this.#closed)
          this.#node.log.warn('Pod could not be brought up to date', {
            pod: podKey(this.#pod),
            err: error,
            retryMs: nextMs,
          })
      }
    } while (this.#again && !this.#closed)
    this.#busy = false
    if (!this.#closed && nextMs !== undefined) this.#timer = this.#node.clock.after(nextMs, () => this.poke())
  }

  /** One look and one step. Resolves with when to look again, if nothing wakes it before. */
  async #pass(): Promise<number | undefined> {
    this.#state = await readPodState(this.#node.runtime, this.uid)
    if (this.#removed) return this.#forget()
    if (this.#pod.metadata?.deletionTimestamp) return this.#terminate()
    if (isTerminal(this.#pod)) return this.#rest()
    this.#checkDeadline()
    if (this.#failed) return this.#fail()
    return this.#keepRunning()
  }

  async #keepRunning(): Promise<number | undefined> {
    const pod = this.#pod
    this.#followProbes()
    await this.#endUnhealthy()
    const plan = planOf({ pod, state: this.#state, isStarted: name => this.#isStarted(name) })
    if (plan.finished || plan.stop.length > 0) {
      await this.#stopAll(plan.stop, 'Stopping container')
      await this.#reread()
      return this.#report()
    }
    if (!(await this.#ensureSandbox())) return this.#report()
    if (!(await this.#ensureVolumes())) {
      await this.#report()
      return mountRetryMs
    }
    let nextMs: number | undefined
    this.#waiting.clear()
    for (const container of plan.start) {
      // Before the first of several starts, so that users see what has been reached.
      const outcome = await this.#containers.start(pod, container, this.#state, this.#volumes ?? new Map())
      if (outcome) {
        this.#waiting.set(container.name, outcome.waiting)
        nextMs = Math.min(nextMs ?? outcome.retryMs, outcome.retryMs)
      }
      // Whoever is deleted meanwhile is not started further.
      if (this.#removed || this.#pod.metadata?.deletionTimestamp) {
        this.#again = true
        return undefined
      }
    }
    if (plan.start.length > 0) await this.#reread()
    await this.#report()
    const refresh = await this.#refreshVolumes()
    return Math.min(nextMs ?? Number.POSITIVE_INFINITY, refresh, this.#untilDeadline())
  }

  async #reread(): Promise<void> {
    this.#state = await readPodState(this.#node.runtime, this.uid)
    this.#followProbes()
  }

  /** False when there is none and one could not be made; the event says why. */
  async #ensureSandbox(): Promise<boolean> {
    const { runtime, logFolder, dns, events } = this.#node
    const { sandbox, oldSandboxes } = this.#state
    if (sandbox?.state === 'ready') return true
    for (const old of [...oldSandboxes, ...(sandbox ? [sandbox] : [])]) await runtime.stopPodSandbox(old.id)
    if (sandbox)
      events.event(
        this.#reference(),
        'Normal',
        'SandboxChanged',
        'Pod sandbox changed, it will be killed and re-created.',
      )
    const attempt = sandbox ? sandbox.config.attempt + 1 : 0
    try {
      await runtime.runPodSandbox(sandboxConfig(this.#pod, attempt, logFolder, dns()))
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      events.event(this.#reference(), 'Warning', 'FailedCreatePodSandBox', `Failed to create pod sandbox: ${why}`)
      await this.#report()
      throw error
    }
    for (const old of oldSandboxes) await runtime.removePodSandbox(old.id)
    await this.#reread()
    return true
  }

  async #ensureVolumes(): Promise<boolean> {
    const { volumes, events } = this.#node
    if (this.#volumes) return true
    if (!volumes) {
      this.#volumes = new Map()
      return true
    }
    try {
      this.#volumes = await volumes.setUp(this.#pod, this.#volumeSources())
      return true
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      if (why !== this.#lastMountFault)
        this.#node.log.info('Volumes are not ready', { pod: podKey(this.#pod), err: error })
      this.#lastMountFault = why
      events.event(this.#reference(), 'Warning', 'FailedMount', why)
      return false
    }
  }

  /** Resolves with the time until the next refresh. */
  async #refreshVolumes(): Promise<number> {
    const { volumes, clock } = this.#node
    if (!volumes || (this.#pod.spec?.volumes ?? []).length === 0) return Number.POSITIVE_INFINITY
    if (clock.now() >= this.#refreshAt) {
      await volumes.refresh(this.#pod, this.#volumeSources())
      this.#refreshAt = clock.now() + refreshMs
    }
    return this.#refreshAt - clock.now()
  }

  #volumeSources() {
    const { objects, facts, tokens } = this.#node
    const podIPs = this.#pod.spec?.hostNetwork ? facts().addresses : (this.#state.sandbox?.ips ?? [])
    return {
      objects,
      node: facts(),
      podIPs,
      token: (pod: Pod, audience: string | undefined, expirationSeconds: number) =>
        tokens.get(pod, audience, expirationSeconds),
    }
  }

  /** Probes run for containers that run, and no others. */
  #followProbes(): void {
    const { clock, rng, probe } = this.#node
    for (const [name, { containerId, probes }] of this.#probes) {
      const current = this.#state.containers.get(name)?.current
      if (current?.id === containerId && current.state === 'running') continue
      probes.close()
      this.#probes.delete(name)
    }
    for (const container of allContainers(this.#pod) as Container[]) {
      const current = this.#state.containers.get(container.name)?.current
      if (current?.state !== 'running' || this.#probes.has(container.name)) continue
      const known = this.#knownAnswers(container.name, current)
      const probes = new ContainerProbes({
        container,
        containerId: current.id,
        startedAt: current.startedAt,
        podIP: this.#state.sandbox?.ips[0] ?? '',
        clock,
        rng,
        run: probe,
        ...(known && { known }),
        changed: () => this.poke(),
        unhealthy: kind => {
          this.#unhealthy.set(
            current.id,
            `Container ${container.name} failed ${kind.toLowerCase()} probe, will be restarted`,
          )
          this.poke()
        },
        failed: (kind, output) =>
          this.#containers.say(this.#pod, container, 'Warning', 'Unhealthy', `${kind} probe failed: ${output}`),
      })
      this.#probes.set(container.name, { containerId: current.id, probes })
    }
  }

  /** What the pod's status said of this very run: an agent that comes back does not make a ready pod unready. */
  #knownAnswers(name: string, current: ContainerStatus): { started: boolean; ready: boolean } | undefined {
    const statuses = [
      ...(this.#pod.status?.containerStatuses ?? []),
      ...(this.#pod.status?.initContainerStatuses ?? []),
    ]
    const known = statuses.find(status => status.name === name)
    if (!known?.containerID?.endsWith(current.id)) return undefined
    return { started: known.started ?? false, ready: known.ready }
  }

  #isStarted(name: string): boolean {
    return this.#probes.get(name)?.probes.started ?? true
  }

  #isReady(name: string): boolean {
    return this.#probes.get(name)?.probes.ready ?? true
  }

  async #endUnhealthy(): Promise<void> {
    for (const { current } of this.#state.containers.values()) {
      const why = this.#unhealthy.get(current.id)
      if (why === undefined || current.state !== 'running') continue
      const container = (this.#pod.spec?.containers ?? []).find(({ name }) => name === current.config.name)
      const grace =
        container?.livenessProbe?.terminationGracePeriodSeconds ?? this.#pod.spec?.terminationGracePeriodSeconds ?? 30
      await this.#containers.stop(this.#pod, current, grace, why)
    }
    this.#unhealthy.clear()
    if (this.#state.containers.size > 0) await this.#reread()
  }

  async #stopAll(ids: readonly string[], why: string): Promise<void> {
    const grace = this.#graceSeconds()
    const doomed = [...this.#state.containers.values()]
      .map(({ current }) => current)
      .filter(({ id }) => ids.includes(id))
    await Promise.all(
      doomed.map(status => this.#containers.stop(this.#pod, status, grace, `${why} ${status.config.name}`)),
    )
  }

  #graceSeconds(): number {
    const { deletionGracePeriodSeconds } = this.#pod.metadata ?? {}
    return deletionGracePeriodSeconds ?? this.#pod.spec?.terminationGracePeriodSeconds ?? 30
  }

  /** Ends what runs: containers first, init containers and sidecars after them in reverse order. */
  async #stopEverything(): Promise<void> {
    this.#endingWith = this.#graceSeconds()
    try {
      await this.#stopInOrder()
    } finally {
      this.#endingWith = undefined
    }
  }

  /** The grace was shortened while it runs: the runtime is told again, and the shorter one counts. */
  #hasten(graceSeconds: number): void {
    if (this.#endingWith === undefined || graceSeconds >= this.#endingWith) return
    this.#endingWith = graceSeconds
    for (const { current } of this.#state.containers.values()) {
      if (current.state !== 'running') continue
      this.#node.runtime.stopContainer(current.id, graceSeconds * 1000).catch(error => {
        this.#node.log.warn('Container could not be ended sooner', { pod: podKey(this.#pod), err: error })
      })
    }
  }

  async #stopInOrder(): Promise<void> {
    const inits = new Set((this.#pod.spec?.initContainers ?? []).map(({ name }) => name))
    const running = [...this.#state.containers.values()]
      .map(({ current }) => current)
      .filter(({ state }) => state === 'running')
    const grace = this.#graceSeconds()
    const stop = (status: ContainerStatus): Promise<void> =>
      this.#containers.stop(this.#pod, status, grace, `Stopping container ${status.config.name}`)
    await Promise.all(running.filter(({ config }) => !inits.has(config.name)).map(stop))
    const sidecars = running.filter(({ config }) => inits.has(config.name))
    for (const status of sidecars.reverse()) await stop(status)
  }

  /** Deletion with grace: end, tell the API how it ended, free everything, and let the object go. */
  async #terminate(): Promise<number | undefined> {
    for (const { probes } of this.#probes.values()) probes.close()
    this.#probes.clear()
    await this.#stopEverything()
    await this.#reread()
    for (const { probes } of this.#probes.values()) probes.close()
    this.#probes.clear()
    await this.#report(true)
    await this.#free()
    const { name = '', namespace, deletionGracePeriodSeconds } = this.#pod.metadata ?? {}
    // Confirmed before; what holds the object now is a finalizer, and no affair of the node.
    if (deletionGracePeriodSeconds === 0) return undefined
    try {
      await this.#node.client.delete(
        podResource,
        { namespace, name },
        { gracePeriodSeconds: 0, preconditions: { uid: this.uid } },
      )
    } catch (error) {
      if (!isStatus(error, 'NotFound') && !isStatus(error, 'Conflict')) throw error
    }
    return undefined
  }

  async #forget(): Promise<undefined> {
    await this.#stopEverything()
    await this.#free()
    this.close()
    this.#done()
  }

  /** Sandbox, containers and volumes go; logs go with them. */
  async #free(): Promise<void> {
    const { runtime, volumes, tokens, images, backoff } = this.#node
    for (const sandbox of [...(this.#state.sandbox ? [this.#state.sandbox] : []), ...this.#state.oldSandboxes]) {
      await runtime.stopPodSandbox(sandbox.id)
      await runtime.removePodSandbox(sandbox.id)
    }
    await volumes?.tearDown(this.uid)
    tokens.forget(this.uid)
    images.forget(this.uid)
    backoff.forget(`${this.uid}/`)
  }

  /** The pod has ended by itself: its sandbox goes, what it left stays until it is deleted. */
  async #rest(): Promise<undefined> {
    await this.#stopEverything()
    const { sandbox } = this.#state
    if (sandbox?.state === 'ready') {
      await this.#node.runtime.stopPodSandbox(sandbox.id)
      await this.#reread()
    }
    await this.#report()
  }

  async #fail(): Promise<undefined> {
    await this.#stopEverything()
    await this.#reread()
    await this.#report()
  }

  #checkDeadline(): void {
    if (this.#failed || this.#untilDeadline() > 0) return
    this.#failed = {
      reason: 'DeadlineExceeded',
      message: 'Pod was active on the node longer than the specified deadline',
    }
    this.#node.events.event(this.#reference(), 'Normal', 'DeadlineExceeded', this.#failed.message)
  }

  #untilDeadline(): number {
    const { activeDeadlineSeconds } = this.#pod.spec ?? {}
    const { startTime } = this.#pod.status ?? {}
    if (activeDeadlineSeconds === undefined || !startTime) return Number.POSITIVE_INFINITY
    return Date.parse(startTime) + activeDeadlineSeconds * 1000 - this.#node.clock.now()
  }

  /** Writes the status when it differs from what the API has. */
  async #report(ending = false): Promise<undefined> {
    for (;;) {
      const pod = this.#pod
      // What the API knows of a pod that has ended is more than a runtime that has forgotten it.
      if (isTerminal(pod) && this.#state.containers.size === 0) return
      const status = { ...pod.status, ...(await this.#status(ending)) }
      if (sameJson(status, pod.status)) return
      try {
        this.#pod = await this.#node.client.update(podResource, { ...pod, status }, { subresource: 'status' })
        if (isTerminal(this.#pod) && !isTerminal(pod)) this.#again = true
        return
      } catch (error) {
        if (isStatus(error, 'Conflict') && (await this.#catchUp())) continue
        // Gone or replaced: the informer tells.
        if (!isStatus(error, 'NotFound') && !isStatus(error, 'Conflict')) throw error
        return
      }
    }
  }

  async #status(ending: boolean): Promise<PodStatus> {
    await this.#containers.readMessages(this.#pod, this.#state)
    const status = podStatusOf({
      pod: this.#pod,
      state: this.#state,
      now: this.#node.clock.now(),
      hostIPs: this.#node.facts().addresses,
      waiting: ending ? new Map() : this.#waiting,
      isStarted: name => this.#isStarted(name),
      isReady: name => !ending && this.#isReady(name),
      terminationMessage: container => this.#containers.messageOf(container),
      ...(this.#failed && { failed: this.#failed }),
    })
    return ending ? ended(status) : status
  }

  /** Takes the pod as the API has it now. False when it is gone, or another one has its name. */
  async #catchUp(): Promise<boolean> {
    const { name = '', namespace } = this.#pod.metadata ?? {}
    const pod = await this.#node.client.get(podResource, { namespace, name })
    if (pod.metadata?.uid !== this.uid) return false
    if (pod.metadata.deletionTimestamp && !this.#pod.metadata?.deletionTimestamp) this.#again = true
    this.#pod = pod
    return true
  }

  #reference() {
    const { name = '', namespace = '', uid = '' } = this.#pod.metadata ?? {}
    return { apiVersion: 'v1', kind: 'Pod', name, namespace, uid }
  }
}

/** Once all containers have ended under deletion the pod is over, whatever its restart policy. */
function ended(status: PodStatus): PodStatus {
  if (status.phase === 'Succeeded' || status.phase === 'Failed') return status
  const ends = (status.containerStatuses ?? []).map(({ state }) => state?.terminated)
  if (ends.some(end => end === undefined)) return status
  return { ...status, phase: ends.every(end => end?.exitCode === 0) ? 'Succeeded' : 'Failed' }
}
