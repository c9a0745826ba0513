/**
 * One node as placements see it: what it offers, and what the pods on it have taken. Kept incrementally, so that a
 * placement costs what changed and never a recount.
 */
import type { Node, Taint } from '@petrel/machinery/api/core-v1'
import { type Amounts, amount, type HostPort, type PodFacts } from './pod-facts.ts'

export class NodeState {
  readonly name: string
  /** Undefined for a node that pods name but that is not there (any more): nothing is placed on it. */
  node: Node | undefined
  allocatable: Amounts = new Map()
  labels: Readonly<Record<string, string>> = {}
  taints: readonly Taint[] = []
  readonly #requested = new Map<string, number>()
  readonly #pods = new Map<string, PodFacts>()
  readonly #ports = new Map<string, HostPort>()
  #scoredCpu = 0
  #scoredMemory = 0

  constructor(name: string) {
    this.name = name
  }

  setNode(node: Node | undefined): void {
    this.node = node
    const allocatable = node?.status?.allocatable ?? {}
    this.allocatable = new Map(Object.entries(allocatable).map(([name, quantity]) => [name, amount(name, quantity)]))
    this.labels = node?.metadata?.labels ?? {}
    this.taints = node?.spec?.taints ?? []
  }

  get pods(): Iterable<PodFacts> {
    return this.#pods.values()
  }

  get podCount(): number {
    return this.#pods.size
  }

  requested(resource: string): number {
    return this.#requested.get(resource) ?? 0
  }

  get scored(): { readonly cpu: number; readonly memory: number } {
    return { cpu: this.#scoredCpu, memory: this.#scoredMemory }
  }

  addPod(facts: PodFacts): void {
    this.removePod(facts.uid)
    this.#pods.set(facts.uid, facts)
    this.#count(facts, 1)
    for (const port of facts.hostPorts) this.#ports.set(portKey(facts.uid, port), port)
  }

  removePod(uid: string): void {
    const facts = this.#pods.get(uid)
    if (!facts) return
    this.#pods.delete(uid)
    this.#count(facts, -1)
    for (const port of facts.hostPorts) this.#ports.delete(portKey(uid, port))
  }

  /** True when a pod here holds one of these ports; 0.0.0.0 is every address. */
  holdsAnyPort(ports: readonly HostPort[]): boolean {
    for (const taken of this.#ports.values()) {
      for (const port of ports) {
        if (taken.port !== port.port || taken.protocol !== port.protocol) continue
        if (taken.ip === port.ip || taken.ip === '0.0.0.0' || port.ip === '0.0.0.0') return true
      }
    }
    return false
  }

  /** A copy to try things on: what would be if these pods were gone. */
  without(uids: Iterable<string>): NodeState {
    const copy = new NodeState(this.name)
    copy.node = this.node
    copy.allocatable = this.allocatable
    copy.labels = this.labels
    copy.taints = this.taints
    for (const facts of this.#pods.values()) copy.addPod(facts)
    for (const uid of uids) copy.removePod(uid)
    return copy
  }

  #count(facts: PodFacts, sign: 1 | -1): void {
    for (const [resource, n] of facts.requests) this.#requested.set(resource, this.requested(resource) + sign * n)
    this.#scoredCpu += sign * facts.scored.cpu
    this.#scoredMemory += sign * facts.scored.memory
  }
}

function portKey(uid: string, { protocol, ip, port }: HostPort): string {
  return `${uid} ${protocol} ${ip} ${port}`
}
