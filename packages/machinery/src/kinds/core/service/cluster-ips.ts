/** Addresses of a service and their families: what is well-formed, and what may change. */
import type { Service, ServiceSpec } from '../../../api/core-v1.gen.ts'
import { ipFamily } from '../../../names/index.ts'
import type { FieldErrors } from '../../../status/index.ts'
import { validateIp, validateOptionalChoice } from '../field-rules.ts'
import { isHeadless, isLoadBalancer, needsClusterIp, needsHealthCheck } from './traits.ts'

const families = ['IPv4', 'IPv6']
const familyPolicies = ['PreferDualStack', 'RequireDualStack', 'SingleStack']

/** ValidateServiceClusterIPsRelatedFields. */
export function validateClusterIps(service: Service, errors: FieldErrors): void {
  if (!needsClusterIp(service)) return
  const spec = service.spec ?? {}
  const { clusterIP = '', clusterIPs = [], ipFamilies = [] } = spec
  const path = 'spec.clusterIPs'
  if (clusterIP === '') {
    if (clusterIPs.length > 0) errors.invalid(path, clusterIPs, 'must be empty when `clusterIP` is not specified')
  } else if (clusterIPs.length === 0) errors.required(path)
  else if (clusterIPs[0] !== clusterIP) errors.invalid(path, clusterIPs, 'first value must match `clusterIP`')
  for (const [i, family] of ipFamilies.entries()) {
    if (!families.includes(family)) errors.notSupported(`spec.ipFamilies[${i}]`, family, families)
    if (ipFamilies.indexOf(family) < i) errors.duplicate(`spec.ipFamilies[${i}]`, family)
  }
  validateOptionalChoice(spec.ipFamilyPolicy, familyPolicies, 'spec.ipFamilyPolicy', errors)
  const before = errors.list.length
  for (const [i, ip] of clusterIPs.entries()) {
    if (i > 0 || ip !== 'None') validateIp(ip, `${path}[${i}]`, errors)
    else if (clusterIPs.length > 1) errors.invalid(path, clusterIPs, "'None' must be the first and only value")
  }
  const areGood = errors.list.length === before
  if (clusterIPs.length > 2) errors.invalid(path, clusterIPs, 'may only hold up to 2 values')
  if (areGood) validateFamilies(service, spec, errors)
}

function validateFamilies(service: Service, spec: ServiceSpec, errors: FieldErrors): void {
  const { clusterIPs = [], ipFamilies = [] } = spec
  const path = 'spec.clusterIPs'
  if (clusterIPs.length > 1 && new Set(clusterIPs.map(ipFamily)).size < 2) {
    errors.invalid(path, clusterIPs, 'may specify no more than one IP for each IP family')
  }
  if (isHeadless(service)) return
  for (const [i, ip] of clusterIPs.entries()) {
    const family = ipFamilies[i]
    if (family !== undefined && families.includes(family) && family !== `IPv${ipFamily(ip)}`) {
      errors.invalid(`${path}[${i}]`, ip, `expected an ${family} value as indicated by \`ipFamilies[${i}]\``)
    }
  }
}

const mayNotChange = 'may not change once set'

/** What ValidateServiceUpdate adds: addresses and families stay, a second one may come and go. */
export function validateServiceUpdate(service: Service, old: Service, errors: FieldErrors): void {
  const [now, before] = [service.spec ?? {}, old.spec ?? {}]
  if (needsClusterIp(service) && needsClusterIp(old)) {
    const headless = isHeadless(service)
    if (!(headless && isHeadless(old))) validateList('clusterIPs', now, before, errors)
    if (!headless && !isHeadless(old)) validateList('ipFamilies', now, before, errors)
  }
  if (isLoadBalancer(service) && isLoadBalancer(old) && now.loadBalancerClass !== before.loadBalancerClass) {
    errors.invalid('spec.loadBalancerClass', now.loadBalancerClass, mayNotChange)
  }
  if (needsHealthCheck(service) && needsHealthCheck(old) && now.healthCheckNodePort !== before.healthCheckNodePort) {
    errors.forbidden('spec.healthCheckNodePort', 'field is immutable')
  }
}

function validateList(
  field: 'clusterIPs' | 'ipFamilies',
  now: ServiceSpec,
  old: ServiceSpec,
  errors: FieldErrors,
): void {
  const [after, before] = [now[field] ?? [], old[field] ?? []]
  const one = field === 'clusterIPs' ? 'clusterIP' : 'ipFamily'
  const path = `spec.${field}`
  if (after.length === before.length) {
    for (const [i, value] of before.entries()) {
      if (after[i] === value) continue
      errors.invalid(`${path}[${field === 'clusterIPs' ? i : 0}]`, after, mayNotChange)
    }
    return
  }
  if (after.length === 0) errors.invalid(`${path}[0]`, after, `primary ${one} can not be unset`)
  else if (before.length > 0 && after[0] !== before[0]) errors.invalid(`${path}[0]`, after, mayNotChange)
  if (before.length > after.length && after.length === 1 && now.ipFamilyPolicy !== 'SingleStack') {
    const rule = `must be set to 'SingleStack' when releasing the secondary ${one}`
    errors.invalid('spec.ipFamilyPolicy', now.ipFamilyPolicy, rule)
  }
}
