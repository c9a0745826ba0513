/**
 * The `kubernetes` service in namespace default, and the endpoints that lead to this server
 * (pkg/controlplane/controller/kubernetesservice). Brought up to date at start; what clients need not see changed is left.
 */
import type { Endpoints, Service } from '@petrel/machinery/api/core-v1'
import type { EndpointSlice } from '@petrel/machinery/api/discovery-v1'
import { endpointSlices, endpoints, type KubeObject, type Resource, services } from '@petrel/machinery/kinds'
import type { Loopback } from '../loopback.ts'

export interface ServerAddress {
  /** An address that pods can reach; loopback addresses are not published, as upstream's are not. */
  readonly address: string
  readonly port: number
}

const namespace = 'default'
const name = 'kubernetes'

export async function publishKubernetesService(api: Loopback, clusterIp: string, server: ServerAddress): Promise<void> {
  await ensure<Service>(
    api,
    services,
    {
      metadata: { name, namespace, labels: { component: 'apiserver', provider: 'kubernetes' } },
      spec: {
        type: 'ClusterIP',
        clusterIP: clusterIp,
        sessionAffinity: 'None',
        ports: [{ name: 'https', protocol: 'TCP', port: 443, targetPort: server.port }],
      },
    },
    found => found.spec?.ports?.[0]?.targetPort === server.port,
  )
  if (/^(127\.|::1$)/.test(server.address)) return
  const labels = { 'endpointslice.kubernetes.io/skip-mirror': 'true' }
  await ensure<Endpoints>(
    api,
    endpoints,
    {
      metadata: { name, namespace, labels },
      subsets: [
        { addresses: [{ ip: server.address }], ports: [{ name: 'https', port: server.port, protocol: 'TCP' }] },
      ],
    },
    found =>
      found.subsets?.[0]?.addresses?.[0]?.ip === server.address && found.subsets[0].ports?.[0]?.port === server.port,
  )
  await ensure<EndpointSlice>(
    api,
    endpointSlices,
    {
      metadata: { name, namespace, labels: { 'kubernetes.io/service-name': name } },
      addressType: server.address.includes(':') ? 'IPv6' : 'IPv4',
      endpoints: [{ addresses: [server.address], conditions: { ready: true } }],
      ports: [{ name: 'https', port: server.port, protocol: 'TCP' }],
    },
    found => found.endpoints?.[0]?.addresses[0] === server.address && found.ports?.[0]?.port === server.port,
  )
}

async function ensure<T extends KubeObject>(
  api: Loopback,
  resource: Resource<T>,
  wanted: T,
  upToDate: (found: T) => boolean,
): Promise<void> {
  const found = api.get(resource, namespace, name)
  if (!found) await api.create(resource, wanted)
  else if (!upToDate(found)) await api.update(resource, { ...found, ...wanted, metadata: found.metadata })
}
