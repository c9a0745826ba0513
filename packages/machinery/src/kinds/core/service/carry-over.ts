/**
 * What an update of a service inherits: pkg/registry/core/service patchAllocatedValues, normalizeClusterIPs and
 * dropTypeDependentFields. Clients that know nothing of an allocated value must not lose it, and a change of type takes
 * along what the old type needed, unless the client has touched it.
 */
import type { Service, ServiceSpec } from '../../../api/core-v1.gen.ts'
import { semanticEqual } from '../semantic-equality.ts'
import { isExternallyAccessible, isLoadBalancer, needsClusterIp, needsHealthCheck, needsNodePort } from './traits.ts'

type Field = keyof ServiceSpec

export function carryOver(now: Service, old: Service): void {
  const [after, before] = [now.spec, old.spec]
  if (!after || !before) return
  keepAllocated(now, old, after, before)
  syncClusterIps(after, before)
  dropOfOldType(now, old, after, before)
}

/** A service that is new has one way to say its address, and gets the other. */
export function syncNewClusterIps(spec: ServiceSpec | undefined): void {
  if (spec?.clusterIP && !spec.clusterIPs?.length) spec.clusterIPs = [spec.clusterIP]
}

function keepAllocated(now: Service, old: Service, after: ServiceSpec, before: ServiceSpec): void {
  if (needsClusterIp(now) && needsClusterIp(old)) {
    if (!after.clusterIP && before.clusterIP) after.clusterIP = before.clusterIP
    if (!after.clusterIPs?.length && after.clusterIP === before.clusterIP && before.clusterIPs) {
      after.clusterIPs = [...before.clusterIPs]
    }
  }
  if (needsNodePort(now) && needsNodePort(old)) {
    const used = new Set((after.ports ?? []).map(port => port.nodePort).filter(Boolean))
    const byName = new Map((before.ports ?? []).map(port => [port.name ?? '', port.nodePort]))
    for (const port of after.ports ?? []) {
      const had = byName.get(port.name ?? '')
      if (port.nodePort || !had || used.has(had)) continue
      port.nodePort = had
      used.add(had)
    }
  }
  if (needsHealthCheck(now) && needsHealthCheck(old) && before.healthCheckNodePort) {
    after.healthCheckNodePort ||= before.healthCheckNodePort
  }
}

/** Old clients change clusterIP alone. */
function syncClusterIps(after: ServiceSpec, before: ServiceSpec): void {
  if (!before.clusterIP && after.clusterIP && !after.clusterIPs?.length) after.clusterIPs = [after.clusterIP]
  if (after.clusterIP === before.clusterIP || !semanticEqual(after.clusterIPs ?? [], before.clusterIPs ?? [])) return
  if (after.clusterIP) after.clusterIPs = [after.clusterIP]
  else delete after.clusterIPs
}

function dropOfOldType(now: Service, old: Service, after: ServiceSpec, before: ServiceSpec): void {
  const untouched = (...fields: readonly Field[]): boolean =>
    fields.every(field => semanticEqual(after[field], before[field]))
  if (needsClusterIp(old) && !needsClusterIp(now)) {
    if (untouched('clusterIP', 'clusterIPs')) {
      delete after.clusterIP
      delete after.clusterIPs
    }
    if (untouched('ipFamilies')) delete after.ipFamilies
    if (untouched('ipFamilyPolicy')) delete after.ipFamilyPolicy
  }
  if (needsNodePort(old) && !needsNodePort(now)) {
    const had = new Set((before.ports ?? []).map(port => port.nodePort))
    if ((after.ports ?? []).every(port => !port.nodePort || had.has(port.nodePort))) {
      for (const port of after.ports ?? []) delete port.nodePort
    }
  }
  if (needsHealthCheck(old) && !needsHealthCheck(now) && untouched('healthCheckNodePort')) {
    delete after.healthCheckNodePort
  }
  if (isLoadBalancer(old) && !isLoadBalancer(now)) {
    if (untouched('allocateLoadBalancerNodePorts')) delete after.allocateLoadBalancerNodePorts
    if (untouched('loadBalancerClass')) delete after.loadBalancerClass
  }
  if (isExternallyAccessible(old) && !isExternallyAccessible(now) && untouched('externalTrafficPolicy')) {
    delete after.externalTrafficPolicy
  }
  if (!isLoadBalancer(now) && now.status?.loadBalancer) now.status = { ...now.status, loadBalancer: {} }
}
