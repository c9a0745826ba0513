/** Labels that tie a slice to its Service and to whoever manages it; those of the Service are carried over. */
import type { Service } from '@petrel/machinery/api/core-v1'
import type { EndpointSlice } from '@petrel/machinery/api/discovery-v1'

export const serviceNameLabel = 'kubernetes.io/service-name'
export const managedByLabel = 'endpointslice.kubernetes.io/managed-by'
const headlessLabel = 'service.kubernetes.io/headless'
export const managedByController = 'endpointslice-controller.k8s.io'

export function isManagedHere(slice: EndpointSlice): boolean {
  return slice.metadata?.labels?.[managedByLabel] === managedByController
}

/** A Service without a virtual address: DNS names the pods themselves. */
export function isHeadless(service: Service): boolean {
  return service.spec?.clusterIP === 'None'
}

export function sliceLabels(service: Service): Record<string, string> {
  const {
    [serviceNameLabel]: _name,
    [managedByLabel]: _manager,
    [headlessLabel]: _headless,
    ...carried
  } = service.metadata?.labels ?? {}
  return {
    ...carried,
    [managedByLabel]: managedByController,
    [serviceNameLabel]: service.metadata?.name ?? '',
    ...(isHeadless(service) && { [headlessLabel]: '' }),
  }
}
