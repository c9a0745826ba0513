/**
 * Judges nodes by their heartbeats (pkg/controller/nodelifecycle): a node that is silent for the grace period becomes
 * Unknown, its conditions become taints, its pods are no longer ready. NoExecute taints, which make pods leave, are
 * given slowly per zone, and to nobody while every node is down: then it is rather us who cannot hear.
 */
import type { Node } from '@petrel/machinery/api/core-v1'
import { leases, nodes, pods } from '@petrel/machinery/kinds'
import { isStatus } from '@petrel/machinery/status'
import { sleep, toTime } from '../../base/index.ts'
import { type Controller, type ControllerContext, defineController, watch } from '../define-controller.ts'
import { EvictionPace } from './eviction-pace.ts'
import { type HealthLimits, NodeHealth, readyStatus, unknownConditions } from './health.ts'
import { markPodsNotReady } from './mark-pods-not-ready.ts'
import { desiredTaints, hasNoExecuteTaint, sameTaints } from './taints.ts'

export interface NodeLifecycleOptions {
  /** How often nodes are judged. */
  readonly monitorPeriodMs?: number
  /** Silence after which a node is Unknown. */
  readonly gracePeriodMs?: number
  /** The same for a node that never said anything. */
  readonly startupGracePeriodMs?: number
  /** Nodes a second that may be emptied in a healthy zone, and in a partly disrupted one of more than 50 nodes. */
  readonly evictionsPerSecond?: number
  readonly slowEvictionsPerSecond?: number
}

/** Keys are names of nodes. */
export function nodeLifecycleController(options: NodeLifecycleOptions = {}): Controller {
  const { monitorPeriodMs = 5_000, gracePeriodMs = 50_000, startupGracePeriodMs = 60_000 } = options
  const { evictionsPerSecond = 0.1, slowEvictionsPerSecond = 0.01 } = options
  const limits = { gracePeriodMs, startupGracePeriodMs }
  const state: State = { limits, health: new Map(), lastReady: new Map(), pace: undefined }
  return defineController({
    name: 'node-lifecycle',
    component: 'node-controller',
    concurrency: 5,
    watches: [watch(nodes, { when: ({ type }) => type !== 'delete' })],
    reads: [leases, pods],
    async reconcile(name, context) {
      const node = context.informer(nodes).get({ name })
      if (node) await settleNode(node, state, context)
      return undefined
    },
    async run(context) {
      state.pace ??= new EvictionPace(context.clock, evictionsPerSecond, slowEvictionsPerSecond)
      while (!context.signal.aborted) {
        await monitor(state, context)
        await sleep(context.clock, monitorPeriodMs, context.signal).catch(() => undefined)
      }
    },
  })
}

interface State {
  readonly limits: HealthLimits
  readonly health: Map<string, NodeHealth>
  /** Status of Ready when the node was last settled. */
  readonly lastReady: Map<string, string>
  pace: EvictionPace | undefined
}

/** Brings taints, and readiness of its pods, into line with the node's conditions. */
async function settleNode(node: Node, state: State, context: ControllerContext): Promise<void> {
  const { client, clock } = context
  const name = node.metadata?.name ?? ''
  const ready = readyStatus(node)
  const before = state.lastReady.get(name)
  const taints = desiredTaints(
    node,
    ready,
    state.pace?.mayEvict(name) ?? false,
    state.pace?.paused ?? false,
    clock.now(),
  )
  if (!sameTaints(node.spec?.taints ?? [], taints)) {
    const { resourceVersion } = node.metadata ?? {}
    const patch = { metadata: { resourceVersion }, spec: { taints: taints.length > 0 ? taints : null } }
    await client.patch(nodes, { name }, 'merge', patch)
  }
  if (ready === 'Unknown' || (ready === 'False' && before === 'True')) await markPodsNotReady(name, context)
  if (before === 'True' && ready !== 'True') {
    context.events.event(node, 'Normal', 'NodeNotReady', `Node ${name} status is now: NodeNotReady`)
  }
  state.lastReady.set(name, ready)
}

/** One look at all nodes. */
async function monitor(state: State, context: ControllerContext): Promise<void> {
  const all = context.informer(nodes).list()
  follow(all, state, context)
  for (const node of all) {
    const name = node.metadata?.name ?? ''
    const lease = context.informer(leases).get({ namespace: 'kube-node-lease', name })
    const health = state.health.get(name)!
    health.observe(node, lease, context.clock.monotonic())
    if (!health.expired(node, context.clock.monotonic(), state.limits)) continue
    const conditions = unknownConditions(node, toTime(context.clock.now()))
    if (!conditions) continue
    try {
      await context.client.update(nodes, { ...node, status: { ...node.status, conditions } }, { subresource: 'status' })
    } catch (error) {
      // A node that speaks again just now wins; one that was deleted needs nothing.
      if (!isStatus(error, 'Conflict') && !isStatus(error, 'NotFound')) throw error
    }
  }
  const changed = state.pace?.judge(context.informer(nodes).list(), hasNoExecuteTaint) ?? { resumed: false, nodes: [] }
  // After a time in which nobody was heard, everybody gets the full grace period again.
  if (changed.resumed) for (const health of state.health.values()) health.restart(context.clock.monotonic())
  for (const name of changed.nodes) context.enqueue(name)
}

/** Begins to follow new nodes and forgets those that are gone. */
function follow(all: readonly Node[], state: State, context: ControllerContext): void {
  const names = new Set<string>()
  for (const node of all) {
    const name = node.metadata?.name ?? ''
    names.add(name)
    if (state.health.has(name)) continue
    state.health.set(name, new NodeHealth(node, context.clock))
    context.events.event(
      reference(node),
      'Normal',
      'RegisteredNode',
      `Node ${name} event: Registered Node ${name} in Controller`,
    )
  }
  for (const name of state.health.keys()) {
    if (names.has(name)) continue
    state.health.delete(name)
    state.lastReady.delete(name)
    state.pace?.forget(name)
    context.events.event(
      { apiVersion: 'v1', kind: 'Node', name, uid: name },
      'Normal',
      'RemovingNode',
      `Node ${name} event: Removing Node ${name} from Controller`,
    )
  }
}

function reference(node: Node): Node {
  return { apiVersion: 'v1', kind: 'Node', ...node }
}
