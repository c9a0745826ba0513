/**
 * The names of a cluster (kubernetes/dns specification.md, schema 1.1.0), answered from Services and EndpointSlices:
 * addresses, SRV for named ports, the hosts of headless services, ExternalName, pods by address, reverse names.
 * Answers are worked out when they are asked for; nothing is kept per name.
 */
import {
  type Answer,
  encodeName,
  ipv4Data,
  ipv6Data,
  type Response,
  recordTypes,
  responseCodes,
  srvData,
  textData,
  uint16,
} from './dns-packet.ts'
import type { ProxiedService, ProxiedSlice } from './service-rules.ts'

export interface ZoneService extends ProxiedService {
  readonly spec?: NonNullable<ProxiedService['spec']> & { readonly externalName?: string }
}

export interface ZoneSlice extends Omit<ProxiedSlice, 'endpoints'> {
  readonly endpoints?:
    | readonly {
        readonly addresses?: readonly string[]
        readonly hostname?: string
        readonly nodeName?: string
        readonly conditions?: { readonly ready?: boolean; readonly serving?: boolean; readonly terminating?: boolean }
      }[]
    | null
}

interface Host {
  /** First label of its name. */
  readonly label: string
  readonly ip: string
  readonly ports: readonly { readonly name: string; readonly protocol: string; readonly port: number }[]
}

type Outcome = { readonly records: readonly Answer[]; readonly additional?: readonly Answer[] } | 'nxdomain'

const nodata: Outcome = { records: [] }
const ttl = 5

export class ClusterZone {
  readonly domain: string
  #services = new Map<string, ZoneService>()
  #slices = new Map<string, ZoneSlice[]>()
  #namespaces = new Set<string>()
  #reverse: Map<string, string> | undefined

  /** `cluster.local` */
  constructor(domain: string) {
    this.domain = domain.toLowerCase()
  }

