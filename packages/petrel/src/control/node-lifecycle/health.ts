/**
 * When a node was last heard, by our own clock: its clock may be wrong, so a heartbeat is a change of what it wrote,
 * never the time written there (node_lifecycle_controller.go tryUpdateNodeHealth).
 */
import type { Lease } from '@petrel/machinery/api/coordination-v1'
import type { Node, NodeCondition } from '@petrel/machinery/api/core-v1'
import type { Clock } from '../../base/index.ts'

export interface HealthLimits {
  readonly gracePeriodMs: number
  readonly startupGracePeriodMs: number
}

export class NodeHealth {
  #heardAt: number
  #heartbeat: string | undefined
  #renewed: string | undefined

  /** A node with a status gets the full time from now; one without counts from its creation. */
  constructor(node: Node, clock: Clock) {
    const created = Date.parse(node.metadata?.creationTimestamp ?? '')
    const age = condition(node, 'Ready') || Number.isNaN(created) ? 0 : Math.max(0, clock.now() - created)
    this.#heardAt = clock.monotonic() - age
    this.#heartbeat = condition(node, 'Ready')?.lastHeartbeatTime
  }

  /** Takes what the node has written last. */
  observe(node: Node, lease: Lease | undefined, now: number): void {
    const heartbeat = condition(node, 'Ready')?.lastHeartbeatTime
    const renewed = lease?.spec?.renewTime
    const heard =
      (heartbeat !== undefined && heartbeat !== this.#heartbeat) || (renewed !== undefined && renewed !== this.#renewed)
    this.#heartbeat = heartbeat
    this.#renewed = renewed
    if (heard) this.#heardAt = now
  }

  expired(node: Node, now: number, limits: HealthLimits): boolean {
    const limit = condition(node, 'Ready') ? limits.gracePeriodMs : limits.startupGracePeriodMs
    return now - this.#heardAt > limit
  }

  /** As if it had just been heard. */
  restart(now: number): void {
    this.#heardAt = now
  }
}

/** Status of Ready; a node that never said so is Unknown. */
export function readyStatus(node: Node): string {
  return condition(node, 'Ready')?.status ?? 'Unknown'
}

/** Conditions that only a node itself can know. */
const nodesOwn = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure']

/** The conditions of a silent node; undefined when they say so already. */
export function unknownConditions(node: Node, now: string): NodeCondition[] | undefined {
  const conditions = node.status?.conditions ?? []
  const stale = nodesOwn.filter(type => condition(node, type)?.status !== 'Unknown')
  if (stale.length === 0) return undefined
  const kept = conditions.map(old =>
    stale.includes(old.type)
      ? {
          ...old,
          status: 'Unknown',
          lastTransitionTime: now,
          reason: 'NodeStatusUnknown',
          message: 'Kubelet stopped posting node status.',
        }
      : old,
  )
  const never = stale
    .filter(type => !condition(node, type))
    .map(type => ({
      type,
      status: 'Unknown',
      lastHeartbeatTime: node.metadata?.creationTimestamp ?? now,
      lastTransitionTime: now,
      reason: 'NodeStatusNeverUpdated',
      message: 'Kubelet never posted node status.',
    }))
  return [...kept, ...never]
}

function condition(node: Node, type: string): NodeCondition | undefined {
  return node.status?.conditions?.find(candidate => candidate.type === type)
}
