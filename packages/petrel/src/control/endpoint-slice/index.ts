/**
 * EndpointSlices of every Service with a selector (pkg/controller/endpointslice): one endpoint a pod, at most 100 in a
 * slice, as few writes as can be. Slices of services without a selector are somebody else's and stay untouched; slices
 * of deleted services go by garbage collection.
 */

import type { Service } from '@petrel/machinery/api/core-v1'
import type { EndpointSlice } from '@petrel/machinery/api/discovery-v1'
import { endpointSlices, nodes, pods, services } from '@petrel/machinery/kinds'
import { isStatus } from '@petrel/machinery/status'
import { parseKey } from '../../client/index.ts'
import { type Controller, type ControllerContext, defineController, watch } from '../define-controller.ts'
import { isNamespaceTerminating } from '../namespace-terminating.ts'
import { OwnWrites } from '../own-writes.ts'
import { changesEndpoints, podsOf, servicesOf } from '../service-pods/index.ts'
import { desiredGroups } from './desired-endpoints.ts'
import { type Plan, planSlices } from './plan-slices.ts'
import { isManagedHere, serviceNameLabel } from './slice-labels.ts'

const maxEndpointsPerSlice = 100

/** Keys are those of services. */
export function endpointSliceController(limit = maxEndpointsPerSlice): Controller {
  const ownWrites = new OwnWrites()
  return defineController({
    name: 'endpointslice',
    component: 'endpoint-slice-controller',
    concurrency: 5,
    watches: [
      watch(services),
      watch(pods, { keys: servicesOf, when: changesEndpoints }),
      watch(endpointSlices, {
        keys: slice => [keyOfService(slice)],
        when: ({ type, object }) => {
          if (!isManagedHere(object)) return false
          if (type === 'delete') ownWrites.gone(keyOfService(object), object.metadata?.uid ?? '')
          return true
        },
        indexers: { service: slice => [keyOfService(slice)] },
      }),
    ],
    reads: [nodes],
    async reconcile(key, context) {
      const service = context.informer(services).get(parseKey(key))
      if (!service) {
        ownWrites.forget(key)
        return undefined
      }
      if (!service.spec?.selector || service.spec.type === 'ExternalName' || service.metadata?.deletionTimestamp)
        return undefined
      const existing = context.informer(endpointSlices).byIndex('service', key).filter(isManagedHere)
      // Our own write, once seen, brings the key again.
      if (!ownWrites.seen(key, existing, context.clock.monotonic())) return { requeueAfterMs: 1000 }
      const zoneOf = (node: string): string | undefined =>
        context.informer(nodes).get({ name: node })?.metadata?.labels?.['topology.kubernetes.io/zone']
      const plan = planSlices(service, desiredGroups(service, podsOf(service, context), zoneOf), existing, limit)
      try {
        await carryOut(plan, key, ownWrites, context)
      } catch (error) {
        if (isNamespaceTerminating(error)) return undefined
        if (!isStatus(error, 'Conflict')) report(error, service, context)
        throw error
      }
      return undefined
    },
  })
}

async function carryOut(plan: Plan, key: string, ownWrites: OwnWrites, { client }: ControllerContext): Promise<void> {
  for (const slice of plan.create) ownWrites.wrote(key, await client.create(endpointSlices, slice))
  for (const slice of plan.update) ownWrites.wrote(key, await client.update(endpointSlices, slice))
  for (const slice of plan.delete) {
    const { namespace, name = '', uid = '' } = slice.metadata ?? {}
    try {
      await client.delete(endpointSlices, { namespace, name }, { preconditions: { uid } })
      ownWrites.deleted(key, slice)
    } catch (error) {
      if (!isStatus(error, 'NotFound')) throw error
    }
  }
}

function report(error: unknown, service: Service, context: ControllerContext): void {
  const { namespace, name } = service.metadata ?? {}
  const why = error instanceof Error ? error.message : String(error)
  context.events.event(
    service,
    'Warning',
    'FailedToUpdateEndpointSlices',
    `Error updating Endpoint Slices for Service ${namespace}/${name}: ${why}`,
  )
}

function keyOfService(slice: EndpointSlice): string {
  return `${slice.metadata?.namespace}/${slice.metadata?.labels?.[serviceNameLabel] ?? ''}`
}
