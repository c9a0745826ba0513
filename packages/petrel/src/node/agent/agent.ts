/**
 * The node agent: registers the node, keeps its heartbeat, and has a worker for each of its pods. It can be killed at any
 * moment: what runs is the runtime's, and the next agent adopts it.
 */
import { join } from 'node:path'
import type { Node, Pod, Service } from '@petrel/machinery/api/core-v1'
import { services } from '@petrel/machinery/kinds'
import { type Clock, Lifetime, type Logger, type Rng } from '../../base/index.ts'
import { type Client, EventSink, type Informers } from '../../client/index.ts'
import type { Runtime } from '../runtime/index.ts'
import { CrashBackoff } from './crash-backoff.ts'
import { Heartbeat } from './heartbeat.ts'
import { ImagePuller } from './image-puller.ts'
import type { NodeContext } from './node-context.ts'
import type { NodeDescription, NodeHealth } from './node-object.ts'
import type { PodSource } from './pod-source.ts'
import { readAllPodStates } from './pod-state.ts'
import { PodWorker } from './pod-worker.ts'
import { passingProbes, probeRunner } from './probes/index.ts'
import { ObjectReads } from './referenced-objects.ts'
import type { DnsSettings } from './sandbox-config.ts'
import { PodVolumes, ServiceAccountTokens } from './volumes/index.ts'

export interface AgentOptions {
  readonly clock: Clock
  readonly rng: Rng
  readonly log: Logger
  readonly runtime: Runtime
  readonly description: NodeDescription
  readonly informers: Informers
  readonly pods: PodSource
  /** For pods, volumes and logs. Undefined where containers have no files and answer no probes (simulated). */
  readonly folder: string | undefined
  dns(): DnsSettings
}

export interface Agent {
  readonly nodeName: string
  /** Folder of the containers' logs. */
  readonly logFolder: string
  /** The pod as the API has it, by name. */
  pod(namespace: string, name: string): Pod | undefined
  readonly pods: readonly Pod[]
  /** Resolves when the node is registered and every pod that ran before has been taken over. */
  ready(): Promise<void>
  /** A sentence for readyz; undefined when all is well. */
  readonly problem: string | undefined
  /** Lets go; containers run on. */
  close(): Promise<void>
}

export function startAgent(client: Client, options: AgentOptions): Agent {
  return new NodeAgent(client, options)
}

class NodeAgent implements Agent {
  readonly nodeName: string
  readonly logFolder: string
  readonly #options: AgentOptions
  readonly #context: NodeContext
  readonly #lifetime: Lifetime
  readonly #workers = new Map<string, PodWorker>()
  readonly #ready: Promise<void>
  #node: Node | undefined
  #problem: string | undefined = 'the node is not registered yet'

