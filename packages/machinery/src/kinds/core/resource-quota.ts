/** core/v1 ResourceQuota. */
import type { ResourceQuota, ResourceQuotaSpec } from '../../api/core-v1.gen.ts'
import { compareQuantities } from '../../quantity/index.ts'
import type { FieldErrors } from '../../status/index.ts'
import { defineKind } from '../define-kind.ts'
import { keepStatus } from '../keep-status.ts'
import type { Kind } from '../kind.ts'
import { nameTo, textColumn } from '../make-column.ts'
import {
  canonicalizeAmounts,
  printQuantity,
  type ResourceList,
  readQuantity,
  validateResourceAmount,
} from './resource-amounts.ts'
import { isStandardQuotaResource, validateQuotaResourceName } from './resource-names.ts'

export const resourceQuotas: Kind<ResourceQuota> = defineKind<ResourceQuota>({
  group: '',
  version: 'v1',
  kind: 'ResourceQuota',
  plural: 'resourcequotas',
  shortNames: ['quota'],
  columns: nameTo(
    textColumn('Request', 'Used and hard, of what is counted or requested.', quota => formatUse(quota, false)),
    textColumn('Limit', 'Used and hard, of limits.', quota => formatUse(quota, true)),
  ),
  subresources: { status: { validateUpdate: validateStatus } },
  setDefaults({ spec, status }) {
    canonicalizeAmounts(spec?.hard)
    canonicalizeAmounts(status?.hard)
    canonicalizeAmounts(status?.used)
  },
  strategy: {
    hasGeneration: false,
    prepareForCreate(quota) {
      quota.status = {}
    },
    prepareForUpdate: keepStatus,
    validate({ spec }, errors) {
      if (spec) validateSpec(spec, errors)
    },
    validateUpdate({ spec }, old, errors) {
      const [now, before] = [new Set(spec?.scopes), new Set(old.spec?.scopes)]
      if (now.symmetricDifference(before).size > 0)
        errors.invalid('spec.scopes', spec?.scopes ?? [], 'field is immutable')
    },
    warnings: ({ spec }, old) => (old ? [] : limitWarnings(spec?.hard ?? {})),
  },
  definition: 'io.k8s.api.core.v1.ResourceQuota',
})

/** `pods: 1/10, requests.cpu: 1/2`, in the order of the names. */
function formatUse({ status }: ResourceQuota, limits: boolean): string {
  return Object.keys(status?.hard ?? {})
    .filter(name => name.startsWith('limits.') === limits)
    .sort()
    .map(name => `${name}: ${printQuantity(status?.used?.[name] ?? '0')}/${printQuantity(status?.hard?.[name] ?? '0')}`)
    .join(', ')
}

const podScopes = ['Terminating', 'NotTerminating', 'NotBestEffort', 'PriorityClass', 'CrossNamespacePodAffinity']
const scopes = [...podScopes, 'BestEffort', 'VolumeAttributesClass']
const podResources = ['pods', 'cpu', 'memory', 'limits.cpu', 'limits.memory', 'requests.cpu', 'requests.memory']
const conflicting = [
  ['BestEffort', 'NotBestEffort'],
  ['Terminating', 'NotTerminating'],
] as const

function countsFor(scope: string, resource: string): boolean {
  if (podScopes.includes(scope)) return podResources.includes(resource)
  if (scope === 'BestEffort') return resource === 'pods'
  if (scope !== 'VolumeAttributesClass') return true
  return resource === 'persistentvolumeclaims' || resource === 'requests.storage'
}

function validateSpec(spec: ResourceQuotaSpec, errors: FieldErrors): void {
  validateAmounts(spec.hard, 'spec.hard', errors)
  const named = Object.keys(spec.hard ?? {}).filter(isStandardQuotaResource)
  for (const scope of spec.scopes ?? []) {
    if (!scopes.includes(scope)) errors.invalid('spec.scopes', spec.scopes, 'unsupported scope')
    for (const name of named) {
      if (!countsFor(scope, name)) errors.invalid('spec.scopes', spec.scopes, 'unsupported scope applied to resource')
    }
  }
  validateConflicts(spec, spec.scopes ?? [], errors)
  validateScopeSelector(spec, named, errors)
}

function validateConflicts(spec: ResourceQuotaSpec, used: readonly string[], errors: FieldErrors): void {
  for (const [one, other] of conflicting) {
    if (used.includes(one) && used.includes(other))
      errors.invalid('spec.scopes', spec.scopes ?? null, 'conflicting scopes')
  }
}

function validateScopeSelector(spec: ResourceQuotaSpec, named: readonly string[], errors: FieldErrors): void {
  const path = 'spec.scopeSelector.matchExpressions'
  const requirements = spec.scopeSelector?.matchExpressions ?? []
  for (const { scopeName = '', operator = '', values = [] } of requirements) {
    if (!scopes.includes(scopeName)) errors.invalid(`${path}.scopeName`, scopeName, 'unsupported scope')
    for (const name of named) {
      if (!countsFor(scopeName, name)) errors.invalid(path, spec.scopeSelector, 'unsupported scope applied to resource')
    }
    if (
      !['PriorityClass', 'VolumeAttributesClass'].includes(scopeName) &&
      scopes.includes(scopeName) &&
      operator !== 'Exists'
    ) {
      const rule =
        "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity"
      errors.invalid(`${path}.operator`, operator, rule)
    }
    if (operator === 'In' || operator === 'NotIn') {
      const rule = "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector"
      if (values.length === 0) errors.required(`${path}.values`, rule)
    } else if (operator === 'Exists' || operator === 'DoesNotExist') {
      const rule = "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector"
      if (values.length > 0) errors.invalid(`${path}.values`, values, rule)
    } else errors.invalid(`${path}.operator`, operator, 'not a valid selector operator')
  }
  validateConflicts(
    spec,
    requirements.map(({ scopeName }) => scopeName),
    errors,
  )
}

function validateAmounts(list: ResourceList | undefined, path: string, errors: FieldErrors): void {
  for (const [name, amount] of Object.entries(list ?? {})) {
    validateQuotaResourceName(name, `${path}[${name}]`, errors)
    validateResourceAmount(name, amount, `${path}[${name}]`, errors)
  }
}

function validateStatus({ status }: ResourceQuota, _old: ResourceQuota, errors: FieldErrors): void {
  validateAmounts(status?.hard, 'status.hard', errors)
  validateAmounts(status?.used, 'status.used', errors)
}

function limitWarnings(hard: ResourceList): string[] {
  const warnings: string[] = []
  for (const name of ['cpu', 'memory', 'storage', 'ephemeral-storage']) {
    const plain = name === 'cpu' || name === 'memory'
    const requestName = plain && hard[`requests.${name}`] === undefined ? name : `requests.${name}`
    const [request, limit] = [readQuantity(hard[requestName]), readQuantity(hard[`limits.${name}`])]
    if (!request || !limit || compareQuantities(request, limit) <= 0) continue
    const [used, allowed] = [printQuantity(request), printQuantity(limit)]
    warnings.push(`ResourceQuota ${requestName} (${used}) should be less than limits.${name} (${allowed})`)
  }
  return warnings
}
