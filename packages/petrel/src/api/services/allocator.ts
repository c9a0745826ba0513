/**
 * ClusterIPs and NodePorts: handed out from memory of what the stored services hold, and given back when a service goes
 * or lets go (pkg/registry/core/service/storage/alloc.go). There are no allocator objects to fall out of step.
 */
import type { Service, ServicePort, ServiceSpec } from '@petrel/machinery/api/core-v1'
import { services } from '@petrel/machinery/kinds'
import { FieldErrors, internal, invalid } from '@petrel/machinery/status'
import type { Logger, Rng } from '../../base/index.ts'
import type { ObjectReader } from '../contract.ts'
import type { Claim, KindHooks } from '../registry/registry.ts'
import { type AddressRange, addressRange } from './address-range.ts'
import { Pool } from './pool.ts'

export interface ServiceRanges {
  /** Default 10.96.0.0/16. */
  readonly addresses?: string
  /** First and last port, default 30000 and 32767. */
  readonly nodePorts?: readonly [number, number]
}

export interface ServiceAllocator extends KindHooks {
  /** The first address, which is the `kubernetes` service's. */
  readonly firstAddress: string
  close(): void
}

interface Held {
  readonly pool: Pool
  readonly member: number
  readonly by: string
}

export function serviceAllocator(
  reader: ObjectReader,
  rng: Rng,
  log: Logger,
  ranges: ServiceRanges = {},
): ServiceAllocator {
  const range = addressRange(ranges.addresses ?? '10.96.0.0/16')
  const [firstPort, lastPort] = ranges.nodePorts ?? [30000, 32767]
  const addresses = new Pool(range.size, reservedAddresses(range.size))
  const ports = new Pool(lastPort - firstPort + 1, reservedPorts(lastPort - firstPort + 1))
  const pools: Pools = { range, addresses, ports, firstPort, lastPort, rng }

  for (const service of reader.list(services, '')) {
    for (const { pool, member, by } of heldBy(service, pools)) {
      if (!pool.take(member, by))
        log.warn('Two services hold the same address or port', { service: by, other: pool.holder(member) })
    }
  }
  const watch = reader.onChange(services, (current, previous) => {
    const now = current ? heldBy(current as Service, pools) : []
    for (const before of previous ? heldBy(previous as Service, pools) : []) {
      if (!now.some(held => held.pool === before.pool && held.member === before.member))
        before.pool.release(before.member, before.by)
    }
    for (const { pool, member, by } of now) pool.take(member, by)
  })
  return {
    firstAddress: range.at(0),
    claim: (object, old, dryRun) => claim(object as Service, old as Service | undefined, pools, dryRun),
    close: () => watch.cancel(),
  }
}

interface Pools {
  readonly range: AddressRange
  readonly addresses: Pool
  readonly ports: Pool
  readonly firstPort: number
  readonly lastPort: number
  readonly rng: Rng
}

/** ipallocator.calculateRangeOffset: min(max(16, size/16), 256). */
function reservedAddresses(size: number): number {
  return size < 16 ? 0 : Math.min(Math.max(16, Math.floor(size / 16)), 256)
}

/** portallocator.calculateRangeOffset: min(max(16, size/32), 128). */
function reservedPorts(size: number): number {
  return size < 32 ? 0 : Math.min(Math.max(16, Math.floor(size / 32)), 128)
}

function keyOf(service: Service): string {
  return `${service.metadata?.namespace ?? ''}/${service.metadata?.name ?? ''}`
}

/** Node ports are one per number whatever the protocol, as far as chance goes; a service may use one for two protocols. */
function heldBy(service: Service, pools: Pools): Held[] {
  const by = keyOf(service)
  const held: Held[] = []
  for (const address of service.spec?.clusterIPs ?? (service.spec?.clusterIP ? [service.spec.clusterIP] : [])) {
    const member = pools.range.memberOf(address)
    if (member !== undefined) held.push({ pool: pools.addresses, member, by })
  }
  for (const port of [
    ...(service.spec?.ports ?? []).map(p => p.nodePort ?? 0),
    service.spec?.healthCheckNodePort ?? 0,
  ]) {
    if (port >= pools.firstPort && port <= pools.lastPort)
      held.push({ pool: pools.ports, member: port - pools.firstPort, by })
  }
  return held
}

