/** What endpoints say of one pod. */

import { isIPv4, isIPv6 } from 'node:net'
import type { ObjectReference, Pod, Service } from '@petrel/machinery/api/core-v1'

/** The pod's address of that family; undefined before it has one. */
export function addressFor(pod: Pod, family: string): string | undefined {
  const fits = family === 'IPv6' ? isIPv6 : isIPv4
  const addresses = pod.status?.podIPs?.map(({ ip }) => ip) ?? [pod.status?.podIP ?? '']
  return addresses.find(address => address !== undefined && fits(address))
}

/** The DNS name of the pod under the service, where both name each other (spec.subdomain). */
export function podHostname(pod: Pod, service: Service): string | undefined {
  const { hostname, subdomain } = pod.spec ?? {}
  if (!hostname || subdomain !== service.metadata?.name || pod.metadata?.namespace !== service.metadata?.namespace)
    return undefined
  return hostname
}

export function podTargetRef(pod: Pod): ObjectReference {
  const { namespace = '', name = '', uid = '' } = pod.metadata ?? {}
  return { kind: 'Pod', namespace, name, uid }
}
