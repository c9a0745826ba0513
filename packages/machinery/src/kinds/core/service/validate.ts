/** Rules of services: validateService and what it calls, in upstream's order. */
import type { Service, ServicePort, ServiceSpec } from '../../../api/core-v1.gen.ts'
import { legacyIpFaults, portNumberFaults, validateLabels } from '../../../names/index.ts'
import type { FieldErrors } from '../../../status/index.ts'
import { validateEndpointIp } from '../endpoint-ip.ts'
import {
  invalidEach,
  protocols,
  validateChoice,
  validateCidr,
  validateDnsLabel,
  validateDnsSubdomain,
  validateIp,
  validateOptionalChoice,
  validatePortNumber,
  validatePortNumberOrName,
  validateQualifiedName,
} from '../field-rules.ts'
import { validateClusterIps } from './cluster-ips.ts'
import { isExternallyAccessible, isHeadless, isLoadBalancer, needsHealthCheck } from './traits.ts'

const types = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort']
const policies = ['Cluster', 'Local']
const maxAffinitySeconds = 86400

export function validateService(service: Service, errors: FieldErrors): void {
  const spec = service.spec ?? {}
  const ports = spec.ports ?? []
  if (ports.length === 0 && !isHeadless(service) && spec.type !== 'ExternalName') errors.required('spec.ports')
  validateByType(service, spec, errors)
  const names = new Set<string>()
  for (const [i, port] of ports.entries()) validatePort(port, ports.length > 1, names, `spec.ports[${i}]`, errors)
  validateLabels(spec.selector, 'spec.selector', errors)
  validateAffinity(spec, errors)
  validateClusterIps(service, errors)
  for (const [i, ip] of (spec.externalIPs ?? []).entries()) {
    const at = `spec.externalIPs[${i}]`
    if (legacyIpFaults(ip).length > 0) validateIp(ip, at, errors)
    else validateEndpointIp(ip, at, errors)
  }
  validateChoice(spec.type, types, 'spec.type', errors)
  validatePortsOnce(spec, errors)
  validateLoadBalancerFields(service, spec, errors)
  validateExternalTraffic(service, spec, errors)
  if (spec.internalTrafficPolicy === undefined) {
    if (spec.type && spec.type !== 'ExternalName' && types.includes(spec.type))
      errors.required('spec.internalTrafficPolicy')
  } else validateOptionalChoice(spec.internalTrafficPolicy, policies, 'spec.internalTrafficPolicy', errors)
  const distributions = ['PreferClose', 'PreferSameZone', 'PreferSameNode']
  validateOptionalChoice(spec.trafficDistribution, distributions, 'spec.trafficDistribution', errors)
}

function validateByType(service: Service, spec: ServiceSpec, errors: FieldErrors): void {
  if ((spec.type === 'LoadBalancer' || spec.type === 'NodePort') && isHeadless(service)) {
    errors.invalid('spec.clusterIPs[0]', 'None', `may not be set to 'None' for ${spec.type} services`)
  }
  if (spec.type !== 'ExternalName') return
  const rule = 'may not be set for ExternalName services'
  if (spec.clusterIPs?.length) errors.forbidden('spec.clusterIPs', rule)
  if (spec.ipFamilies?.length) errors.forbidden('spec.ipFamilies', rule)
  if (spec.ipFamilyPolicy !== undefined) errors.forbidden('spec.ipFamilyPolicy', rule)
  const name = (spec.externalName ?? '').replace(/\.$/, '')
  if (name === '') errors.required('spec.externalName')
  else validateDnsSubdomain(name, 'spec.externalName', errors)
}

function validatePort(
  port: ServicePort,
  needsName: boolean,
  names: Set<string>,
  path: string,
  errors: FieldErrors,
): void {
  const { name = '' } = port
  if (name !== '') {
    validateDnsLabel(name, `${path}.name`, errors)
    if (names.has(name)) errors.duplicate(`${path}.name`, name)
    names.add(name)
  } else if (needsName) errors.required(`${path}.name`)
  validatePortNumber(port.port ?? 0, `${path}.port`, errors)
  validateChoice(port.protocol, protocols, `${path}.protocol`, errors)
  validatePortNumberOrName(port.targetPort, `${path}.targetPort`, errors)
  if (port.appProtocol !== undefined) validateQualifiedName(port.appProtocol, `${path}.appProtocol`, errors)
}

function validateAffinity(spec: ServiceSpec, errors: FieldErrors): void {
  const { sessionAffinity, sessionAffinityConfig: config } = spec
  const path = 'spec.sessionAffinityConfig'
  validateChoice(sessionAffinity, ['ClientIP', 'None'], 'spec.sessionAffinity', errors)
  if (sessionAffinity === 'None' && config) {
    errors.forbidden(path, 'must not be set when session affinity is None')
  }
  if (sessionAffinity !== 'ClientIP') return
  const rule = 'when session affinity type is ClientIP'
  const seconds = config?.clientIP?.timeoutSeconds
  if (!config) errors.required(path, rule)
  else if (!config.clientIP) errors.required(`${path}.clientIP`, rule)
  else if (seconds === undefined) errors.required(`${path}.clientIP.timeoutSeconds`, rule)
  else if (seconds <= 0 || seconds > maxAffinitySeconds) {
    const range = `must be greater than 0 and less than ${maxAffinitySeconds}`
    errors.invalid(`${path}.clientIP.timeoutSeconds`, seconds, range)
  }
}

