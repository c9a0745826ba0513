/**
 * From Services and EndpointSlices to nftables, as pure data: what kube-proxy's nftables mode (KEP-3866) does, in its
 * structure: verdict maps by address, protocol and port, a chain per service port, a chain per endpoint. Names are
 * hashes of what they stand for, so that the same input gives the same names after a restart.
 */
import { createHash } from 'node:crypto'

/** What of a Service is read; plain objects of the API fit. */
export interface ProxiedService {
  readonly metadata: { readonly name?: string; readonly namespace?: string }
  readonly spec?: {
    readonly type?: string
    readonly clusterIP?: string
    readonly clusterIPs?: readonly string[]
    readonly externalIPs?: readonly string[]
    readonly sessionAffinity?: string
    readonly sessionAffinityConfig?: { readonly clientIP?: { readonly timeoutSeconds?: number } }
    readonly internalTrafficPolicy?: string
    readonly externalTrafficPolicy?: string
    readonly ports?: readonly ServicePort[]
  }
  readonly status?: { readonly loadBalancer?: { readonly ingress?: readonly { readonly ip?: string }[] } }
}

interface ServicePort {
  readonly name?: string
  readonly protocol?: string
  readonly port?: number
  readonly nodePort?: number
}

export interface ProxiedSlice {
  readonly metadata: { readonly namespace?: string; readonly labels?: Readonly<Record<string, string>> }
  readonly addressType?: string
  readonly ports?: readonly { readonly name?: string; readonly port?: number; readonly protocol?: string }[] | null
  readonly endpoints?:
    | readonly {
        readonly addresses?: readonly string[]
        readonly nodeName?: string
        readonly conditions?: { readonly ready?: boolean; readonly serving?: boolean; readonly terminating?: boolean }
      }[]
    | null
}

export interface RuleOptions {
  readonly nodeName: string
  readonly podCidr: string
  /** Also masquerades pods: needed where bridged answers do not pass conntrack. */
  readonly masqueradePods: boolean
}

/** The wanted contents of the table. Every value is text of nft. */
export interface RuleSet {
  readonly chains: Map<string, readonly string[]>
  /** Affinity sets → seconds. */
  readonly affinitySets: Map<string, number>
  readonly maps: Record<MapName, Map<string, string>>
  readonly clusterIps: Set<string>
}

export const mapTypes = {
  services: 'ipv4_addr . inet_proto . inet_service : verdict',
  node_ports: 'inet_proto . inet_service : verdict',
  no_services: 'ipv4_addr . inet_proto . inet_service : verdict',
  no_node_ports: 'inet_proto . inet_service : verdict',
} as const
export type MapName = keyof typeof mapTypes

interface Endpoint {
  readonly ip: string
  readonly port: number
  readonly local: boolean
}

export function compileRules(
  services: Iterable<ProxiedService>,
  slices: Iterable<ProxiedSlice>,
  options: RuleOptions,
): RuleSet {
  const rules: RuleSet = {
    chains: new Map(),
    affinitySets: new Map(),
    maps: { services: new Map(), node_ports: new Map(), no_services: new Map(), no_node_ports: new Map() },
    clusterIps: new Set(),
  }
  const slicesOf = new Map<string, ProxiedSlice[]>()
  for (const slice of slices) {
    const service = slice.metadata.labels?.['kubernetes.io/service-name']
    if (!service || (slice.addressType ?? 'IPv4') !== 'IPv4') continue
    const key = `${slice.metadata.namespace}/${service}`
    slicesOf.set(key, [...(slicesOf.get(key) ?? []), slice])
  }
  for (const service of services) {
    const key = `${service.metadata.namespace}/${service.metadata.name}`
    const clusterIp = [service.spec?.clusterIP, ...(service.spec?.clusterIPs ?? [])].find(isIpv4)
    if (!clusterIp || service.spec?.type === 'ExternalName') continue
    rules.clusterIps.add(clusterIp)
    for (const port of service.spec?.ports ?? []) {
      if (port.port !== undefined) addPort(rules, service, clusterIp, port, port.port, slicesOf.get(key) ?? [], options)
    }
  }
  return rules
}