function claim(service: Service, old: Service | undefined, pools: Pools, dryRun: boolean): Claim | undefined {
  const { spec } = service
  if (!spec) return undefined
  const by = keyOf(service)
  const before = new Set(old ? heldBy(old, pools).map(({ pool, member }) => `${pool === pools.ports}${member}`) : [])
  const taken: Held[] = []
  const errors = new FieldErrors()
  const take = (pool: Pool, member: number): boolean => {
    if (before.has(`${pool === pools.ports}${member}`)) return true
    if (pool.holder(member) === by) return true
    if (!pool.take(member, by)) return false
    taken.push({ pool, member, by })
    return true
  }
  const takeAny = (pool: Pool): number | undefined => {
    const member = pool.takeAny(by, pools.rng)
    if (member !== undefined) taken.push({ pool, member, by })
    return member
  }
  const release = (): void => {
    for (const { pool, member } of taken.splice(0)) pool.release(member, by)
  }
  try {
    if (spec.type !== 'ExternalName') setAddress(spec, pools, take, takeAny, errors)
    if (wantsNodePorts(spec)) setNodePorts(spec.ports ?? [], spec, pools, take, takeAny, errors)
    if (!errors.empty) throw invalid(services, service.metadata?.name ?? '', errors)
  } catch (error) {
    release()
    throw error
  }
  if (dryRun) {
    release()
    return undefined
  }
  return { keep: () => void taken.splice(0), release }
}

type Take = (pool: Pool, member: number) => boolean
type TakeAny = (pool: Pool) => number | undefined

function setAddress(spec: ServiceSpec, pools: Pools, take: Take, takeAny: TakeAny, errors: FieldErrors): void {
  // What the service's own rules refuse is refused there.
  // Addresses that nobody here selects may be of any family.
  const anyFamily = spec.clusterIP === 'None' && Object.keys(spec.selector ?? {}).length === 0
  spec.ipFamilyPolicy ??= anyFamily ? 'RequireDualStack' : 'SingleStack'
  spec.ipFamilies ??= anyFamily && spec.ipFamilyPolicy !== 'SingleStack' ? ['IPv4', 'IPv6'] : ['IPv4']
  if (spec.clusterIP === 'None') {
    spec.clusterIPs = ['None']
    return
  }
  if (spec.ipFamilyPolicy === 'RequireDualStack') {
    errors.invalid('spec.ipFamilyPolicy', 'RequireDualStack', 'this cluster is not configured for dual-stack services')
    return
  }
  if (spec.ipFamilies[0] === 'IPv6') {
    errors.invalid('spec.ipFamilies[0]', 'IPv6', 'not configured on this cluster')
    return
  }
  const wanted = spec.clusterIP ?? ''
  if (wanted === '') {
    const member = takeAny(pools.addresses)
    if (member === undefined) throw internal(new Error('failed to allocate a serviceIP: range is full'))
    spec.clusterIP = pools.range.at(member)
  } else {
    const member = pools.range.memberOf(wanted)
    const fail = (why: string): void =>
      errors.invalid('spec.clusterIPs', [wanted], `failed to allocate IP ${wanted}: ${why}`)
    if (member === undefined) {
      fail(`the provided IP (${wanted}) is not in the valid range. The range of valid IPs is ${pools.range.text}`)
      return
    }
    if (!take(pools.addresses, member)) {
      fail('provided IP is already allocated')
      return
    }
  }
  if (spec.clusterIP !== undefined && !spec.clusterIPs?.length) spec.clusterIPs = [spec.clusterIP]
}

function wantsNodePorts(spec: ServiceSpec): boolean {
  return (
    spec.type === 'NodePort' ||
    (spec.type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts !== false) ||
    (spec.type === 'LoadBalancer' && (spec.ports ?? []).some(port => port.nodePort))
  )
}

function setNodePorts(
  list: ServicePort[],
  spec: ServiceSpec,
  pools: Pools,
  take: Take,
  takeAny: TakeAny,
  errors: FieldErrors,
): void {
  const inRange = (port: number): boolean => port >= pools.firstPort && port <= pools.lastPort
  list.forEach((port, i) => {
    if (!port.nodePort) return
    if (!inRange(port.nodePort)) {
      errors.invalid(
        `spec.ports[${i}].nodePort`,
        port.nodePort,
        `provided port is not in the valid range. The range of valid ports is ${pools.firstPort}-${pools.lastPort}`,
      )
    } else if (!take(pools.ports, port.nodePort - pools.firstPort)) {
      errors.invalid(`spec.ports[${i}].nodePort`, port.nodePort, 'provided port is already allocated')
    }
  })
  if (spec.type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts === false) return
  const next = (what: string): number => {
    const member = takeAny(pools.ports)
    if (member === undefined) throw internal(new Error(`failed to allocate a ${what}: range is full`))
    return pools.firstPort + member
  }
  for (const port of list) {
    if (port.nodePort) continue
    // The same port over TCP and UDP shares its node port, as DNS wants it.
    const twin = list.find(
      other => other !== port && other.nodePort && other.port === port.port && other.protocol !== port.protocol,
    )
    port.nodePort = twin?.nodePort ?? next('nodePort')
  }
  if (spec.type === 'LoadBalancer' && spec.externalTrafficPolicy === 'Local') {
    if (!spec.healthCheckNodePort) spec.healthCheckNodePort = next('healthCheckNodePort')
    else if (inRange(spec.healthCheckNodePort) && !take(pools.ports, spec.healthCheckNodePort - pools.firstPort)) {
      errors.invalid('spec.healthCheckNodePort', spec.healthCheckNodePort, 'provided port is already allocated')
    }
  }
}
