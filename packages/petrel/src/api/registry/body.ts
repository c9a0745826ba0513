/**
 * The body of a write as an object of the kind the URL names: decoded, checked against the schema, defaulted. The words
 * for what is wrong are those of k8s.io/apiserver/pkg/endpoints/handlers (transformDecodeError, strict validation).
 */
import { cannotHandle, strictFault } from '@petrel/machinery/codec'
import type { KubeObject } from '@petrel/machinery/kinds'
import { conform, DecodeError } from '@petrel/machinery/schema'
import { badRequest } from '@petrel/machinery/status'
import { type BodyKind, decodeBody, unrecognized } from '../encode/decode.ts'
import type { ApiRequest } from '../request.ts'
import { copy } from './copy.ts'
import type { ServedKind } from './kind-table.ts'
import type { FieldValidation } from './write-options.ts'

/** The object of a request for `served`; the caller owns it. */
export async function readObject(
  request: ApiRequest,
  served: ServedKind,
  fieldValidation: FieldValidation,
): Promise<KubeObject> {
  const object = await readAs<KubeObject>(request, served.kind, fieldValidation)
  served.kind.setDefaults?.(object)
  return object
}

/** As `readObject`, for bodies of kinds that are not stored: reviews, scales, options. No defaults. */
export async function readAs<T extends KubeObject>(
  request: ApiRequest,
  kind: BodyKind,
  fieldValidation: FieldValidation = 'Ignore',
): Promise<T> {
  const { body } = request
  if (!body) throw badRequest('the request has no body')
  const faults: string[] = []
  let value: unknown
  // Callers in the process keep what they passed.
  if ('object' in body) value = copy(body.object)
  else value = await decodeBody(body.bytes, body.mediaType, kind, fieldValidation === 'Ignore' ? undefined : faults)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const bytes = 'bytes' in body ? body.bytes : undefined
    throw badRequest(unrecognized(kind, `json: cannot unmarshal ${jsonType(value)} into an object`, bytes))
  }
  matchKind(value as KubeObject, kind)
  const object = conformTo<T>(value, kind, fieldValidation, faults)
  if (faults.length > 0 && fieldValidation === 'Strict') throw strictFault(kind.kind, kind.version, faults)
  if (fieldValidation === 'Warn') for (const fault of faults) request.warn(fault)
  return object
}

/** Checks and prunes; appends unknown fields to `faults`. Throws BadRequest for a value of the wrong type. */
function conformTo<T extends KubeObject>(
  value: unknown,
  kind: BodyKind,
  fieldValidation: FieldValidation,
  faults: string[],
): T {
  try {
    const { object, unknown } = conform<T>(
      value,
      kind.schema,
      fieldValidation === 'Ignore' ? {} : { unknown: 'collect' },
    )
    faults.push(...unknown)
    object.apiVersion = groupVersion(kind)
    object.kind = kind.kind
    return object
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    throw cannotHandle(kind.kind, kind.version, error.message, error)
  }
}

export function groupVersion({ group, version }: { readonly group: string; readonly version: string }): string {
  return group === '' ? version : `${group}/${version}`
}

/** What the body says it is must be what the URL says it is; a body that says nothing is taken for it. */
function matchKind(value: KubeObject, kind: BodyKind): void {
  const apiVersion: unknown = value.apiVersion || groupVersion(kind)
  const name: unknown = value.kind || kind.kind
  if (typeof apiVersion !== 'string')
    throw badRequest(unrecognized(kind, wrongType('apiVersion', apiVersion), undefined))
  if (typeof name !== 'string') throw badRequest(unrecognized(kind, wrongType('kind', name), undefined))
  if (apiVersion !== groupVersion(kind)) {
    throw badRequest(
      `the API version in the data (${apiVersion}) does not match the expected API version (${groupVersion(kind)})`,
    )
  }
  if (name !== kind.kind) {
    throw badRequest(
      `${name} in version ${JSON.stringify(kind.version)} cannot be handled as a ${kind.kind}: converting (${kind.version}.${name}) to (${kind.group || 'core'}.${kind.kind}): unknown conversion`,
    )
  }
}

function wrongType(field: string, value: unknown): string {
  return `json: cannot unmarshal ${jsonType(value)} into Go struct field .${field} of type string`
}

function jsonType(value: unknown): string {
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'boolean') return 'bool'
  return value === null || value === undefined ? 'null' : typeof value
}
