/**
 * Subsets in their canonical form (pkg/api/v1/endpoints RepackSubsets): ports with the same addresses share a subset,
 * each address once, everything in a fixed order.
 */
import type { EndpointAddress, EndpointPort, EndpointSubset, Pod, Service } from '@petrel/machinery/api/core-v1'
import { isReady, isTerminal } from '../pod-state.ts'
import { addressFor, podHostname, podTargetRef, resolvePort } from '../service-pods/index.ts'

interface PortAddresses {
  readonly port: EndpointPort | undefined
  readonly ready: Map<string, EndpointAddress>
  readonly notReady: Map<string, EndpointAddress>
}

export function subsetsOf(service: Service, pods: readonly Pod[]): EndpointSubset[] {
  const anyState = service.spec?.publishNotReadyAddresses === true
  const family = service.spec?.ipFamilies?.[0] ?? 'IPv4'
  const byPort = new Map<string, PortAddresses>()
  for (const pod of pods) {
    const ip = addressFor(pod, family)
    if (ip === undefined || isTerminal(pod) || (pod.metadata?.deletionTimestamp && !anyState)) continue
    const hostname = podHostname(pod, service)
    const address: EndpointAddress = {
      ip,
      ...(hostname !== undefined && { hostname }),
      ...(pod.spec?.nodeName && { nodeName: pod.spec.nodeName }),
      targetRef: podTargetRef(pod),
    }
    for (const port of portsFor(service, pod)) {
      const key = JSON.stringify(port ?? null)
      const group = byPort.get(key) ?? { port, ready: new Map(), notReady: new Map() }
      byPort.set(key, group)
      const addresses = anyState || isReady(pod) ? group.ready : group.notReady
      addresses.set(`${ip}|${pod.metadata?.uid}`, address)
    }
  }
  return group(byPort.values())
}

/** Cuts to `capacity` addresses, ready ones first. */
export function truncate(
  subsets: EndpointSubset[],
  capacity: number,
): { subsets: EndpointSubset[]; truncated: boolean } {
  const count = subsets.reduce(
    (sum, subset) => sum + (subset.addresses?.length ?? 0) + (subset.notReadyAddresses?.length ?? 0),
    0,
  )
  if (count <= capacity) return { subsets, truncated: false }
  let room = capacity
  const cut = (addresses: EndpointAddress[] | undefined): EndpointAddress[] => {
    const taken = (addresses ?? []).slice(0, room)
    room -= taken.length
    return taken
  }
  const ready = subsets.map(subset => cut(subset.addresses))
  const notReady = subsets.map(subset => cut(subset.notReadyAddresses))
  const kept = subsets.map((subset, i) => makeSubset(ready[i] ?? [], notReady[i] ?? [], subset.ports ?? []))
  return { subsets: kept.filter(subset => subset.addresses || subset.notReadyAddresses), truncated: true }
}

/** A headless Service without ports has endpoints without ports. */
function portsFor(service: Service, pod: Pod): (EndpointPort | undefined)[] {
  const ports = service.spec?.ports ?? []
  if (ports.length === 0) return service.spec?.clusterIP === 'None' ? [undefined] : []
  const resolved: EndpointPort[] = []
  for (const port of ports) {
    const number = resolvePort(pod, port)
    if (number === undefined) continue
    resolved.push({
      ...(port.name && { name: port.name }),
      port: number,
      protocol: port.protocol ?? 'TCP',
      ...(port.appProtocol !== undefined && { appProtocol: port.appProtocol }),
    })
  }
  return resolved
}

function group(ports: Iterable<PortAddresses>): EndpointSubset[] {
  const bySet = new Map<string, EndpointSubset & { ports: EndpointPort[] }>()
  for (const { port, ready, notReady } of ports) {
    const key = JSON.stringify([[...ready.keys()].sort(), [...notReady.keys()].sort()])
    const known = bySet.get(key)
    if (known) {
      if (port) known.ports.push(port)
      continue
    }
    bySet.set(key, { ...makeSubset(inOrder(ready), inOrder(notReady), []), ports: port ? [port] : [] })
  }
  const keyed = [...bySet].sort(([a], [b]) => (a < b ? -1 : 1))
  return keyed.map(([, subset]) => {
    const { ports: subsetPorts, ...addresses } = subset
    if (subsetPorts.length === 0) return addresses
    return {
      ...addresses,
      ports: subsetPorts.sort((a, b) => (a.name ?? '').localeCompare(b.name ?? '', 'en') || a.port - b.port),
    }
  })
}

function makeSubset(
  addresses: EndpointAddress[],
  notReadyAddresses: EndpointAddress[],
  ports: EndpointPort[],
): EndpointSubset {
  return {
    ...(addresses.length > 0 && { addresses }),
    ...(notReadyAddresses.length > 0 && { notReadyAddresses }),
    ...(ports.length > 0 && { ports }),
  }
}

function inOrder(addresses: ReadonlyMap<string, EndpointAddress>): EndpointAddress[] {
  return [...addresses].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, address]) => address)
}
