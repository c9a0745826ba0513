/**
 * The rules of metadata, after k8s.io/apimachinery/pkg/api/validation/objectmeta.go. The caller has generated the name,
 * checked the types and set what the server sets; managedFields are the server's own and not looked at.
 */
import type { ObjectMeta, OwnerReference } from '../api/meta-v1.gen.ts'
import type { FieldErrors } from '../status/index.ts'
import { labelValueFaults, type NameRule, nameIsDnsLabel, nameIsDnsSubdomain, qualifiedNameFaults } from './names.ts'

const totalAnnotationSizeLimitBytes = 256 * 1024
const foreground = 'foregroundDeletion'
const orphan = 'orphan'

export const fieldImmutable = 'field is immutable'
export const mustBeNonNegative = 'must be greater than or equal to 0'

export interface ObjectMetaRules {
  readonly namespaced: boolean
  /** DNS-1123 subdomain when undefined. */
  readonly validateName?: NameRule | undefined
}

/** Adds every fault of the metadata of an object to be created. `path` is `metadata` but for templates. */
export function validateObjectMeta(meta: ObjectMeta, rules: ObjectMetaRules, path: string, errors: FieldErrors): void {
  const rule = rules.validateName ?? nameIsDnsSubdomain
  if (meta.generateName) {
    for (const fault of rule(meta.generateName, true)) errors.invalid(`${path}.generateName`, meta.generateName, fault)
  }
  if (!meta.name) errors.required(`${path}.name`, 'name or generateName is required')
  else for (const fault of rule(meta.name, false)) errors.invalid(`${path}.name`, meta.name, fault)

  if (!rules.namespaced) {
    if (meta.namespace) errors.forbidden(`${path}.namespace`, 'not allowed on this type')
  } else if (!meta.namespace) {
    errors.required(`${path}.namespace`)
  } else {
    for (const fault of nameIsDnsLabel(meta.namespace, false)) {
      errors.invalid(`${path}.namespace`, meta.namespace, fault)
    }
  }
  validateNonNegative(meta.generation, `${path}.generation`, errors)
  validateShared(meta, path, errors)
  validateFinalizers(meta.finalizers ?? [], `${path}.finalizers`, errors)
}

/** Adds every fault of metadata that replaces `old`. */
export function validateObjectMetaUpdate(meta: ObjectMeta, old: ObjectMeta, path: string, errors: FieldErrors): void {
  if (old.deletionTimestamp) {
    const before = new Set(old.finalizers)
    const added = [...new Set(meta.finalizers)].filter(finalizer => !before.has(finalizer)).sort()
    if (added.length > 0) {
      const listed = added.map(finalizer => JSON.stringify(finalizer)).join(', ')
      errors.forbidden(
        `${path}.finalizers`,
        `no new finalizers can be added if the object is being deleted, found new finalizers []string{${listed}}`,
      )
    }
  }
  if (!meta.resourceVersion) {
    errors.invalid(`${path}.resourceVersion`, meta.resourceVersion ?? '', 'must be specified for an update')
  }
  validateNonNegative(meta.generation, `${path}.generation`, errors)
  if ((meta.generation ?? 0) < (old.generation ?? 0)) {
    errors.invalid(`${path}.generation`, meta.generation ?? 0, 'must not be decremented')
  }
  for (const field of ['name', 'namespace', 'uid'] as const) {
    validateImmutable(meta[field] ?? '', old[field] ?? '', `${path}.${field}`, errors)
  }
  for (const field of ['creationTimestamp', 'deletionTimestamp', 'deletionGracePeriodSeconds'] as const) {
    validateImmutable(meta[field], old[field], `${path}.${field}`, errors)
  }
  validateShared(meta, path, errors)
}

function validateShared(meta: ObjectMeta, path: string, errors: FieldErrors): void {
  validateLabels(meta.labels, `${path}.labels`, errors)
  validateAnnotations(meta.annotations, `${path}.annotations`, errors)
  validateOwnerReferences(meta.ownerReferences ?? [], `${path}.ownerReferences`, errors)
}

