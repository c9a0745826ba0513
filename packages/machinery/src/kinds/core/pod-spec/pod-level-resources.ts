/**
 * Resources of a whole pod (KEP-2837): how they follow from those of the containers. Sidecars count as containers;
 * init containers run one after another, so that the largest counts.
 */
import type { Container, PodSpec } from '../../../api/core-v1.gen.ts'
import { addQuantities, canonicalQuantity, compareQuantities } from '../../../quantity/index.ts'
import { type ResourceList, readQuantity } from '../resource-amounts.ts'
import { isHugePages, isNativeResource } from '../resource-names.ts'

const isPodLevel = (name: string): boolean => name === 'cpu' || name === 'memory' || isHugePages(name)

export function setPodLevelResourceDefaults(spec: PodSpec): void {
  const resources = spec.resources
  if (!resources) return
  const limits = resources.limits ?? {}
  const requests = resources.requests ?? {}
  if (hasAny(limits) || hasAny(requests)) {
    for (const [name, amount] of Object.entries(aggregate(spec, 'limits'))) {
      if (isHugePages(name) && !(name in requests) && !(name in limits)) limits[name] = amount
    }
    if (hasAny(limits)) resources.limits = limits
  }
  if (!hasAny(limits)) return
  for (const [name, amount] of Object.entries(aggregate(spec, 'requests'))) {
    if (isPodLevel(name) && isNativeResource(name) && !isHugePages(name)) requests[name] ??= amount
  }
  for (const [name, amount] of Object.entries(limits)) if (isPodLevel(name)) requests[name] ??= amount
  if (hasAny(requests)) resources.requests = requests
}

/** What all containers together ask for at any one time. */
export function aggregate(spec: PodSpec, which: 'limits' | 'requests'): ResourceList {
  const total: ResourceList = {}
  for (const container of spec.containers ?? []) add(total, amounts(container, which))
  const sidecars: ResourceList = {}
  const peak: ResourceList = {}
  for (const container of spec.initContainers ?? []) {
    const own = amounts(container, which)
    if (container.restartPolicy === 'Always') {
      add(total, own)
      add(sidecars, own)
      raise(peak, sidecars)
    } else {
      const now = { ...sidecars }
      add(now, own)
      raise(peak, now)
    }
  }
  raise(total, peak)
  return total
}

function amounts(container: Container, which: 'limits' | 'requests'): ResourceList {
  return container.resources?.[which] ?? {}
}

function hasAny(list: ResourceList): boolean {
  for (const _ in list) return true
  return false
}

function add(total: ResourceList, list: ResourceList): void {
  for (const [name, amount] of Object.entries(list)) {
    const more = readQuantity(amount)
    if (more) total[name] = canonicalQuantity(addQuantities(total[name] ?? '0', more))
  }
}

function raise(total: ResourceList, list: ResourceList): void {
  for (const [name, amount] of Object.entries(list)) {
    if (total[name] === undefined || compareQuantities(total[name], amount) < 0) total[name] = amount
  }
}
