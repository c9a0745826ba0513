/**
 * The Service under which pods find cluster DNS. Every node answers at its own bridge, so the endpoints carry their node
 * and the traffic policy keeps each pod with the node that it is on.
 */
import type { Service } from '@petrel/machinery/api/core-v1'
import type { EndpointSlice } from '@petrel/machinery/api/discovery-v1'
import { endpointSlices, services } from '@petrel/machinery/kinds'
import { isStatus } from '@petrel/machinery/status'
import { type Client, sameJson } from '../../client/index.ts'

const namespace = 'kube-system'
const name = 'kube-dns'

const ports = [
  { name: 'dns', protocol: 'UDP', port: 53 },
  { name: 'dns-tcp', protocol: 'TCP', port: 53 },
]

/** Makes the Service if it is missing, and the endpoint of this node. `address` is where its DNS server listens. */
export async function publishClusterDns(
  client: Client,
  clusterIP: string,
  nodeName: string,
  address: string,
): Promise<void> {
  const service: Service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace, labels: { 'k8s-app': 'kube-dns', 'kubernetes.io/name': 'CoreDNS' } },
    spec: {
      clusterIP,
      type: 'ClusterIP',
      internalTrafficPolicy: 'Local',
      ports: ports.map(port => ({ ...port, targetPort: 53 })),
    },
  }
  await create(() => client.create(services, service))
  const slice: EndpointSlice = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: `${name}-${nodeName}`,
      namespace,
      labels: {
        'kubernetes.io/service-name': name,
        'endpointslice.kubernetes.io/managed-by': 'cluster-dns.petrel.dev',
      },
    },
    addressType: 'IPv4',
    endpoints: [{ addresses: [address], nodeName, conditions: { ready: true, serving: true, terminating: false } }],
    ports,
  }
  if (await create(() => client.create(endpointSlices, slice))) return
  const found = await client.get(endpointSlices, { namespace, name: slice.metadata?.name ?? '' })
  if (sameJson(found.endpoints, slice.endpoints)) return
  await client.update(endpointSlices, { ...found, ...slice, metadata: { ...found.metadata, ...slice.metadata } })
}

async function create(make: () => Promise<unknown>): Promise<boolean> {
  try {
    await make()
    return true
  } catch (error) {
    if (isStatus(error, 'AlreadyExists')) return false
    throw error
  }
}