  constructor(client: Client, options: AgentOptions) {
    const { clock, rng, log, runtime, description, informers, folder } = options
    this.#options = options
    this.nodeName = description.name
    this.logFolder = join(folder ?? '/nonexistent', 'logs')
    this.#lifetime = new Lifetime((task, err) => log.error('Node agent broke', { node: description.name, task, err }))
    const events = new EventSink({ client, clock, log, component: 'kubelet', host: description.name })
    this.#lifetime.defer(() => events.close())
    const serviceCache = informers.informer(services)
    const master = (): Service[] => {
      const service = serviceCache.get({ namespace: 'default', name: 'kubernetes' })
      return service ? [service] : []
    }
    this.#context = {
      client,
      clock,
      rng,
      log,
      events,
      runtime,
      images: new ImagePuller(runtime.images, clock),
      backoff: new CrashBackoff(clock),
      probe: folder === undefined ? passingProbes : probeRunner(runtime),
      objects: new ObjectReads(client, clock),
      tokens: new ServiceAccountTokens(client, clock),
      volumes: folder === undefined ? undefined : new PodVolumes(join(folder, 'pods')),
      logFolder: this.logFolder,
      facts: () => ({
        name: description.name,
        addresses: description.addresses.filter(({ type }) => type === 'InternalIP').map(({ address }) => address),
        allocatable: this.#node?.status?.allocatable ?? description.capacity,
      }),
      dns: options.dns,
      services: namespace =>
        namespace === 'default' ? serviceCache.list('default') : [...serviceCache.list(namespace), ...master()],
    }
    this.#ready = this.#start(client)
    this.#ready.catch((err: unknown) => {
      this.#problem = `the node could not start: ${err instanceof Error ? err.message : String(err)}`
      if (!this.#lifetime.signal.aborted) log.error('Node agent could not start', { node: description.name, err })
    })
  }

  get pods(): readonly Pod[] {
    return [...this.#workers.values()].map(worker => worker.pod)
  }

  get problem(): string | undefined {
    return this.#problem
  }

  pod(namespace: string, name: string): Pod | undefined {
    return this.pods.find(({ metadata }) => metadata?.namespace === namespace && metadata.name === name)
  }

  ready(): Promise<void> {
    return this.#ready
  }

  async close(): Promise<void> {
    for (const worker of this.#workers.values()) worker.close()
    await this.#lifetime.close()
  }

  async #start(client: Client): Promise<void> {
    const { clock, rng, log, description, informers, pods, runtime } = this.#options
    const { signal } = this.#lifetime
    const heartbeat = new Heartbeat({
      client,
      clock,
      rng,
      log,
      description,
      health: () => this.#health(),
      seen: node => {
        this.#node = node
      },
    })
    await heartbeat.register()
    this.#lifetime.run('heartbeat', task => heartbeat.run(task))
    await Promise.all([informers.informer(services).synced(signal), pods.synced(signal)])
    this.#lifetime.run('events', task => this.#followRuntime(task))
    const subscription = pods.subscribe(this.nodeName, {
      changed: pod => this.#changed(pod),
      gone: pod => this.#workers.get(pod.metadata?.uid ?? '')?.remove(),
    })
    this.#lifetime.defer(() => subscription.cancel())
    await this.#endOrphans()
    this.#problem = await runtime.status()
  }

  async #health(): Promise<NodeHealth> {
    const { runtime } = this.#options
    const [problem, images] = await Promise.all([runtime.status(), runtime.images.list()])
    this.#problem = problem
    return {
      problem,
      images: images.map(({ repoTags, repoDigests, sizeBytes }) => ({
        names: [...repoDigests, ...repoTags],
        sizeBytes,
      })),
    }
  }

  #changed(pod: Pod): void {
    const uid = pod.metadata?.uid ?? ''
    const known = this.#workers.get(uid)
    if (known) {
      known.update(pod)
      return
    }
    this.#watch(pod).poke()
  }

  #watch(pod: Pod): PodWorker {
    const worker = new PodWorker(pod, this.#context, () => this.#workers.delete(worker.uid))
    this.#workers.set(worker.uid, worker)
    return worker
  }

  async #followRuntime(signal: AbortSignal): Promise<void> {
    for await (const { podUid } of this.#options.runtime.events(signal)) this.#workers.get(podUid)?.poke()
  }

  /** Pods that the runtime still has and the API has no longer: deleted while no agent was there. */
  async #endOrphans(): Promise<void> {
    const { runtime, log } = this.#options
    const states = await readAllPodStates(runtime)
    for (const [uid, { sandbox }] of states) {
      if (this.#workers.has(uid) || !sandbox) continue
      const { name, namespace } = sandbox.config
      log.info('Ending a pod that was deleted meanwhile', { pod: `${namespace}/${name}`, uid })
      this.#watch({
        metadata: { uid, name, namespace, deletionGracePeriodSeconds: 30 },
        spec: { containers: [] },
      }).remove()
    }
    for (const uid of (await this.#context.volumes?.pods()) ?? []) {
      if (!this.#workers.has(uid)) await this.#context.volumes?.tearDown(uid)
    }
  }
}
