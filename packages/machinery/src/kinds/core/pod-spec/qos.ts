/** Quality of service of a pod: pkg/apis/core/helper/qos. Ephemeral containers do not count. */
import type { PodSpec } from '../../../api/core-v1.gen.ts'
import { addQuantities, compareQuantities, type Quantity, quantity } from '../../../quantity/index.ts'
import { type ResourceList, readQuantity } from '../resource-amounts.ts'

export type QosClass = 'Guaranteed' | 'Burstable' | 'BestEffort'

export function qosClass(spec: PodSpec): QosClass {
  const requests = new Map<string, Quantity>()
  const limits = new Map<string, Quantity>()
  let guaranteed = true
  const parts = spec.resources ? [spec.resources] : containersOf(spec).map(container => container.resources ?? {})
  for (const { requests: wanted = {}, limits: allowed = {} } of parts) {
    sum(requests, wanted)
    const named = sum(limits, allowed)
    // A pod's own resources without limits say nothing about them; a container without limits has none.
    if (spec.resources && Object.keys(allowed).length === 0) continue
    if (!(named.has('cpu') && named.has('memory'))) guaranteed = false
  }
  if (requests.size === 0 && limits.size === 0) return 'BestEffort'
  return guaranteed && sameAmounts(requests, limits) ? 'Guaranteed' : 'Burstable'
}

function containersOf(spec: PodSpec): NonNullable<PodSpec['initContainers']> {
  return [...(spec.containers ?? []), ...(spec.initContainers ?? [])]
}

/** Adds the amounts above zero and tells which there were. */
function sum(total: Map<string, Quantity>, list: ResourceList): Set<string> {
  const named = new Set<string>()
  for (const name of ['cpu', 'memory']) {
    const amount = readQuantity(list[name])
    if (!amount || amount.mantissa <= 0n) continue
    named.add(name)
    total.set(name, addQuantities(total.get(name) ?? quantity('0'), amount))
  }
  return named
}

function sameAmounts(requests: Map<string, Quantity>, limits: Map<string, Quantity>): boolean {
  if (requests.size !== limits.size) return false
  for (const [name, amount] of requests) {
    const limit = limits.get(name)
    if (!limit || compareQuantities(limit, amount) !== 0) return false
  }
  return true
}
