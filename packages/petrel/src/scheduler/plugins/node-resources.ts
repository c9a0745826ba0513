/** NodeResourcesFit (LeastAllocated) and NodeResourcesBalancedAllocation, in upstream's integer arithmetic. */
import type { NodeState } from '../node-state.ts'
import type { PodFacts } from '../pod-facts.ts'
import { type FilterPlugin, refuse, type ScorePlugin } from './plugin.ts'

export const nodeResourcesFit: FilterPlugin = {
  name: 'NodeResourcesFit',
  filter(pod, node) {
    const reasons: string[] = []
    let impossible = false
    if (node.podCount + 1 > (node.allocatable.get('pods') ?? 0)) reasons.push('Too many pods')
    for (const [resource, wanted] of pod.requests) {
      if (wanted === 0) continue
      const offered = node.allocatable.get(resource) ?? 0
      if (wanted <= offered - node.requested(resource)) continue
      reasons.push(`Insufficient ${resource}`)
      // More than the whole node has: no eviction makes room for it.
      if (wanted > offered) impossible = true
    }
    return reasons.length === 0 ? undefined : refuse(impossible, ...reasons)
  },
}

const resources = ['cpu', 'memory'] as const

export const leastAllocated: ScorePlugin = {
  name: 'NodeResourcesFit',
  weight: 1,
  score(pod, node) {
    let [sum, weights] = [0, 0]
    for (const resource of resources) {
      const offered = node.allocatable.get(resource) ?? 0
      if (offered === 0) continue
      const taken = node.scored[resource] + pod.scored[resource]
      sum += taken > offered ? 0 : Math.floor(((offered - taken) * 100) / offered)
      weights++
    }
    return weights === 0 ? 0 : Math.floor(sum / weights)
  },
}

export const balancedAllocation: ScorePlugin = {
  name: 'NodeResourcesBalancedAllocation',
  weight: 1,
  score(pod, node) {
    if (!pod.requests.has('cpu') && !pod.requests.has('memory')) return 0
    return 50 + Math.trunc((50 + balance(node, pod) - balance(node, undefined)) / 2)
  },
}

/** 100 when all resources are used in the same proportion, less the further they are apart. */
function balance(node: NodeState, pod: PodFacts | undefined): number {
  const fractions: number[] = []
  for (const resource of resources) {
    const offered = node.allocatable.get(resource) ?? 0
    if (offered === 0) continue
    fractions.push(Math.min(1, (node.requested(resource) + (pod?.requests.get(resource) ?? 0)) / offered))
  }
  const [a, b] = fractions
  const deviation = a !== undefined && b !== undefined ? Math.abs(a - b) / 2 : 0
  return Math.trunc((1 - deviation) * 100)
}
