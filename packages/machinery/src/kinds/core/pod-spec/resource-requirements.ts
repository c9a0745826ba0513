/** Requests and limits, of containers and of whole pods. */
import type { PodSpec, ResourceClaim, ResourceRequirements } from '../../../api/core-v1.gen.ts'
import { compareQuantities, quantity } from '../../../quantity/index.ts'
import type { FieldErrors } from '../../../status/index.ts'
import { validateDnsLabel } from '../field-rules.ts'
import { printQuantity, readQuantity, validateResourceAmount } from '../resource-amounts.ts'
import {
  isHugePages,
  isOvercommitAllowed,
  validateContainerResourceName,
  validatePodResourceName,
} from '../resource-names.ts'
import { aggregate } from './pod-level-resources.ts'

type NameRule = (name: string, path: string, errors: FieldErrors) => void

export function validateContainerResources(
  resources: ResourceRequirements | undefined,
  claims: ReadonlySet<string>,
  path: string,
  errors: FieldErrors,
): void {
  if (resources) validateRequirements(resources, validateContainerResourceName, claims, path, errors)
}

function validateRequirements(
  { limits = {}, requests = {}, claims: used }: ResourceRequirements,
  validateName: NameRule,
  claims: ReadonlySet<string>,
  path: string,
  errors: FieldErrors,
): void {
  for (const [name, amount] of Object.entries(limits)) validateOne(name, amount, `${path}.limits[${name}]`)
  for (const [name, amount] of Object.entries(requests)) {
    validateOne(name, amount, `${path}.requests[${name}]`)
    validateAgainstLimit(name, amount, limits[name], path, errors)
  }
  const names = [...Object.keys(limits), ...Object.keys(requests)]
  if (names.some(isHugePages) && !names.some(name => name === 'cpu' || name === 'memory')) {
    errors.forbidden(path, 'HugePages require cpu or memory')
  }
  validateClaims(used ?? [], claims, `${path}.claims`, errors)

  function validateOne(name: string, amount: string, at: string): void {
    validateName(name, at, errors)
    validateResourceAmount(name, amount, at, errors)
    if (isHugePages(name) && !isWholePages(name, amount)) {
      const text = printQuantity(amount)
      errors.invalid(at, text, `${text} is not positive integer multiple of ${name}`)
    }
  }
}

function validateAgainstLimit(
  name: string,
  amount: string,
  limit: string | undefined,
  path: string,
  errors: FieldErrors,
): void {
  if (limit === undefined) {
    if (!isOvercommitAllowed(name))
      errors.required(`${path}.limits`, 'Limit must be set for non overcommitable resources')
    return
  }
  const [wanted, allowed] = [readQuantity(amount), readQuantity(limit)]
  if (!wanted || !allowed) return
  const order = compareQuantities(wanted, allowed)
  const at = `${path}.requests`
  if (order !== 0 && !isOvercommitAllowed(name)) {
    errors.invalid(at, printQuantity(amount), `must be equal to ${name} limit of ${printQuantity(limit)}`)
  } else if (order > 0) {
    errors.invalid(at, printQuantity(amount), `must be less than or equal to ${name} limit of ${printQuantity(limit)}`)
  }
}

function isWholePages(name: string, amount: string): boolean {
  const [page, total] = [readQuantity(name.slice('hugepages-'.length)), readQuantity(amount)]
  if (!page || !total) return true
  const scale = Math.min(page.exponent, total.exponent)
  const pageSize = page.mantissa * 10n ** BigInt(page.exponent - scale)
  return pageSize > 0n && (total.mantissa * 10n ** BigInt(total.exponent - scale)) % pageSize === 0n
}

function validateClaims(
  used: readonly ResourceClaim[],
  claims: ReadonlySet<string>,
  path: string,
  errors: FieldErrors,
): void {
  const seen = new Set<string>()
  for (const [i, claim] of used.entries()) {
    const at = `${path}[${i}]`
    if (!claim.name) {
      errors.required(at)
      continue
    }
    const key = claim.request ? `${claim.name}/${claim.request}` : claim.name
    if (claim.request) validateDnsLabel(claim.request, `${at}.request`, errors)
    if (seen.has(claim.name) || seen.has(key)) errors.duplicate(at, seen.has(claim.name) ? claim.name : key)
    else if (!claim.request && [...seen].some(other => other.startsWith(`${claim.name}/`)))
      errors.duplicate(at, claim.name)
    seen.add(key)
    if (claims.has(claim.name)) continue
    const known = claims.size === 0 ? ' which is empty' : `: ${[...claims].sort().join(', ')}`
    errors.notFound(at, claim.name, `must be one of the names in pod.spec.resourceClaims${known}`)
  }
}

/** Resources of the pod as a whole (KEP-2837). */
export function validatePodResources(
  spec: PodSpec,
  claims: ReadonlySet<string>,
  path: string,
  errors: FieldErrors,
): void {
  const resources = spec.resources
  if (!resources) return
  const at = `${path}.resources`
  if (spec.os?.name === 'windows') {
    errors.forbidden(at, 'may not be set for a windows pod')
    return
  }
  if (resources.claims) errors.forbidden(`${at}.claims`, 'claims may not be set for Resources at pod-level')
  validateRequirements(resources, validatePodResourceName, claims, at, errors)
  for (const which of ['requests', 'limits'] as const) {
    for (const [name, total] of Object.entries(aggregate(spec, which))) {
      const own = readQuantity(resources[which]?.[name])
      if (!own || (which === 'limits' && !isHugePages(name)) || compareQuantities(total, own) <= 0) continue
      const rule = `must be greater than or equal to aggregate container ${which} of ${total}`
      errors.invalid(`${at}.${which}[${name}]`, printQuantity(own), rule)
    }
  }
  for (const [i, container] of (spec.containers ?? []).entries()) {
    for (const [name, limit] of Object.entries(container.resources?.limits ?? {})) {
      const own = readQuantity(resources.limits?.[name])
      const wanted = readQuantity(limit)
      if (!own || !wanted || compareQuantities(wanted, quantity(own)) <= 0) continue
      const rule = `must be less than or equal to pod limits of ${printQuantity(own)}`
      errors.invalid(`${at}.containers[${i}][${name}].limits`, printQuantity(limit), rule)
    }
  }
}
