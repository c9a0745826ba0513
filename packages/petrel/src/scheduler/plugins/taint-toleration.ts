/** Taints keep pods away, tolerations let them in (k8s.io/component-helpers/scheduling/corev1). */
import type { Taint, Toleration } from '@petrel/machinery/api/core-v1'
import { type FilterPlugin, refuse, type ScorePlugin } from './plugin.ts'

/** core/v1 Toleration.ToleratesTaint, with the Lt and Gt operators of KEP-5471. */
export function tolerates(toleration: Toleration, taint: Taint): boolean {
  if (toleration.effect && toleration.effect !== taint.effect) return false
  if (toleration.key && toleration.key !== taint.key) return false
  const [wanted, found] = [toleration.value ?? '', taint.value ?? '']
  switch (toleration.operator) {
    case undefined:
    case '':
    case 'Equal':
      return wanted === found
    case 'Exists':
      return true
    case 'Lt':
    case 'Gt': {
      if (!/^-?\d+$/.test(wanted) || !/^-?\d+$/.test(found)) return false
      return toleration.operator === 'Lt' ? BigInt(found) < BigInt(wanted) : BigInt(found) > BigInt(wanted)
    }
    default:
      return false
  }
}

function untolerated(taints: readonly Taint[], tolerations: readonly Toleration[], effects: readonly string[]): number {
  let count = 0
  for (const taint of taints) {
    if (effects.includes(taint.effect) && !tolerations.some(toleration => tolerates(toleration, taint))) count++
  }
  return count
}

export const taintTolerationFilter: FilterPlugin = {
  name: 'TaintToleration',
  filter: (pod, node) =>
    untolerated(node.taints, pod.tolerations, ['NoSchedule', 'NoExecute']) > 0
      ? refuse(true, 'node(s) had untolerated taint(s)')
      : undefined,
}

export const taintTolerationScore: ScorePlugin = {
  name: 'TaintToleration',
  weight: 3,
  normalize: 'reverse',
  score(pod, node) {
    const soft = pod.tolerations.filter(({ effect }) => !effect || effect === 'PreferNoSchedule')
    return untolerated(node.taints, soft, ['PreferNoSchedule'])
  },
}