export function validateLabels(
  labels: Readonly<Record<string, string>> | undefined,
  path: string,
  errors: FieldErrors,
): void {
  if (!labels) return
  for (const key of Object.keys(labels)) {
    for (const fault of qualifiedNameFaults(key)) errors.invalid(path, key, fault)
    const value = labels[key] ?? ''
    for (const fault of labelValueFaults(value)) errors.invalid(path, value, fault)
  }
}

export function validateAnnotations(
  annotations: Readonly<Record<string, string>> | undefined,
  path: string,
  errors: FieldErrors,
): void {
  if (!annotations) return
  let size = 0
  for (const key of Object.keys(annotations)) {
    for (const fault of qualifiedNameFaults(key.toLowerCase())) errors.invalid(path, key, fault)
    size += byteLength(key) + byteLength(annotations[key] ?? '')
  }
  if (size > totalAnnotationSizeLimitBytes) errors.tooLong(path, totalAnnotationSizeLimitBytes)
}

/** Of UTF-8, without encoding what is surely short enough. */
function byteLength(text: string): number {
  return text.length < 80000 && /^[\0-\x7f]*$/.test(text) ? text.length : new TextEncoder().encode(text).length
}

function validateFinalizers(finalizers: readonly string[], path: string, errors: FieldErrors): void {
  for (const finalizer of finalizers) {
    for (const fault of qualifiedNameFaults(finalizer)) errors.invalid(path, finalizer, fault)
  }
  if (finalizers.includes(foreground) && finalizers.includes(orphan)) {
    errors.invalid(path, finalizers, `finalizer ${orphan} and ${foreground} cannot be both set`)
  }
}

function validateOwnerReferences(references: readonly OwnerReference[], path: string, errors: FieldErrors): void {
  let controller: string | undefined
  references.forEach((reference, i) => {
    validateOwnerReference(reference, `${path}[${i}]`, errors)
    if (reference.controller !== true) return
    const name = `${reference.kind}/${reference.name}`
    if (controller === undefined) {
      controller = name
      return
    }
    const why = 'Only one reference can have Controller set to true. Found "true" in references for'
    errors.invalid(path, references, `${why} ${controller} and ${name}`)
  })
}

function validateOwnerReference(reference: OwnerReference, path: string, errors: FieldErrors): void {
  const parts = (reference.apiVersion ?? '').split('/')
  if (!reference.apiVersion) errors.required(`${path}.apiVersion`, 'must not be empty')
  else if (parts.length > 2 || parts[parts.length - 1] === '') {
    errors.invalid(`${path}.apiVersion`, reference.apiVersion, 'must be <group>/<version> or <version>')
  }
  for (const field of ['kind', 'name', 'uid'] as const) {
    if (!reference[field]) errors.required(`${path}.${field}`, 'must not be empty')
  }
  if (reference.apiVersion === 'v1' && reference.kind === 'Event') {
    errors.invalid(path, reference, '/v1, Kind=Event is disallowed from being an owner')
  }
}

export function validateNonNegative(value: number | undefined, path: string, errors: FieldErrors): void {
  if (value !== undefined && value < 0) errors.invalid(path, value, mustBeNonNegative)
}

/** Adds `field is immutable` where the two differ; absent, null and empty are the same, as in Go. */
export function validateImmutable(value: unknown, old: unknown, path: string, errors: FieldErrors): void {
  if (!sameValue(value, old)) errors.invalid(path, value, fieldImmutable)
}

/** apiequality.Semantic.DeepEqual on JSON values: absent fields, null and empty lists and maps are the same. */
export function sameValue(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (isEmpty(a) && isEmpty(b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a) !== Array.isArray(b)) return false
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, i) => sameValue(item, b[i]))
  }
  const left = a as Record<string, unknown>
  const right = b as Record<string, unknown>
  for (const key in left) if (!sameValue(left[key], right[key])) return false
  for (const key in right) if (!(key in left) && !isEmpty(right[key])) return false
  return true
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null) return true
  if (Array.isArray(value)) return value.length === 0
  if (typeof value === 'object') {
    return Object.values(value).every(isEmpty)
  }
  return false
}
