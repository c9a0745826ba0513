/**
 * How fast nodes may be emptied (node_lifecycle_controller.go handleDisruption): a bucket per zone; slower, or not at
 * all, where most of a zone is down; and nobody while all zones are down altogether.
 */
import type { Node } from '@petrel/machinery/api/core-v1'
import type { Clock } from '../../base/index.ts'
import { Bucket } from '../../client/index.ts'
import { readyStatus } from './health.ts'

export type ZoneState = 'Normal' | 'PartialDisruption' | 'FullDisruption'

/** --unhealthy-zone-threshold and --large-cluster-size-threshold. */
const unhealthyZoneThreshold = 0.55
const largeClusterThreshold = 50

export class EvictionPace {
  readonly #clock: Clock
  readonly #perSecond: number
  readonly #slowPerSecond: number
  readonly #buckets = new Map<string, { readonly perSecond: number; readonly bucket: Bucket }>()
  readonly #admitted = new Set<string>()
  #paused = false

  constructor(clock: Clock, perSecond: number, slowPerSecond: number) {
    this.#clock = clock
    this.#perSecond = perSecond
    this.#slowPerSecond = slowPerSecond
  }

  /** Every node is down: nobody is emptied, and what was begun is taken back. */
  get paused(): boolean {
    return this.#paused
  }

  mayEvict(name: string): boolean {
    return this.#admitted.has(name)
  }

  forget(name: string): void {
    this.#admitted.delete(name)
  }

  /** Looks at all nodes; returns those to settle anew, and whether a pause has just ended. */
  judge(nodes: readonly Node[], isBeingEmptied: (node: Node) => boolean): { resumed: boolean; nodes: string[] } {
    const zones = Map.groupBy(nodes, zoneOf)
    const states = new Map([...zones].map(([zone, members]) => [zone, zoneState(members)]))
    const paused = zones.size > 0 && [...states.values()].every(state => state === 'FullDisruption')
    const resumed = this.#paused && !paused
    const changed: string[] = []
    if (paused !== this.#paused) {
      this.#paused = paused
      this.#admitted.clear()
      for (const node of nodes) changed.push(node.metadata?.name ?? '')
    }
    for (const [zone, members] of zones) {
      const bucket = this.#bucket(zone, states.get(zone) ?? 'Normal', members.length)
      for (const node of members) {
        const name = node.metadata?.name ?? ''
        if (readyStatus(node) === 'True') this.#admitted.delete(name)
        else if (!paused && !resumed && !this.#admitted.has(name) && !isBeingEmptied(node) && bucket?.tryTake()) {
          this.#admitted.add(name)
          changed.push(name)
        }
      }
    }
    return { resumed, nodes: changed }
  }

  /** Undefined where nobody is to be emptied. */
  #bucket(zone: string, state: ZoneState, size: number): Bucket | undefined {
    const partial = size > largeClusterThreshold ? this.#slowPerSecond : 0
    const perSecond = state === 'PartialDisruption' ? partial : this.#perSecond
    const known = this.#buckets.get(zone)
    if (perSecond === 0) return undefined
    if (known?.perSecond === perSecond) return known.bucket
    const bucket = new Bucket(this.#clock, perSecond, 1)
    this.#buckets.set(zone, { perSecond, bucket })
    return bucket
  }
}

export function zoneState(nodes: readonly Node[]): ZoneState {
  const down = nodes.filter(node => readyStatus(node) !== 'True').length
  if (down === nodes.length && down > 0) return 'FullDisruption'
  if (down > 2 && down / nodes.length >= unhealthyZoneThreshold) return 'PartialDisruption'
  return 'Normal'
}

function zoneOf(node: Node): string {
  const labels = node.metadata?.labels ?? {}
  return `${labels['topology.kubernetes.io/region'] ?? ''}:${labels['topology.kubernetes.io/zone'] ?? ''}`
}
