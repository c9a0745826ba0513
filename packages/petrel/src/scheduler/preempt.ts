/**
 * DefaultPreemption: finds the node where evicting pods of lower priority makes room at the least cost. Pure.
 * The order of preference is upstream's pickOneNodeForPreemption, without PodDisruptionBudgets, which the eviction
 * of preemption may break anyway: lowest highest priority of a victim, least sum of priorities, fewest victims, latest
 * start of the highest victim.
 */

import { refusalOf } from './find-node.ts'
import type { NodeState } from './node-state.ts'
import type { Refusal } from './plugins/index.ts'
import type { PodFacts } from './pod-facts.ts'

export interface Preemption {
  readonly node: NodeState
  readonly victims: readonly PodFacts[]
}

export function findPreemption(pod: PodFacts, refusals: ReadonlyMap<NodeState, Refusal>): Preemption | undefined {
  if (pod.pod.spec?.preemptionPolicy === 'Never') return undefined
  let cheapest: Preemption | undefined
  for (const [node, refusal] of refusals) {
    if (refusal.unresolvable) continue
    const victims = victimsOn(pod, node)
    if (victims && (!cheapest || cheaper(victims, cheapest.victims))) cheapest = { node, victims }
  }
  return cheapest
}

/** The pods to evict: all of lower priority, less those that can stay, the most important reprieved first. */
function victimsOn(pod: PodFacts, node: NodeState): PodFacts[] | undefined {
  const lower = [...node.pods].filter(other => other.priority < pod.priority).sort(byImportance)
  if (lower.length === 0) return undefined
  const left = node.without(lower.map(other => other.uid))
  if (refusalOf(pod, left)) return undefined
  const victims: PodFacts[] = []
  for (const other of lower) {
    left.addPod(other)
    if (!refusalOf(pod, left)) continue
    left.removePod(other.uid)
    victims.push(other)
  }
  return victims
}

function byImportance(a: PodFacts, b: PodFacts): number {
  return b.priority - a.priority || startOf(a).localeCompare(startOf(b))
}

function startOf({ pod }: PodFacts): string {
  return pod.status?.startTime ?? pod.metadata?.creationTimestamp ?? ''
}

function cheaper(a: readonly PodFacts[], b: readonly PodFacts[]): boolean {
  const [first, second] = [cost(a), cost(b)]
  for (let i = 0; i < first.length; i++) if (first[i] !== second[i]) return first[i]! < second[i]!
  return startOf(a[0]!) > startOf(b[0]!)
}

/** Priorities may be negative: upstream shifts them so that more victims always sum to more. */
function cost(victims: readonly PodFacts[]): number[] {
  const sum = victims.reduce((total, victim) => total + victim.priority + 2 ** 31, 0)
  return [victims[0]!.priority, sum, victims.length]
}
