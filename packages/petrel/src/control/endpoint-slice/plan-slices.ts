/**
 * From the slices that exist to those that should, in few writes and with endpoints staying where they are
 * (k8s.io/endpointslice/reconciler.go): slices lose what is gone and take changes; new endpoints fill the slices that
 * are written anyway, then one with room for all of them, then new slices. A slice to delete becomes one to create.
 */
import type { Service } from '@petrel/machinery/api/core-v1'
import type { Endpoint, EndpointSlice } from '@petrel/machinery/api/discovery-v1'
import { sameJson } from '../../client/index.ts'
import { type EndpointGroup, portsKey } from './desired-endpoints.ts'
import { sliceLabels } from './slice-labels.ts'

export interface Plan {
  readonly create: EndpointSlice[]
  readonly update: EndpointSlice[]
  readonly delete: EndpointSlice[]
}

export function planSlices(
  service: Service,
  groups: readonly EndpointGroup[],
  existing: readonly EndpointSlice[],
  limit: number,
): Plan {
  const labels = sliceLabels(service)
  const plan: Plan = { create: [], update: [], delete: [] }
  const unclaimed = new Set(existing)
  for (const group of groups) {
    const key = portsKey(group.ports)
    const slices = existing.filter(
      slice => slice.addressType === group.addressType && portsKey(slice.ports) === key && isOwnedBy(slice, service),
    )
    for (const slice of slices) unclaimed.delete(slice)
    planGroup(group, slices)
  }
  plan.delete.push(...unclaimed)
  recycle(plan, service)
  return plan

  function planGroup(group: EndpointGroup, slices: readonly EndpointSlice[]): void {
    const missing = new Map(group.endpoints)
    const changed: { slice: EndpointSlice; endpoints: Endpoint[] }[] = []
    const unchanged: EndpointSlice[] = []
    const emptied: EndpointSlice[] = []
    for (const slice of slices) {
      const endpoints = keep(slice, missing)
      const same = sameJson(slice.metadata?.labels, labels) && sameJson(slice.endpoints ?? [], endpoints)
      if (endpoints.length === 0) emptied.push(slice)
      else if (same) unchanged.push(slice)
      else changed.push({ slice, endpoints })
    }
    const waiting = [...missing.values()]
    for (const { endpoints } of changed.toSorted((a, b) => b.endpoints.length - a.endpoints.length)) {
      endpoints.push(...waiting.splice(0, Math.max(0, limit - endpoints.length)))
    }
    while (waiting.length > 0) {
      const roomy = waiting.length < limit ? fullestWithRoom(unchanged, waiting.length, limit) : undefined
      const added = waiting.splice(0, limit)
      if (roomy) {
        unchanged.splice(unchanged.indexOf(roomy), 1)
        changed.push({ slice: roomy, endpoints: [...(roomy.endpoints ?? []), ...added] })
      } else {
        plan.create.push(newSlice(service, group, added))
      }
    }
    // A Service without endpoints keeps one empty slice, so that readers can tell it from one not looked at yet.
    if (group.endpoints.size === 0) {
      const placeholder = emptied.shift()
      if (!placeholder) plan.create.push(newSlice(service, group, []))
      else if (!sameJson(placeholder.metadata?.labels, labels) || (placeholder.endpoints?.length ?? 0) > 0)
        changed.push({ slice: placeholder, endpoints: [] })
    }
    plan.delete.push(...emptied)
    for (const { slice, endpoints } of changed)
      plan.update.push({ ...slice, metadata: { ...slice.metadata, labels }, endpoints })
  }
}

/** The slice's endpoints that are still wanted, as they are wanted; takes them out of `missing`. */
function keep(slice: EndpointSlice, missing: Map<string, Endpoint>): Endpoint[] {
  const kept: Endpoint[] = []
  for (const { targetRef } of slice.endpoints ?? []) {
    const wanted = missing.get(targetRef?.uid ?? '')
    if (!wanted) continue
    missing.delete(targetRef?.uid ?? '')
    kept.push(wanted)
  }
  return kept
}

function fullestWithRoom(slices: readonly EndpointSlice[], count: number, limit: number): EndpointSlice | undefined {
  let best: EndpointSlice | undefined
  for (const slice of slices) {
    const size = slice.endpoints?.length ?? 0
    if (size + count <= limit && size > (best?.endpoints?.length ?? -1)) best = slice
  }
  return best
}

/** Turns pairs of a delete and a create into updates; addressType alone cannot change. */
function recycle(plan: Plan, service: Service): void {
  for (let i = plan.create.length - 1; i >= 0; i--) {
    const wanted = plan.create[i]!
    const at = plan.delete.findIndex(slice => slice.addressType === wanted.addressType && isOwnedBy(slice, service))
    if (at < 0) continue
    const [old] = plan.delete.splice(at, 1)
    plan.create.splice(i, 1)
    const labels = wanted.metadata?.labels ?? {}
    plan.update.push({
      ...old!,
      metadata: { ...old!.metadata, labels },
      endpoints: wanted.endpoints ?? [],
      ports: wanted.ports ?? [],
    })
  }
}

function newSlice(service: Service, group: EndpointGroup, endpoints: Endpoint[]): EndpointSlice {
  const { namespace = '', name = '', uid = '' } = service.metadata ?? {}
  return {
    metadata: {
      generateName: `${name}-`,
      namespace,
      labels: sliceLabels(service),
      ownerReferences: [{ apiVersion: 'v1', kind: 'Service', name, uid, controller: true, blockOwnerDeletion: true }],
    },
    addressType: group.addressType,
    endpoints,
    ports: group.ports,
  }
}

/** A slice of an earlier Service of the same name is not ours to keep. */
function isOwnedBy(slice: EndpointSlice, service: Service): boolean {
  return slice.metadata?.ownerReferences?.some(({ uid }) => uid === service.metadata?.uid) ?? false
}
