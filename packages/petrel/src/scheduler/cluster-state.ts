/**
 * All nodes and the pods on them, fed by the informers, plus what this scheduler has decided and not yet seen come back
 * (assumed pods). Invariant: a pod counts on at most one node, and an assumed pod counts until it is seen or forgotten.
 */
import type { Node, Pod } from '@petrel/machinery/api/core-v1'
import { NodeState } from './node-state.ts'
import { factsOf } from './pod-facts.ts'

export class ClusterState {
  readonly #nodes = new Map<string, NodeState>()
  /** uid → name of the node on which the pod counts. */
  readonly #places = new Map<string, string>()
  #listed: NodeState[] | undefined

  /** Nodes that exist, in the order in which they came. The array stays the same until nodes come or go. */
  get nodes(): readonly NodeState[] {
    this.#listed ??= [...this.#nodes.values()].filter(state => state.node !== undefined)
    return this.#listed
  }

  node(name: string): NodeState | undefined {
    const state = this.#nodes.get(name)
    return state?.node && state
  }

  setNode(node: Node): void {
    const name = node.metadata?.name ?? ''
    const state = this.#state(name)
    if (!state.node) this.#listed = undefined
    state.setNode(node)
  }

  removeNode(name: string): void {
    const state = this.#nodes.get(name)
    if (!state) return
    state.setNode(undefined)
    this.#listed = undefined
    if (state.podCount === 0) this.#nodes.delete(name)
  }

  /** Counts a pod that is bound, or assumed to be, on `nodeName`. */
  placePod(pod: Pod, nodeName: string): void {
    const facts = factsOf(pod)
    const before = this.#places.get(facts.uid)
    if (before !== undefined && before !== nodeName) this.forgetPod(facts.uid)
    this.#places.set(facts.uid, nodeName)
    this.#state(nodeName).addPod(facts)
  }

  /** True while the pod counts somewhere. */
  holds(uid: string): boolean {
    return this.#places.has(uid)
  }

  /** False when the pod did not count. */
  forgetPod(uid: string): boolean {
    const name = this.#places.get(uid)
    if (name === undefined) return false
    this.#places.delete(uid)
    const state = this.#nodes.get(name)
    state?.removePod(uid)
    if (state && !state.node && state.podCount === 0) this.#nodes.delete(name)
    return true
  }

  #state(name: string): NodeState {
    let state = this.#nodes.get(name)
    if (!state) {
      state = new NodeState(name)
      this.#nodes.set(name, state)
    }
    return state
  }
}
