/** Rules that the workloads of this group share: selectors, templates and counts of status. */
import type { PodTemplateSpec } from '../../api/core-v1.gen.ts'
import type { LabelSelector } from '../../api/meta-v1.gen.ts'
import { dns1123LabelFaults, mustBeNonNegative, validateNonNegative } from '../../names/index.ts'
import {
  type LabelSelector as Compiled,
  selectorFromLabelSelector,
  validateLabelSelector,
} from '../../selectors/index.ts'
import type { FieldErrors } from '../../status/index.ts'
import { validateReplicatedTemplate } from '../core/pod-spec/index.ts'

/** Adds the faults of a selector that must be there and select something. `kind` is as upstream names it there. */
export function validateWorkloadSelector(
  selector: LabelSelector | undefined,
  kind: string,
  path: string,
  errors: FieldErrors,
): void {
  if (!selector) {
    errors.required(path)
    return
  }
  validateLabelSelector(selector, path, errors)
  if (isEmptySelector(selector)) errors.invalid(path, selector, `empty selector is invalid for ${kind}`)
}

export function isEmptySelector(selector: LabelSelector): boolean {
  return Object.keys(selector.matchLabels ?? {}).length + (selector.matchExpressions?.length ?? 0) === 0
}

/** Undefined for a selector that does not compile. */
export function compileSelector(selector: LabelSelector | undefined): Compiled | undefined {
  try {
    return selectorFromLabelSelector(selector)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** The template of a spec, once the selector has been checked. `owner` is as upstream names it there. */
export function validateSelectedTemplate(
  spec: { selector?: LabelSelector; template?: PodTemplateSpec },
  owner: string,
  path: string,
  errors: FieldErrors,
): void {
  const selector = compileSelector(spec.selector)
  if (!selector) errors.invalid(`${path}.selector`, spec.selector, 'invalid label selector')
  else validateReplicatedTemplate(spec.template, labels => selector.matches(labels), owner, `${path}.template`, errors)
}

/** Adds a fault for each of these fields that is negative. */
export function validateCounts<T extends object>(
  object: T | undefined,
  fields: readonly (keyof T & string)[],
  path: string,
  errors: FieldErrors,
): void {
  for (const field of fields) {
    const value = object?.[field]
    if (typeof value === 'number') validateNonNegative(value, `${path}.${field}`, errors)
    else if (value !== undefined && value !== null) errors.invalid(`${path}.${field}`, value, mustBeNonNegative)
  }
}

interface ReplicaCounts {
  replicas?: number
  readyReplicas?: number
  availableReplicas?: number
}

/** Parts of a whole: none is more than the replicas, and what is available is ready. */
export function validateReplicaCounts<T extends ReplicaCounts>(
  status: T | undefined,
  parts: readonly (keyof T & string)[],
  readyPath: string,
  errors: FieldErrors,
): void {
  const count = (field: keyof T & string): number => Number(status?.[field] ?? 0)
  for (const field of parts) {
    if (count(field) > (status?.replicas ?? 0)) {
      errors.invalid(`status.${field}`, count(field), 'cannot be greater than status.replicas')
    }
  }
  const available = status?.availableReplicas ?? 0
  if (available > (status?.readyReplicas ?? 0)) {
    errors.invalid('status.availableReplicas', available, `cannot be greater than ${readyPath}`)
  }
}

export function validateCollisionCount(now: number | undefined, old: number | undefined, errors: FieldErrors): void {
  if (old !== undefined && (now === undefined || now < old)) {
    errors.invalid('status.collisionCount', now ?? 0, 'cannot be decremented')
  }
}

/** Warns of a name that pods cannot carry as it is. */
export function podNameWarnings(name: string | undefined): string[] {
  const faults = dns1123LabelFaults(name ?? '')
  if (faults.length === 0) return []
  const advice =
    'this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended'
  return [`metadata.name: ${advice}: [${faults.join(' ')}]`]
}
