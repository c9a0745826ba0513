/**
 * The scheduler: pods without a node in, bindings out. One pod is placed at a time against the state in memory, which
 * takes the decision at once (assumed); the binding is written in the background, and taken back when it is refused.
 */
import type { Node, Pod, PodCondition } from '@petrel/machinery/api/core-v1'
import { nodes as nodeResource, pods as podResource } from '@petrel/machinery/kinds'
import { isStatus } from '@petrel/machinery/status'
import { type Clock, Lifetime, type Logger, type Rng, toTime } from '../base/index.ts'
import { type Client, EventSink, type Informers, sameJson } from '../client/index.ts'
import { ClusterState } from './cluster-state.ts'
import { describeRefusals, findNode, refusalOf } from './find-node.ts'
import type { NodeState } from './node-state.ts'
import type { PodFacts } from './pod-facts.ts'
import { findPreemption, type Preemption } from './preempt.ts'
import { SchedulingQueue } from './scheduling-queue.ts'

export interface SchedulerOptions {
  readonly clock: Clock
  readonly rng: Rng
  readonly log: Logger
  /** The shared cache; it stays open. */
  readonly informers: Informers
  /** Pods that name another scheduler are left alone. */
  readonly schedulerName?: string
}

export interface Scheduler {
  /** Pods that wait for a node. */
  readonly waiting: number
  /** A sentence for readyz; undefined when the caches are filled. */
  readonly problem: string | undefined
  close(): Promise<void>
}

interface Nomination {
  readonly facts: PodFacts
  readonly node: string
  readonly victims: readonly string[]
}

/** Placements between two turns of the event loop, and bindings on their way at once. */
const placementsPerTurn = 16
const maxBindings = 128

export function startScheduler(client: Client, options: SchedulerOptions): Scheduler {
  const run = new Run(client, options)
  return {
    get waiting() {
      return run.queue.size
    },
    get problem() {
      return run.synced ? undefined : 'the scheduler waits for its caches'
    },
    close: () => run.close(),
  }
}

class Run {
  readonly queue: SchedulingQueue
  synced = false
  readonly #client: Client
  readonly #options: SchedulerOptions
  readonly #state = new ClusterState()
  readonly #events: EventSink
  readonly #lifetime: Lifetime
  /** Pods that were promised the room their victims leave, by uid. */
  readonly #nominated = new Map<string, Nomination>()
  /** Pods whose binding has not been seen yet: an update of the unbound pod must not bring them back into the queue. */
  readonly #assumed = new Set<string>()
  readonly #name: string
  #bindings = 0
  #start = 0
  #wake: (() => void) | undefined

