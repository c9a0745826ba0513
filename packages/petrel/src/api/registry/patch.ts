/**
 * PATCH: JSON patch, merge patch and strategic merge patch on the object in the version of the URL, tried again when
 * another writer came between. Follows k8s.io/apiserver/pkg/endpoints/handlers/patch.go.
 */
import type { KubeObject } from '@petrel/machinery/kinds'
import { applyJsonPatch, applyMergePatch, applyStrategicMergePatch, type JsonObject } from '@petrel/machinery/patch'
import { conform, DecodeError } from '@petrel/machinery/schema'
import { badRequest, FieldErrors, invalid, unsupportedMediaType } from '@petrel/machinery/status'
import { decodePatch } from '../encode/decode.ts'
import type { ApiRequest, ObjectResult } from '../request.ts'
import { groupVersion } from './body.ts'
import { copy } from './copy.ts'
import type { ServedKind } from './kind-table.ts'
import type { Registry } from './registry.ts'
import { change, type SubresourceRules } from './update.ts'
import { type FieldValidation, parseWriteOptions } from './write-options.ts'

const patchTypes = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
] as const
type PatchType = (typeof patchTypes)[number]

export interface Patch {
  readonly type: PatchType
  readonly value: unknown
  readonly duplicates: readonly string[]
}

export function patch(
  registry: Registry,
  request: ApiRequest,
  served: ServedKind,
  subresource?: SubresourceRules,
): Promise<ObjectResult> {
  const options = parseWriteOptions(request.query, 'PatchOptions')
  const parsed = readPatch(request)
  return change(registry, request, served, options, {
    next(old) {
      const faults = [...parsed.duplicates]
      const object = conformPatched(
        applyPatch(copy(old) as JsonObject, parsed, served),
        parsed,
        served,
        options.fieldValidation,
        faults,
      )
      reportPatch(faults, options.fieldValidation, parsed, request)
      checkIdentity(object, old, served)
      served.kind.setDefaults?.(object)
      return object
    },
    retries: true,
    ...(subresource && { subresource }),
  })
}

/** The body of a PATCH. Throws 415 for a type that is not known here, server-side apply among them, 400 for bad bytes. */
export function readPatch(request: ApiRequest): Patch {
  const { body } = request
  if (!body) throw badRequest('the request has no body')
  const type = (body.mediaType ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? ''
  if (!isPatchType(type)) throw unsupportedMediaType(patchTypes)
  if ('object' in body) return { type, value: body.object, duplicates: [] }
  const duplicates: string[] = []
  return { type, value: decodePatch(body.bytes, duplicates), duplicates }
}

function isPatchType(text: string): text is PatchType {
  return (patchTypes as readonly string[]).includes(text)
}

/** `document` is a private copy. */
export function applyPatch(
  document: JsonObject,
  patch: Patch,
  served: { readonly kind: ServedKind['kind'] },
): JsonObject {
  switch (patch.type) {
    case 'application/json-patch+json':
      return applyJsonPatch(document, patch.value)
    case 'application/merge-patch+json':
      return applyMergePatch(document, patch.value)
    case 'application/strategic-merge-patch+json':
      return applyStrategicMergePatch(document, patch.value, served.kind.schema)
  }
}

function conformPatched(
  patched: unknown,
  patch: Patch,
  served: ServedKind,
  fieldValidation: FieldValidation,
  faults: string[],
): KubeObject {
  try {
    const { object, unknown } = conform<KubeObject>(
      patched,
      served.kind.schema,
      fieldValidation === 'Ignore' ? {} : { unknown: 'collect' },
    )
    faults.push(...unknown)
    object.metadata ??= {}
    return object
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    throw invalidPatch(patch, error.message)
  }
}

function reportPatch(
  faults: readonly string[],
  fieldValidation: FieldValidation,
  patch: Patch,
  request: ApiRequest,
): void {
  if (faults.length === 0 || fieldValidation === 'Ignore') return
  if (fieldValidation === 'Strict') throw invalidPatch(patch, `strict decoding error: ${faults.join(', ')}`)
  for (const fault of faults) request.warn(fault)
}

/** Upstream names neither kind nor object here. */
function invalidPatch(patch: Patch, why: string): Error {
  const errors = new FieldErrors()
  errors.invalid('patch', JSON.stringify(patch.value), why)
  return invalid({ group: '', kind: '' }, '', errors)
}

/** A patch changes an object, it does not make another of it. */
function checkIdentity(object: KubeObject, old: KubeObject, served: ServedKind): void {
  const { kind } = served
  if ((object.kind ?? kind.kind) !== kind.kind || (object.apiVersion ?? groupVersion(kind)) !== groupVersion(kind)) {
    throw badRequest(
      `${object.kind ?? ''} in version ${JSON.stringify(object.apiVersion ?? '')} cannot be handled as a ${kind.kind}: the patch changes the kind`,
    )
  }
  object.kind = kind.kind
  object.apiVersion = groupVersion(kind)
  const { name = '', namespace = '' } = object.metadata ?? {}
  if (name !== (old.metadata?.name ?? '')) {
    throw badRequest(
      `the name of the object (${name}) does not match the name on the URL (${old.metadata?.name ?? ''})`,
    )
  }
  if (namespace !== (old.metadata?.namespace ?? '')) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request')
  }
}
