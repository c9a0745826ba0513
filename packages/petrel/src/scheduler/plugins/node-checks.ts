/** The plain yes-or-no checks of a node: NodeUnschedulable, NodeName, NodeAffinity, NodePorts. */
import { type FilterPlugin, refuse, type ScorePlugin } from './plugin.ts'
import { tolerates } from './taint-toleration.ts'

const unschedulableTaint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }

export const nodeUnschedulable: FilterPlugin = {
  name: 'NodeUnschedulable',
  filter(pod, node) {
    if (!node.node?.spec?.unschedulable) return undefined
    if (pod.tolerations.some(toleration => tolerates(toleration, unschedulableTaint))) return undefined
    return refuse(true, 'node(s) were unschedulable')
  },
}

export const nodeName: FilterPlugin = {
  name: 'NodeName',
  filter(pod, node) {
    const wanted = pod.pod.spec?.nodeName
    return !wanted || wanted === node.name ? undefined : refuse(true, "node(s) didn't match the requested node name")
  },
}

export const nodeAffinityFilter: FilterPlugin = {
  name: 'NodeAffinity',
  filter: (pod, node) =>
    !pod.allowsNode || pod.allowsNode(node)
      ? undefined
      : refuse(true, "node(s) didn't match Pod's node affinity/selector"),
}

export const nodeAffinityScore: ScorePlugin = {
  name: 'NodeAffinity',
  weight: 2,
  normalize: 'max',
  score(pod, node) {
    let sum = 0
    for (const { weight, matches } of pod.preferred) if (matches(node)) sum += weight
    return sum
  },
}

export const nodePorts: FilterPlugin = {
  name: 'NodePorts',
  filter: (pod, node) =>
    pod.hostPorts.length > 0 && node.holdsAnyPort(pod.hostPorts)
      ? refuse(false, "node(s) didn't have free ports for the requested pod ports")
      : undefined,
}