/** No port of the service twice, nor of the nodes, for one protocol. */
function validatePortsOnce(spec: ServiceSpec, errors: FieldErrors): void {
  const nodePorts = new Set<string>()
  for (const [i, { nodePort, protocol }] of (spec.ports ?? []).entries()) {
    if (!nodePort) continue
    const at = `spec.ports[${i}].nodePort`
    if (spec.type === 'ClusterIP') errors.forbidden(at, "may not be used when `type` is 'ClusterIP'")
    const key = `${nodePort}/${protocol}`
    if (nodePorts.has(key)) errors.duplicate(at, nodePort)
    nodePorts.add(key)
  }
  const ports = new Set<string>()
  for (const [i, { port, protocol }] of (spec.ports ?? []).entries()) {
    const key = `${port}/${protocol}`
    // Upstream prints the key as its internal type has it.
    const shown = { Name: '', Protocol: protocol, AppProtocol: null, Port: port, TargetPort: 0, NodePort: 0 }
    if (ports.has(key)) errors.duplicate(`spec.ports[${i}]`, shown)
    ports.add(key)
  }
}

const sourceRangesAnnotation = 'service.beta.kubernetes.io/load-balancer-source-ranges'

function validateLoadBalancerFields(service: Service, spec: ServiceSpec, errors: FieldErrors): void {
  const balanced = isLoadBalancer(service)
  const only = "may only be used when `type` is 'LoadBalancer'"
  const ranges = spec.loadBalancerSourceRanges ?? []
  const annotation = service.metadata?.annotations?.[sourceRangesAnnotation]
  if (ranges.length > 0) {
    if (!balanced) errors.forbidden('spec.LoadBalancerSourceRanges', only)
    for (const [i, range] of ranges.entries()) {
      validateCidr(range.trim(), `spec.LoadBalancerSourceRanges[${i}]`, errors)
    }
  } else if (annotation !== undefined) {
    const at = `metadata.annotations[${sourceRangesAnnotation}]`
    if (!balanced) errors.forbidden(at, only)
    for (const range of annotation.trim().split(',')) if (annotation.trim()) validateCidr(range.trim(), at, errors)
  }
  if (spec.allocateLoadBalancerNodePorts !== undefined && !balanced) {
    errors.forbidden('spec.allocateLoadBalancerNodePorts', only)
  }
  if (spec.allocateLoadBalancerNodePorts === undefined && balanced) errors.required('allocateLoadBalancerNodePorts')
  if (spec.loadBalancerClass === undefined) return
  if (balanced) validateQualifiedName(spec.loadBalancerClass, 'spec.loadBalancerClass', errors)
  else errors.forbidden('spec.loadBalancerClass', only)
}

function validateExternalTraffic(service: Service, spec: ServiceSpec, errors: FieldErrors): void {
  const policy = spec.externalTrafficPolicy
  const path = 'spec.externalTrafficPolicy'
  if (isExternallyAccessible(service)) validateChoice(policy, policies, path, errors)
  else if (policy) errors.invalid(path, policy, 'may only be set for externally-accessible services')
  const port = spec.healthCheckNodePort ?? 0
  if (needsHealthCheck(service)) {
    if (port === 0) errors.required('spec.healthCheckNodePort')
    else invalidEach(portNumberFaults(port), port, 'spec.healthCheckNodePort', errors)
  } else if (port !== 0) {
    const rule = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'"
    errors.invalid('spec.healthCheckNodePort', port, rule)
  }
}

export function validateServiceStatus(service: Service, old: Service, errors: FieldErrors): void {
  const ingress = service.status?.loadBalancer?.ingress ?? []
  const path = 'status.loadBalancer.ingress'
  if (!isLoadBalancer(service) && ingress.length > 0) {
    errors.forbidden(path, "may only be used when `spec.type` is 'LoadBalancer'")
    return
  }
  const before = (old.status?.loadBalancer?.ingress ?? []).map(({ ip }) => ip ?? '')
  for (const [i, { ip, ipMode, hostname }] of ingress.entries()) {
    const at = `${path}[${i}]`
    if (ip) {
      validateIp(ip, `${at}.ip`, errors, before)
      if (ipMode === undefined) errors.required(`${at}.ipMode`, 'must be specified when `ip` is set')
      else validateOptionalChoice(ipMode, ['Proxy', 'VIP'], `${at}.ipMode`, errors)
    } else if (ipMode !== undefined) errors.forbidden(`${at}.ipMode`, 'may not be specified when `ip` is not set')
    if (!hostname) continue
    validateDnsSubdomain(hostname, `${at}.hostname`, errors)
    if (legacyIpFaults(hostname).length === 0) {
      errors.invalid(`${at}.hostname`, hostname, 'must be a DNS name, not an IP address')
    }
  }
}
