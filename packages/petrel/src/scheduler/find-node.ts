/**
 * Chooses a node for a pod: filters until enough nodes will do, then scores those. Pure: it reads the state and
 * changes nothing.
 */
import type { Rng } from '../base/index.ts'
import type { NodeState } from './node-state.ts'
import { type FilterPlugin, filterPlugins, type Refusal, type ScorePlugin, scorePlugins } from './plugins/index.ts'
import type { PodFacts } from './pod-facts.ts'

export interface Placement {
  /** Undefined when no node will do. */
  readonly node: NodeState | undefined
  /** Why each node that was asked will not do. */
  readonly refusals: ReadonlyMap<NodeState, Refusal>
  /** Where the next search is to begin, so that all nodes get their turn. */
  readonly nextStart: number
}

const minFeasibleNodes = 100
const minFeasiblePercent = 5

/** How many feasible nodes are enough: all of a small cluster, a falling share of a large one (numFeasibleNodesToFind). */
export function enoughNodes(all: number): number {
  if (all < minFeasibleNodes) return all
  const percent = Math.max(minFeasiblePercent, 50 - Math.floor(all / 125))
  return Math.max(minFeasibleNodes, Math.floor((all * percent) / 100))
}

/** `seen` gives the node as the pod is to see it: with the pods that are promised a place there. */
export function findNode(
  pod: PodFacts,
  nodes: readonly NodeState[],
  start: number,
  rng: Rng,
  seen: (node: NodeState) => NodeState = node => node,
): Placement {
  const enough = enoughNodes(nodes.length)
  const feasible: NodeState[] = []
  const refusals = new Map<NodeState, Refusal>()
  let asked = 0
  for (; asked < nodes.length && feasible.length < enough; asked++) {
    const node = nodes[(start + asked) % nodes.length]!
    const refusal = refusalOf(pod, seen(node))
    if (refusal) refusals.set(node, refusal)
    else feasible.push(node)
  }
  const nextStart = nodes.length === 0 ? 0 : (start + asked) % nodes.length
  return { node: best(pod, feasible, rng), refusals, nextStart }
}

export function refusalOf(
  pod: PodFacts,
  node: NodeState,
  filters: readonly FilterPlugin[] = filterPlugins,
): Refusal | undefined {
  for (const plugin of filters) {
    const refusal = plugin.filter(pod, node)
    if (refusal) return refusal
  }
  return undefined
}

/** The highest sum of weighted scores; among equals one at random, so that they fill evenly. */
function best(pod: PodFacts, nodes: readonly NodeState[], rng: Rng): NodeState | undefined {
  if (nodes.length <= 1) return nodes[0]
  const totals = new Float64Array(nodes.length)
  for (const plugin of scorePlugins) {
    const scores = scoresOf(plugin, pod, nodes)
    for (let i = 0; i < nodes.length; i++) totals[i]! += scores[i]! * plugin.weight
  }
  let [winner, equals] = [0, 1]
  for (let i = 1; i < nodes.length; i++) {
    if (totals[i]! > totals[winner]!) [winner, equals] = [i, 1]
    else if (totals[i] === totals[winner] && rng.next() * ++equals < 1) winner = i
  }
  return nodes[winner]
}

function scoresOf(plugin: ScorePlugin, pod: PodFacts, nodes: readonly NodeState[]): Float64Array {
  const scores = new Float64Array(nodes.length)
  for (let i = 0; i < nodes.length; i++) scores[i] = plugin.score(pod, nodes[i]!)
  if (!plugin.normalize) return scores
  const max = scores.reduce((a, b) => Math.max(a, b), 0)
  for (let i = 0; i < nodes.length; i++) {
    const share = max === 0 ? 0 : Math.trunc((100 * scores[i]!) / max)
    scores[i] = plugin.normalize === 'reverse' ? 100 - share : share
  }
  return scores
}

/** The words of a failed attempt: `0/3 nodes are available: 1 Insufficient cpu, 2 node(s) were unschedulable.` */
export function describeRefusals(nodes: number, refusals: Iterable<Refusal>): string {
  const counts = new Map<string, number>()
  for (const { reasons } of refusals) for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1)
  const words = [...counts].map(([reason, count]) => `${count} ${reason}`).sort()
  if (nodes === 0) return 'no nodes available to schedule pods'
  return words.length === 0 ? `0/${nodes} nodes are available:` : `0/${nodes} nodes are available: ${words.join(', ')}.`
}
