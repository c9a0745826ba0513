/**
 * The node that this process is: images, the embedded runtime, pod network, service proxy, cluster DNS, and the agent on
 * top. Where the machine allows less, the node says in one line what it is.
 */
import { createHash } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { endpointSlices, nodes, services } from '@petrel/machinery/kinds'
import type { Clock, Logger, Rng } from '../../base/index.ts'
import type { Client, Informers } from '../../client/index.ts'
import {
  type Agent,
  BridgeNetwork,
  ClusterZone,
  createNodeServer,
  DnsForwarder,
  DnsServer,
  describeMachine,
  ImageStore,
  type NodeServer,
  openProcessRuntime,
  type PodSource,
  type Runtime,
  resolversOf,
  ServiceProxy,
  startAgent,
  whyNoPodNetwork,
} from '../../node/index.ts'
import { type ClusterRanges, dnsServiceOf } from '../cluster-ranges.ts'
import { kubernetesVersion } from '../version.ts'
import { publishClusterDns } from './cluster-dns.ts'
import { coalesce } from './coalesce.ts'

export interface LocalNodeParts {
  /** Acts as this node. */
  readonly client: Client
  /** May make the Service of cluster DNS and give nodes a role; undefined for a node that joins from elsewhere. */
  readonly administrator: Client | undefined
  readonly informers: Informers
  readonly pods: PodSource
  readonly ranges: ClusterRanges
  readonly clock: Clock
  readonly rng: Rng
  readonly log: Logger
  readonly folder: string
  readonly name: string
  /** Address by which other machines and pods reach this one; undefined when it has none but loopback. */
  readonly address: string | undefined
  readonly labels: Readonly<Record<string, string>>
  /** Where the node listens for the API server; 0 when that is in this process. */
  readonly port: number
}

export interface LocalNode {
  readonly agent: Agent
  readonly runtime: Runtime
  readonly images: ImageStore
  /** Logs, exec, attach, port-forward. */
  readonly server: NodeServer
  /** One line for people: what isolation and network this machine gives. */
  readonly description: string
  close(): Promise<void>
}

export const clusterDomain = 'cluster.local'

/** Changes of services that come within this time are one change of the kernel's rules. */
const proxyDelayMs = 20

/** Short and the same for one data folder: names of links and tables of several nodes on a machine must differ. */
export function networkId(folder: string): string {
  return createHash('sha256').update(folder).digest('hex').slice(0, 6)
}

export async function startLocalNode(parts: LocalNodeParts): Promise<LocalNode> {
  const closers: (() => Promise<unknown> | unknown)[] = []
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0).reverse()) await closer()
  }
  try {
    return await start(parts, closers, close)
  } catch (error) {
    await close()
    throw error
  }
}

async function start(
  parts: LocalNodeParts,
  closers: (() => Promise<unknown> | unknown)[],
  close: () => Promise<void>,
): Promise<LocalNode> {
  const { client, informers, clock, rng, log, folder, name, administrator } = parts
  const { pods: podCidr, services: serviceCidr } = parts.ranges
  mkdirSync(folder, { recursive: true, mode: 0o711 })
  const id = networkId(folder)
  const why = await whyNoPodNetwork()
  const network =
    why === undefined ? await BridgeNetwork.open({ directory: folder, id, podCidr, serviceCidr }) : undefined
  if (why !== undefined) log.info('Pods share the network of this machine', { why })
  const images = new ImageStore({ directory: join(folder, 'images'), clock })
  const address = parts.address ?? network?.gateway ?? '127.0.0.1'
  const runtime = await openProcessRuntime({
    directory: join(folder, 'runtime'),
    images,
    clock,
    log,
    nodeIp: address,
    ...(network && { network }),
  })
  closers.push(() => runtime.close())
  const zone = new ClusterZone(clusterDomain)
  const dns = network ? await startDns(zone, network.gateway, parts) : undefined
  if (dns && network) {
    closers.push(() => dns.close())
    if (administrator) await publishClusterDns(administrator, dnsServiceOf(parts.ranges), name, network.gateway)
  }
  const proxy = network ? new ServiceProxy({ id, nodeName: name, podCidr, serviceCidr }) : undefined
  closers.push(
    followServices(
      informers,
      clock,
      async (all, slices) => {
        zone.update(all, slices)
        await proxy?.update(all, slices)
      },
      log,
    ),
  )
  const agent = startAgent(client, {
    clock,
    rng,
    log,
    runtime,
    informers,
    pods: parts.pods,
    folder,
    // The Service leads to the node's own server; a node that could not publish it is asked directly.
    dns: () => ({
      servers: dns && network ? [administrator ? dnsServiceOf(parts.ranges) : network.gateway] : [],
      domain: clusterDomain,
    }),
    description: {
      ...describeMachine(),
      name,
      labels: {},
      taints: [],
      addresses: [
        { type: 'InternalIP', address },
        { type: 'Hostname', address: name },
      ],
      podCIDR: network ? podCidr : '',
      port: parts.port,
      version: kubernetesVersion,
      runtimeVersion: `${runtime.name}://${runtime.version}`,
    },
  })
  closers.push(() => agent.close())
  const server = createNodeServer({
    nodeName: name,
    runtime,
    clock,
    log,
    pod: (namespace, pod) => agent.pod(namespace, pod),
    pods: () => agent.pods,
  })
  closers.push(() => server.close())
  if (administrator) giveRole(agent, administrator, parts)
  return {
    agent,
    runtime,
    images,
    server,
    description: runtime.description,
    close,
  }
}

/** A node may not give itself a role (NodeRestriction): whoever starts it does. */
function giveRole(agent: Agent, administrator: Client, { name, labels, log }: LocalNodeParts): void {
  const label = async (): Promise<void> => {
    await agent.ready()
    await administrator.patch(nodes, { name }, 'merge', { metadata: { labels } })
  }
  // What kept the agent from its start is reported by the agent.
  label().catch((err: unknown) => log.debug('Node was not labelled', { err }))
}

async function startDns(zone: ClusterZone, address: string, { clock, log }: LocalNodeParts): Promise<DnsServer> {
  const forwarder = new DnsForwarder({ servers: resolversOf(), clock })
  const server = new DnsServer({ zone, forwarder, log })
  await server.listen(address, 53)
  return server
}

type All = ReturnType<ReturnType<typeof readAll>>

function readAll(informers: Informers) {
  const serviceCache = informers.informer(services)
  const sliceCache = informers.informer(endpointSlices)
  return () => ({ services: serviceCache.list(), slices: sliceCache.list() })
}

/** Calls back with all services and slices after they changed. Returns what ends it. */
function followServices(
  informers: Informers,
  clock: Clock,
  apply: (all: Parameters<ClusterZone['update']>[0], slices: Parameters<ClusterZone['update']>[1]) => Promise<void>,
  log: Logger,
): () => void {
  const read = readAll(informers)
  const changed = coalesce(clock, proxyDelayMs, async () => {
    const { services: all, slices }: All = read()
    const named = <T extends { metadata?: unknown }>(object: T): boolean => object.metadata !== undefined
    await apply(
      all.filter(named) as Parameters<ClusterZone['update']>[0],
      slices.filter(named) as Parameters<ClusterZone['update']>[1],
    ).catch((err: unknown) => log.error('Service rules could not be applied', { err }))
  })
  const handler = { add: changed.call, update: changed.call, delete: changed.call }
  const registrations = [informers.informer(services).on(handler), informers.informer(endpointSlices).on(handler)]
  return () => {
    for (const registration of registrations) registration.cancel()
    changed.cancel()
  }
}
