/**
 * What may stand as the name of a resource in requests, limits and quotas, after pkg/apis/core/helper: plain names are
 * Kubernetes' own, names with a domain are somebody's extension.
 */
import { qualifiedNameFaults } from '../../names/index.ts'
import type { FieldErrors } from '../../status/index.ts'
import { invalidEach } from './field-rules.ts'

const hugePagesPrefix = 'hugepages-'
const requestsPrefix = 'requests.'

const compute = ['cpu', 'memory', 'ephemeral-storage']
const counted = [
  'pods',
  'resourcequotas',
  'services',
  'replicationcontrollers',
  'secrets',
  'configmaps',
  'persistentvolumeclaims',
  'services.nodeports',
  'services.loadbalancers',
]
const quotaResources: ReadonlySet<string> = new Set([
  ...compute,
  'requests.cpu',
  'requests.memory',
  'requests.storage',
  'requests.ephemeral-storage',
  'limits.cpu',
  'limits.memory',
  'limits.ephemeral-storage',
  ...counted,
])
const standardResources: ReadonlySet<string> = new Set([...quotaResources, 'storage'])

export const isHugePages = (name: string): boolean => name.startsWith(hugePagesPrefix)
const isQuotaHugePages = (name: string): boolean =>
  isHugePages(name) || name.startsWith(requestsPrefix + hugePagesPrefix)
export const isStandardQuotaResource = (name: string): boolean => quotaResources.has(name) || isQuotaHugePages(name)
/** Kubernetes' own. */
export const isNativeResource = (name: string): boolean => !name.includes('/') || name.includes('kubernetes.io/')

/** Somebody's device: always whole, never more than the limit. */
function isExtendedResource(name: string): boolean {
  if (isNativeResource(name) || name.startsWith(requestsPrefix)) return false
  return qualifiedNameFaults(requestsPrefix + name).length === 0
}

/** Requests may be less than limits. */
export const isOvercommitAllowed = (name: string): boolean => isNativeResource(name) && !isHugePages(name)
export const isIntegerResource = (name: string): boolean => counted.includes(name) || isExtendedResource(name)

/** False when faults were added. */
export function validateResourceName(name: string, path: string, errors: FieldErrors): boolean {
  const faults = qualifiedNameFaults(name)
  invalidEach(faults, name, path, errors)
  if (faults.length > 0) return false
  if (name.includes('/') || standardResources.has(name) || isQuotaHugePages(name)) return true
  errors.invalid(path, name, 'must be a standard resource type or fully qualified')
  return false
}

export function validateContainerResourceName(name: string, path: string, errors: FieldErrors): void {
  validateResourceName(name, path, errors)
  if (!name.includes('/')) {
    if (!compute.includes(name) && !isHugePages(name)) {
      errors.invalid(path, name, 'must be a standard resource for containers')
    }
  } else if (!isNativeResource(name) && !isExtendedResource(name)) {
    errors.invalid(path, name, "doesn't follow extended resource name standard")
  }
}

export function validatePodResourceName(name: string, path: string, errors: FieldErrors): void {
  if (!validateResourceName(name, path, errors)) return
  if (name !== 'cpu' && name !== 'memory' && !isHugePages(name)) {
    errors.notSupported(path, name, ['cpu', 'hugepages-', 'memory'])
  }
}

export function validateQuotaResourceName(name: string, path: string, errors: FieldErrors): void {
  validateResourceName(name, path, errors)
  if (!name.includes('/') && !isStandardQuotaResource(name)) {
    errors.invalid(path, name, 'must be a standard resource for quota')
  }
}