  update(services: Iterable<ZoneService>, slices: Iterable<ZoneSlice>): void {
    this.#services = new Map(
      [...services].map(service => [`${service.metadata.namespace}/${service.metadata.name}`, service]),
    )
    this.#namespaces = new Set([...this.#services.values()].map(service => service.metadata.namespace ?? ''))
    const byService = new Map<string, ZoneSlice[]>()
    for (const slice of slices) {
      const key = `${slice.metadata.namespace}/${slice.metadata.labels?.['kubernetes.io/service-name']}`
      const list = byService.get(key)
      if (list) list.push(slice)
      else byService.set(key, [slice])
    }
    this.#slices = byService
    this.#reverse = undefined
  }

  /** The answer to a name of ours; undefined for names that others know. */
  resolve(name: string, type: number): Response | undefined {
    if (name.endsWith('.in-addr.arpa') || name.endsWith('.ip6.arpa')) {
      const target = this.#pointer(name)
      // Addresses that no service has may be known outside.
      if (target === undefined) return undefined
      return this.#response(name, {
        records: wants(type, recordTypes.PTR) ? [record(name, recordTypes.PTR, encodeName(target))] : [],
      })
    }
    if (name !== this.domain && !name.endsWith(`.${this.domain}`)) return undefined
    const labels =
      name === this.domain
        ? []
        : name
            .slice(0, -this.domain.length - 1)
            .split('.')
            .reverse()
    return this.#response(name, this.#inside(name, labels, type))
  }

  /** `labels` are those before the domain, from the right: `svc`, namespace, service, … */
  #inside(name: string, labels: readonly string[], type: number): Outcome {
    const [kind, namespace, service, ...rest] = labels
    if (kind === undefined) return this.#apex(name, type)
    if (kind === 'dns-version' && namespace === undefined) {
      return { records: wants(type, recordTypes.TXT) ? [record(name, recordTypes.TXT, textData('1.1.0'))] : [] }
    }
    if (kind === 'dns' && service === undefined)
      return namespace === undefined || namespace === 'ns' ? nodata : 'nxdomain'
    if (kind === 'pod') return podOutcome(name, namespace, service, rest, type)
    if (kind !== 'svc') return 'nxdomain'
    if (namespace === undefined) return nodata
    if (service === undefined) return this.#namespaces.has(namespace) ? nodata : 'nxdomain'
    const found = this.#services.get(`${namespace}/${service}`)
    return found ? this.#service(name, found, rest, type) : 'nxdomain'
  }

  #apex(name: string, type: number): Outcome {
    if (type === recordTypes.SOA) return { records: [this.#soa()] }
    return {
      records: type === recordTypes.NS ? [record(name, recordTypes.NS, encodeName(`ns.dns.${this.domain}`))] : [],
    }
  }

  #service(name: string, service: ZoneService, rest: readonly string[], type: number): Outcome {
    const own = `${service.metadata.name}.${service.metadata.namespace}.svc.${this.domain}`
    const spec = service.spec ?? {}
    if (spec.type === 'ExternalName') {
      return rest.length === 0 && spec.externalName
        ? { records: [record(name, recordTypes.CNAME, encodeName(spec.externalName.toLowerCase().replace(/\.$/, '')))] }
        : 'nxdomain'
    }
    const headless = spec.clusterIP === 'None'
    const hosts = headless ? this.#hosts(service) : []
    if (rest.length === 0) {
      const ips = headless ? hosts.map(host => host.ip) : clusterIps(spec)
      // A headless service without an endpoint has no records, so it has no name (CoreDNS answers likewise).
      if (headless && hosts.length === 0) return 'nxdomain'
      if (type === recordTypes.SRV) return this.#srv(name, own, service, hosts, undefined, undefined)
      return { records: addresses(name, ips, type) }
    }
    const [first = '', second = ''] = rest
    if (rest.length === 1) {
      const mine = hosts.filter(host => host.label === first)
      if (mine.length > 0)
        return {
          records: addresses(
            name,
            mine.map(host => host.ip),
            type,
          ),
        }
      // `_tcp.name…` exists as a name above SRV names, though nothing is there.
      return /^_(tcp|udp|sctp)$/.test(first) ? nodata : 'nxdomain'
    }
    if (rest.length === 2 && first.startsWith('_') && second.startsWith('_')) {
      const outcome = this.#srv(name, own, service, hosts, second.slice(1), first.slice(1))
      return outcome === 'nxdomain' || type === recordTypes.SRV || type === recordTypes.ANY ? outcome : nodata
    }
    return 'nxdomain'
  }

  #srv(
    name: string,
    own: string,
    service: ZoneService,
    hosts: readonly Host[],
    port: string | undefined,
    protocol: string | undefined,
  ): Outcome {
    const headless = service.spec?.clusterIP === 'None'
    const fits = (p: { name?: string | undefined; protocol?: string | undefined }): boolean =>
      port === undefined || ((p.name ?? '') === port && (p.protocol ?? 'TCP').toLowerCase() === protocol)
    const records: Answer[] = []
    const additional: Answer[] = []
    const targets = headless
      ? hosts.flatMap(host =>
          host.ports.filter(fits).map(p => ({ target: `${host.label}.${own}`, port: p.port, ips: [host.ip] })),
        )
      : (service.spec?.ports ?? [])
          .filter(fits)
          .map(p => ({ target: own, port: p.port ?? 0, ips: clusterIps(service.spec ?? {}) }))
    for (const { target, port: number, ips } of targets) {
      records.push(record(name, recordTypes.SRV, srvData(number, target)))
      if (additional.some(extra => extra.name === target)) continue
      additional.push(...addresses(target, ips, recordTypes.A), ...addresses(target, ips, recordTypes.AAAA))
    }
    return records.length > 0 ? { records, additional } : 'nxdomain'
  }

  #hosts(service: ZoneService): Host[] {
    const hosts: Host[] = []
    for (const slice of this.#slices.get(`${service.metadata.namespace}/${service.metadata.name}`) ?? []) {
      const ports = (slice.ports ?? []).map(p => ({
        name: p.name ?? '',
        protocol: p.protocol ?? 'TCP',
        port: p.port ?? 0,
      }))
      for (const endpoint of slice.endpoints ?? []) {
        if (endpoint.conditions?.ready === false) continue
        for (const ip of endpoint.addresses ?? []) {
          hosts.push({ label: (endpoint.hostname ?? ip.replaceAll(/[.:]/g, '-')).toLowerCase(), ip, ports })
        }
      }
    }
    return hosts
  }

  #pointer(name: string): string | undefined {
    if (!this.#reverse) {
      this.#reverse = new Map()
      for (const service of this.#services.values()) {
        const own = `${service.metadata.name}.${service.metadata.namespace}.svc.${this.domain}`
        for (const ip of clusterIps(service.spec ?? {})) this.#reverse.set(reverseName(ip), own)
        if (service.spec?.clusterIP !== 'None') continue
        for (const host of this.#hosts(service)) this.#reverse.set(reverseName(host.ip), `${host.label}.${own}`)
      }
    }
    return this.#reverse.get(name)
  }

  #response(name: string, outcome: Outcome): Response {
    if (outcome === 'nxdomain') {
      return {
        code: responseCodes.NXDOMAIN,
        authoritative: true,
        answers: [],
        authority: [this.#soa()],
        additional: [],
      }
    }
    // RFC 2308: without records the SOA says how long that may be remembered.
    const authority = outcome.records.length === 0 && !name.endsWith('.arpa') ? [this.#soa()] : []
    return {
      code: responseCodes.NOERROR,
      authoritative: true,
      answers: outcome.records,
      authority,
      additional: outcome.additional ?? [],
    }
  }

  #soa(): Answer {
    const numbers = [1, 7200, 1800, 86_400, ttl].flatMap(value => [value >>> 16, value & 0xffff])
    const data = Buffer.concat([
      encodeName(`ns.dns.${this.domain}`),
      encodeName(`hostmaster.${this.domain}`),
      uint16(...numbers),
    ])
    return record(this.domain, recordTypes.SOA, data)
  }
}

