/**
 * Endpoints of every Service with a selector (pkg/controller/endpoint): the older, single object beside EndpointSlices.
 * It holds at most 1,000 addresses and says so in an annotation when there were more.
 */
import type { Endpoints } from '@petrel/machinery/api/core-v1'
import { endpoints, pods, services } from '@petrel/machinery/kinds'
import { isStatus } from '@petrel/machinery/status'
import { parseKey, sameJson } from '../../client/index.ts'
import { type Controller, defineController, watch } from '../define-controller.ts'
import { isNamespaceTerminating } from '../namespace-terminating.ts'
import { changesEndpoints, podsOf, servicesOf } from '../service-pods/index.ts'
import { subsetsOf, truncate } from './subsets.ts'

const maxEndpointsCapacity = 1000
const overCapacityAnnotation = 'endpoints.kubernetes.io/over-capacity'
const managedByLabel = 'endpoints.kubernetes.io/managed-by'
const headlessLabel = 'service.kubernetes.io/headless'

/** Keys are those of services; Endpoints have the same name. */
export function endpointsController(capacity = maxEndpointsCapacity): Controller {
  return defineController({
    name: 'endpoint',
    concurrency: 5,
    watches: [
      watch(services),
      watch(pods, { keys: servicesOf, when: changesEndpoints }),
      watch(endpoints, { when: ({ type }) => type !== 'add' }),
    ],
    async reconcile(key, context) {
      const { client } = context
      const service = context.informer(services).get(parseKey(key))
      const current = context.informer(endpoints).get(parseKey(key))
      if (!service) {
        // Endpoints that we did not make may belong to no Service at all, such as a leader election's.
        if (current?.metadata?.labels?.[managedByLabel] === 'endpoint-controller') {
          await client.delete(endpoints, parseKey(key)).catch(ignoreNotFound)
        }
        return undefined
      }
      if (!service.spec?.selector || service.metadata?.deletionTimestamp) return undefined
      const { subsets, truncated } = truncate(subsetsOf(service, podsOf(service, context)), capacity)
      const { [headlessLabel]: _headless, ...carried } = service.metadata?.labels ?? {}
      const labels = {
        ...carried,
        ...(service.spec.clusterIP === 'None' && { [headlessLabel]: '' }),
        [managedByLabel]: 'endpoint-controller',
      }
      const { [overCapacityAnnotation]: _over, ...annotations } = current?.metadata?.annotations ?? {}
      if (truncated) annotations[overCapacityAnnotation] = 'truncated'
      if (
        current &&
        sameJson(current.subsets ?? [], subsets) &&
        sameJson(current.metadata?.labels, labels) &&
        sameJson(current.metadata?.annotations ?? {}, annotations)
      ) {
        return undefined
      }
      const wanted: Endpoints = { metadata: { ...(current?.metadata ?? parseKey(key)), labels, annotations }, subsets }
      try {
        if (current) await client.update(endpoints, wanted)
        else await client.create(endpoints, wanted)
      } catch (error) {
        if (isNamespaceTerminating(error)) return undefined
        if (!isStatus(error, 'Conflict') && !isStatus(error, 'AlreadyExists')) {
          const why = error instanceof Error ? error.message : String(error)
          const [reason, verb] = current ? ['FailedToUpdateEndpoint', 'update'] : ['FailedToCreateEndpoint', 'create']
          context.events.event(service, 'Warning', reason as string, `Failed to ${verb} endpoint ${key}: ${why}`)
        }
        throw error
      }
      return undefined
    },
  })
}

function ignoreNotFound(error: unknown): void {
  if (!isStatus(error, 'NotFound')) throw error
}