function addPort(
  rules: RuleSet,
  service: ProxiedService,
  clusterIp: string,
  port: ServicePort,
  number: number,
  slices: readonly ProxiedSlice[],
  options: RuleOptions,
): void {
  const spec = service.spec ?? {}
  const protocol = (port.protocol ?? 'TCP').toLowerCase()
  if (!['tcp', 'udp', 'sctp'].includes(protocol)) return
  const id = hash(`${service.metadata.namespace}/${service.metadata.name}:${port.name ?? ''}/${protocol}/${number}`)
  const all = endpointsFor(slices, port.name ?? '', protocol, options.nodeName)
  const local = all.filter(endpoint => endpoint.local)
  const balance = (suffix: string, endpoints: readonly Endpoint[]): string =>
    balancer(rules, `svc_${id}${suffix}`, id, protocol, endpoints, spec)

  const internalLocal = spec.internalTrafficPolicy === 'Local'
  const internal = internalLocal ? local : all
  const ipKey = (ip: string): string => `${ip} . ${protocol} . ${number}`
  if (internal.length > 0) {
    rules.maps.services.set(ipKey(clusterIp), `goto ${balance(internalLocal ? '_local' : '', internal)}`)
  } else {
    // Endpoints elsewhere that the policy forbids are passed over in silence; none at all is refused (kube-proxy).
    rules.maps.no_services.set(ipKey(clusterIp), all.length > 0 ? 'drop' : 'goto reject_all')
  }

  const nodePort = spec.type === 'NodePort' || spec.type === 'LoadBalancer' ? port.nodePort : undefined
  const ingress = (service.status?.loadBalancer?.ingress ?? []).map(entry => entry.ip)
  const externals = [...(spec.externalIPs ?? []), ...(spec.type === 'LoadBalancer' ? ingress : [])].filter(isIpv4)
  if (!nodePort && externals.length === 0) return
  const externalLocal = spec.externalTrafficPolicy === 'Local'
  const nodeKey = `${protocol} . ${nodePort}`
  if (all.length === 0) {
    for (const ip of externals) rules.maps.no_services.set(ipKey(ip), 'goto reject_all')
    if (nodePort) rules.maps.no_node_ports.set(nodeKey, 'goto reject_all')
    return
  }
  const chain = `ext_${id}`
  const everywhere = balance('', all)
  rules.chains.set(
    chain,
    externalLocal
      ? [
          `ip saddr ${options.podCidr} goto ${everywhere}`,
          'fib saddr type local jump mark_masquerade',
          `fib saddr type local goto ${everywhere}`,
          local.length > 0 ? `goto ${balance('_local', local)}` : 'drop',
        ]
      : ['jump mark_masquerade', `goto ${everywhere}`],
  )
  for (const ip of externals) rules.maps.services.set(ipKey(ip), `goto ${chain}`)
  if (nodePort) rules.maps.node_ports.set(nodeKey, `goto ${chain}`)
}

/** A chain that passes to one of the endpoints: the one that the client had, or any. */
function balancer(
  rules: RuleSet,
  name: string,
  id: string,
  protocol: string,
  endpoints: readonly Endpoint[],
  spec: NonNullable<ProxiedService['spec']>,
): string {
  const sticky = spec.sessionAffinity === 'ClientIP'
  const seconds = spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? 10_800
  const targets = endpoints.map(({ ip, port }) => {
    const suffix = `${id}_${hash(`${ip}:${port}`)}`
    // Named with its timeout: a set cannot change it, so another timeout is another set.
    const affinity = `aff_${suffix}_${seconds}`
    if (sticky) rules.affinitySets.set(affinity, seconds)
    rules.chains.set(`ep_${suffix}`, [
      // A pod that reaches itself would take the answer for its own question.
      `ip saddr ${ip} jump mark_masquerade`,
      ...(sticky ? [`update @${affinity} { ip saddr }`] : []),
      `meta l4proto ${protocol} dnat to ${ip}:${port}`,
    ])
    return { chain: `ep_${suffix}`, affinity }
  })
  const picks = targets.map(({ chain }, i) => `${i} : goto ${chain}`).join(', ')
  rules.chains.set(name, [
    ...(sticky ? targets.map(({ chain, affinity }) => `ip saddr @${affinity} goto ${chain}`) : []),
    targets.length === 1 ? `goto ${targets[0]?.chain}` : `numgen random mod ${targets.length} vmap { ${picks} }`,
  ])
  return name
}

/** Ready endpoints; when there are none, those that still serve while they end (KEP-1669). */
function endpointsFor(
  slices: readonly ProxiedSlice[],
  portName: string,
  protocol: string,
  nodeName: string,
): Endpoint[] {
  const ready = new Map<string, Endpoint>()
  const ending = new Map<string, Endpoint>()
  for (const slice of slices) {
    const port = slice.ports?.find(
      p => (p.name ?? '') === portName && (p.protocol ?? 'TCP').toLowerCase() === protocol,
    )?.port
    if (port === undefined) continue
    for (const { addresses, conditions, nodeName: node } of slice.endpoints ?? []) {
      const ip = addresses?.[0]
      if (!isIpv4(ip)) continue
      const endpoint = { ip, port, local: node === nodeName }
      if (conditions?.ready ?? true) ready.set(`${ip}:${port}`, endpoint)
      else if (conditions?.serving && conditions.terminating) ending.set(`${ip}:${port}`, endpoint)
    }
  }
  return [...(ready.size > 0 ? ready : ending).values()].sort((a, b) => (a.ip + a.port < b.ip + b.port ? -1 : 1))
}

function isIpv4(text: string | undefined): text is string {
  return text !== undefined && /^\d+\.\d+\.\d+\.\d+$/.test(text)
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}