  constructor(client: Client, options: SchedulerOptions) {
    const { clock, log, informers } = options
    this.#client = client
    this.#options = options
    this.#name = options.schedulerName ?? 'default-scheduler'
    this.queue = new SchedulingQueue(clock, () => this.#wake?.())
    this.#events = new EventSink({ client, clock, log, component: this.#name })
    this.#lifetime = new Lifetime((name, err) => log.error('Scheduler broke', { task: name, err }))
    const nodes = informers.informer(nodeResource)
    const pods = informers.informer(podResource)
    const handlers = [
      nodes.on({
        add: node => this.#nodeChanged(node, undefined),
        update: (node, old) => this.#nodeChanged(node, old),
        delete: node => this.#state.removeNode(node.metadata?.name ?? ''),
      }),
      pods.on({
        add: pod => this.#podChanged(pod, undefined),
        update: (pod, old) => this.#podChanged(pod, old),
        delete: pod => this.#podGone(pod),
      }),
    ]
    this.#lifetime.defer(() => this.#events.close())
    this.#lifetime.defer(() => this.queue.close())
    this.#lifetime.defer(() => this.#wake?.())
    for (const handler of handlers) this.#lifetime.defer(() => handler.cancel())
    this.#lifetime.run('schedule', async signal => {
      await Promise.all([nodes.synced(signal), pods.synced(signal)])
      this.synced = true
      await this.#schedule(signal)
    })
  }

  close(): Promise<void> {
    return this.#lifetime.close()
  }

  #nodeChanged(node: Node, old: Node | undefined): void {
    this.#state.setNode(node)
    // Heartbeats and image lists make no room.
    const makesRoom =
      !old ||
      !sameJson(node.status?.allocatable, old.status?.allocatable) ||
      !sameJson(node.spec, old.spec) ||
      !sameJson(node.metadata?.labels, old.metadata?.labels)
    if (makesRoom) this.queue.clusterChanged()
  }

  #podChanged(pod: Pod, old: Pod | undefined): void {
    const uid = pod.metadata?.uid ?? ''
    const over = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed'
    if (over) {
      this.#podGone(pod)
      return
    }
    if (pod.spec?.nodeName) {
      this.queue.remove(uid)
      this.#nominated.delete(uid)
      this.#assumed.delete(uid)
      this.#state.placePod(pod, pod.spec.nodeName)
      return
    }
    const ours = (pod.spec?.schedulerName ?? 'default-scheduler') === this.#name
    const gated = (pod.spec?.schedulingGates ?? []).length > 0
    if (!ours || gated || pod.metadata?.deletionTimestamp) this.queue.remove(uid)
    else if (this.#assumed.has(uid)) return
    else if (old && !sameJson(old.spec, pod.spec)) this.queue.retry(pod)
    else this.queue.put(pod)
  }

  #podGone(pod: Pod): void {
    const uid = pod.metadata?.uid ?? ''
    this.queue.remove(uid)
    this.#nominated.delete(uid)
    this.#assumed.delete(uid)
    if (this.#state.forgetPod(uid)) this.queue.clusterChanged()
  }

  async #schedule(signal: AbortSignal): Promise<void> {
    let turn = 0
    while (!signal.aborted) {
      const next = this.#bindings < maxBindings ? this.queue.take() : undefined
      if (!next) {
        await new Promise<void>(resolve => {
          this.#wake = resolve
        })
        this.#wake = undefined
        continue
      }
      this.#placeOne(next.facts, next.failed)
      if (++turn % placementsPerTurn === 0) await new Promise(resolve => setImmediate(resolve))
    }
  }

  #placeOne(facts: PodFacts, failed: (seen: number | undefined) => void): void {
    const seen = this.queue.changes
    const nodes = this.#state.nodes
    const promised = this.#nominated.get(facts.uid)
    const promisedNode = promised && this.#state.node(promised.node)
    const place = findNode(facts, nodes, this.#start, this.#options.rng, node => this.#withPromised(node, facts))
    this.#start = place.nextStart
    const node = promisedNode && !refusalOf(facts, this.#withPromised(promisedNode, facts)) ? promisedNode : place.node
    if (node) {
      this.#bind(facts, node, failed)
      return
    }
    const words = describeRefusals(nodes.length, place.refusals.values())
    // While its victims are on their way out it makes no others (PodEligibleToPreemptOthers).
    const waits = promised?.victims.some(uid => this.#state.holds(uid))
    const preemption = waits ? undefined : findPreemption(facts, place.refusals)
    failed(seen)
    this.#lifetime.run('report', () => this.#report(facts, words, preemption))
  }

  /** The node with the pods that were promised room on it, as far as they outrank the one to be placed. */
  #withPromised(node: NodeState, facts: PodFacts): NodeState {
    let seen = node
    for (const { facts: other, node: name } of this.#nominated.values()) {
      if (name !== node.name || other.uid === facts.uid || other.priority < facts.priority) continue
      if (seen === node) seen = node.without([])
      seen.addPod(other)
    }
    return seen
  }

  #bind(facts: PodFacts, node: NodeState, failed: (seen: number | undefined) => void): void {
    const { name = '', namespace } = facts.pod.metadata ?? {}
    this.#state.placePod(facts.pod, node.name)
    this.#assumed.add(facts.uid)
    this.#bindings++
    this.#lifetime.run('bind', async () => {
      try {
        await this.#client.createSubresource(podResource, { namespace, name }, 'binding', {
          apiVersion: 'v1',
          kind: 'Binding',
          metadata: { name, namespace, uid: facts.uid },
          target: { apiVersion: 'v1', kind: 'Node', name: node.name },
        })
        this.#nominated.delete(facts.uid)
        this.#events.event(
          facts.pod,
          'Normal',
          'Scheduled',
          `Successfully assigned ${namespace}/${name} to ${node.name}`,
        )
      } catch (error) {
        this.#state.forgetPod(facts.uid)
        this.#assumed.delete(facts.uid)
        if (isStatus(error, 'NotFound')) return
        this.#options.log.warn('Binding was refused', { pod: `${namespace}/${name}`, node: node.name, err: error })
        // Not for want of room: another attempt need not wait until the cluster changes.
        failed(undefined)
      } finally {
        this.#bindings--
        this.#wake?.()
      }
    })
  }

  /** Tells users why, in the pod and as an Event, and makes room when that is possible. */
  async #report(facts: PodFacts, words: string, preemption: Preemption | undefined): Promise<void> {
    const { pod } = facts
    this.#events.event(pod, 'Warning', 'FailedScheduling', words)
    if (preemption) {
      const { node, victims } = preemption
      this.#nominated.set(facts.uid, { facts, node: node.name, victims: victims.map(({ uid }) => uid) })
      try {
        await Promise.all(victims.map(victim => this.#evict(victim, facts, node.name)))
      } catch (error) {
        this.#nominated.delete(facts.uid)
        throw error
      }
    }
    await this.#patchStatus(pod, words, preemption?.node.name)
  }

  async #evict(victim: PodFacts, preemptor: PodFacts, node: string): Promise<void> {
    const { name = '', namespace, uid = '' } = victim.pod.metadata ?? {}
    const condition: PodCondition = {
      type: 'DisruptionTarget',
      status: 'True',
      reason: 'PreemptionByScheduler',
      message: `${this.#name}: preempting to accommodate a higher priority pod`,
      observedGeneration: victim.pod.metadata?.generation ?? 0,
      lastTransitionTime: toTime(this.#options.clock.now()),
    }
    const patch = { metadata: { uid }, status: { conditions: [condition] } }
    try {
      await this.#client.patch(podResource, { namespace, name }, 'strategic', patch, { subresource: 'status' })
      await this.#client.delete(podResource, { namespace, name }, { preconditions: { uid } })
      this.#events.event(victim.pod, 'Normal', 'Preempted', `Preempted by pod ${preemptor.uid} on node ${node}`)
    } catch (error) {
      if (!isStatus(error, 'NotFound') && !isStatus(error, 'Conflict')) throw error
    }
  }

  async #patchStatus(pod: Pod, message: string, nominatedNodeName: string | undefined): Promise<void> {
    const { name = '', namespace } = pod.metadata ?? {}
    const known = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled')
    const nominates = nominatedNodeName !== undefined && nominatedNodeName !== pod.status?.nominatedNodeName
    if (known?.status === 'False' && known.message === message && !nominates) return
    const condition: PodCondition = {
      type: 'PodScheduled',
      status: 'False',
      reason: 'Unschedulable',
      message,
      observedGeneration: pod.metadata?.generation ?? 0,
      lastTransitionTime:
        known?.status === 'False' && known.lastTransitionTime
          ? known.lastTransitionTime
          : toTime(this.#options.clock.now()),
    }
    const status = { conditions: [condition], ...(nominates && { nominatedNodeName }) }
    try {
      await this.#client.patch(podResource, { namespace, name }, 'strategic', { status }, { subresource: 'status' })
    } catch (error) {
      if (!isStatus(error, 'NotFound')) throw error
    }
  }
}
