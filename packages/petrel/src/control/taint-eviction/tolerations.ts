/** How long a pod may stay on a node with these taints (tainteviction getMinTolerationTime). */
import type { Taint, Toleration } from '@petrel/machinery/api/core-v1'

/** Infinity when every taint is tolerated for ever, 0 when one is not tolerated at all. */
export function toleratedSeconds(taints: readonly Taint[], tolerations: readonly Toleration[]): number {
  let least = Number.POSITIVE_INFINITY
  for (const taint of taints) {
    // The first toleration that fits counts, as in v1helper.GetMatchingTolerations.
    const fitting = tolerations.find(toleration => tolerates(toleration, taint))
    if (!fitting) return 0
    if (fitting.tolerationSeconds !== undefined) least = Math.min(least, Math.max(0, fitting.tolerationSeconds))
  }
  return least
}

function tolerates(toleration: Toleration, taint: Taint): boolean {
  if (toleration.effect && toleration.effect !== taint.effect) return false
  if (toleration.key && toleration.key !== taint.key) return false
  const operator = toleration.operator || 'Equal'
  if (operator === 'Exists') return true
  if (operator === 'Equal') return toleration.key !== undefined && (toleration.value ?? '') === (taint.value ?? '')
  return comparesTo(operator, toleration.value, taint.value)
}

/** Gt and Lt compare decimal integers (KEP-5471). */
function comparesTo(operator: string, tolerated: string | undefined, actual: string | undefined): boolean {
  const integer = /^-?(0|[1-9]\d*)$/
  if (!integer.test(tolerated ?? '') || !integer.test(actual ?? '')) return false
  const [a, b] = [BigInt(actual ?? ''), BigInt(tolerated ?? '')]
  return operator === 'Gt' ? a > b : operator === 'Lt' && a < b
}
