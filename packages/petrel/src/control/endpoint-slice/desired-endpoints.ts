/**
 * The endpoints a Service should have, grouped as slices are: by address type and by the numbers of the ports, which
 * differ from pod to pod where targetPort is a name.
 */
import type { Pod, Service } from '@petrel/machinery/api/core-v1'
import type { Endpoint, EndpointHints, EndpointPort } from '@petrel/machinery/api/discovery-v1'
import { isReady, isTerminal } from '../pod-state.ts'
import { addressFor, podHostname, podTargetRef, resolvePort } from '../service-pods/index.ts'

export interface EndpointGroup {
  readonly addressType: string
  readonly ports: EndpointPort[]
  /** By uid of the pod. */
  readonly endpoints: Map<string, Endpoint>
}

/** At least one group per address type, empty when there is no pod. */
export function desiredGroups(
  service: Service,
  pods: readonly Pod[],
  zoneOf: (node: string) => string | undefined,
): EndpointGroup[] {
  const groups: EndpointGroup[] = []
  for (const addressType of addressTypes(service)) {
    const byPorts = new Map<string, EndpointGroup>()
    for (const pod of pods) {
      const address = addressFor(pod, addressType)
      if (address === undefined || isTerminal(pod)) continue
      const ports = endpointPorts(service, pod)
      const key = portsKey(ports)
      const group = byPorts.get(key) ?? { addressType, ports, endpoints: new Map() }
      byPorts.set(key, group)
      group.endpoints.set(pod.metadata?.uid ?? '', endpoint(service, pod, address, zoneOf))
    }
    if (byPorts.size === 0) groups.push({ addressType, ports: [], endpoints: new Map() })
    else groups.push(...byPorts.values())
  }
  return groups
}

/** Same for slices that may hold each other's endpoints. */
export function portsKey(ports: readonly EndpointPort[] | undefined): string {
  const parts = (ports ?? []).map(({ name = '', protocol = 'TCP', port = null, appProtocol = '' }) =>
    JSON.stringify([name, protocol, port, appProtocol]),
  )
  return parts.sort().join()
}

function addressTypes(service: Service): readonly string[] {
  const families = service.spec?.ipFamilies ?? []
  if (families.length > 0) return families
  return service.spec?.clusterIP?.includes(':') ? ['IPv6'] : ['IPv4']
}

function endpointPorts(service: Service, pod: Pod): EndpointPort[] {
  const ports: EndpointPort[] = []
  for (const port of service.spec?.ports ?? []) {
    const number = resolvePort(pod, port)
    if (number === undefined) continue
    ports.push({
      name: port.name ?? '',
      port: number,
      protocol: port.protocol ?? 'TCP',
      ...(port.appProtocol !== undefined && { appProtocol: port.appProtocol }),
    })
  }
  return ports
}

function endpoint(service: Service, pod: Pod, address: string, zoneOf: (node: string) => string | undefined): Endpoint {
  const serving = isReady(pod)
  const terminating = pod.metadata?.deletionTimestamp !== undefined
  const ready = service.spec?.publishNotReadyAddresses === true || (serving && !terminating)
  const nodeName = pod.spec?.nodeName
  const zone = nodeName ? zoneOf(nodeName) : undefined
  const hostname = podHostname(pod, service)
  const hints = ready ? hintsFor(service.spec?.trafficDistribution, zone, nodeName) : undefined
  return {
    addresses: [address],
    conditions: { ready, serving, terminating },
    ...(hostname !== undefined && { hostname }),
    targetRef: podTargetRef(pod),
    ...(nodeName && { nodeName }),
    ...(zone !== undefined && { zone }),
    ...(hints && { hints }),
  }
}

/** spec.trafficDistribution (KEP-4444, KEP-3015): keep traffic in the zone, or on the node. */
function hintsFor(
  distribution: string | undefined,
  zone: string | undefined,
  node: string | undefined,
): EndpointHints | undefined {
  const sameZone =
    distribution === 'PreferClose' || distribution === 'PreferSameZone' || distribution === 'PreferSameNode'
  const forZones = sameZone && zone !== undefined ? { forZones: [{ name: zone }] } : undefined
  const forNodes = distribution === 'PreferSameNode' && node ? { forNodes: [{ name: node }] } : undefined
  return forZones || forNodes ? { ...forZones, ...forNodes } : undefined
}