/** `10-0-0-1.<namespace>.pod`: the address is in the name, as CoreDNS' "pods insecure" answers. */
function podOutcome(
  name: string,
  namespace: string | undefined,
  pod: string | undefined,
  rest: readonly string[],
  type: number,
): Outcome {
  if (namespace === undefined || pod === undefined) return nodata
  const v4 = /^(\d{1,3})-(\d{1,3})-(\d{1,3})-(\d{1,3})$/.exec(pod)
  const ip = v4
    ? v4.slice(1).join('.')
    : /^[0-9a-f-]+$/.test(pod) && pod.split('-').length >= 3
      ? pod.replaceAll('-', ':')
      : undefined
  if (rest.length > 0 || ip === undefined || v4?.slice(1).some(part => Number(part) > 255)) return 'nxdomain'
  return { records: addresses(name, [ip], type) }
}

function addresses(name: string, ips: readonly string[], type: number): Answer[] {
  return ips.flatMap(ip => {
    const own = ip.includes(':') ? recordTypes.AAAA : recordTypes.A
    return wants(type, own) ? [record(name, own, own === recordTypes.A ? ipv4Data(ip) : ipv6Data(ip))] : []
  })
}

function clusterIps(spec: NonNullable<ZoneService['spec']>): string[] {
  return [...new Set([spec.clusterIP ?? '', ...(spec.clusterIPs ?? [])])].filter(ip => ip !== '' && ip !== 'None')
}

function reverseName(ip: string): string {
  if (!ip.includes(':')) return `${ip.split('.').reverse().join('.')}.in-addr.arpa`
  return `${[...ipv6Data(ip).toString('hex')].reverse().join('.')}.ip6.arpa`
}

function record(name: string, type: number, data: Buffer): Answer {
  return { name, type, ttl, data }
}

function wants(asked: number, type: number): boolean {
  return asked === type || asked === recordTypes.ANY
}
