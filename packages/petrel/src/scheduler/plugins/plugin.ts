/** The two questions a plugin answers about a pod and a node: may it run there, and how well would it. */
import type { NodeState } from '../node-state.ts'
import type { PodFacts } from '../pod-facts.ts'

/** Why a node will not do. `unresolvable`: evicting pods from it would not help. */
export interface Refusal {
  readonly reasons: readonly string[]
  readonly unresolvable: boolean
}

export interface FilterPlugin {
  /** Upstream's name. */
  readonly name: string
  /** Undefined when the node will do. Reasons are in upstream's words: users see them in events. */
  filter(pod: PodFacts, node: NodeState): Refusal | undefined
}

export interface ScorePlugin {
  readonly name: string
  readonly weight: number
  /** One number a node, any scale when `normalize` is set, else 0–100, larger is better. */
  score(pod: PodFacts, node: NodeState): number
  /** `max` scales the largest to 100; `reverse` does so and prefers the smallest. */
  readonly normalize?: 'max' | 'reverse'
}

export function refuse(unresolvable: boolean, ...reasons: string[]): Refusal {
  return { reasons, unresolvable }
}
