import { nodeAffinityFilter, nodeAffinityScore, nodeName, nodePorts, nodeUnschedulable } from './node-checks.ts'
import { balancedAllocation, leastAllocated, nodeResourcesFit } from './node-resources.ts'
import type { FilterPlugin, ScorePlugin } from './plugin.ts'
import { taintTolerationFilter, taintTolerationScore } from './taint-toleration.ts'

export type { FilterPlugin, Refusal, ScorePlugin } from './plugin.ts'

/** In upstream's order (default_plugins.go): the first refusal of a node is the one that is told. */
export const filterPlugins: readonly FilterPlugin[] = [
  nodeUnschedulable,
  nodeName,
  taintTolerationFilter,
  nodeAffinityFilter,
  nodePorts,
  nodeResourcesFit,
]

export const scorePlugins: readonly ScorePlugin[] = [
  taintTolerationScore,
  nodeAffinityScore,
  leastAllocated,
  balancedAllocation,
]
