/**
 * A request body as JSON data, whatever it came in. Throws 415 for a media type that no codec reads, 400 for bytes that
 * are not what they say.
 */
import {
  decodeJson,
  decodeProtobuf,
  decodeYaml,
  duplicateFields,
  isProtobuf,
  openEnvelope,
} from '@petrel/machinery/codec'
import { DecodeError, type Schema } from '@petrel/machinery/schema'
import { badRequest, unsupportedMediaType } from '@petrel/machinery/status'
import { decodeLargeYaml, shortYamlBytes } from './large-yaml.ts'

/** As much of a kind as reading a body needs. */
export interface BodyKind {
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly schema: Schema
}

const supported = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf']

/** `duplicates` collects fields that occur twice, where the caller wants to know. */
export async function decodeBody(
  bytes: Uint8Array,
  mediaType: string,
  kind: BodyKind,
  duplicates: string[] | undefined,
): Promise<unknown> {
  const type = baseType(mediaType)
  try {
    switch (type) {
      case '':
      case 'application/json': {
        // Clients that send protobuf under the wrong name are understood by the first bytes, as upstream does.
        if (isProtobuf(bytes)) return fromProtobuf(bytes, kind)
        const value = decodeJson(bytes)
        duplicates?.push(...duplicateFields(bytes))
        return value
      }
      case 'application/yaml':
      case 'application/x-yaml':
      case 'text/yaml':
        if (bytes.length <= shortYamlBytes) return await decodeYaml(bytes)
        return await decodeLargeYaml(bytes)
      case 'application/vnd.kubernetes.protobuf':
        return fromProtobuf(bytes, kind)
    }
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    throw badRequest(unrecognized(kind, error.message, bytes), error)
  }
  throw unsupportedMediaType(supported)
}

/** The envelope says the kind; the message is read as the kind that the URL wants, which is checked to be the same. */
function fromProtobuf(bytes: Uint8Array, kind: BodyKind): unknown {
  const { apiVersion, kind: name, raw, contentType } = openEnvelope(bytes)
  if (contentType === 'application/json') return decodeJson(raw)
  const value = name === '' || name === kind.kind ? (decodeProtobuf(raw, kind.schema) as Record<string, unknown>) : {}
  if (apiVersion !== '') value['apiVersion'] = apiVersion
  if (name !== '') value['kind'] = name
  return value
}

/** A patch as JSON data. kubectl sends YAML to nobody, but the type of an apply patch says so. */
export function decodePatch(bytes: Uint8Array, duplicates: string[]): unknown {
  try {
    const value = decodeJson(bytes)
    duplicates.push(...duplicateFields(bytes))
    return value
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    throw badRequest(`error decoding patch: ${error.message}`, error)
  }
}

function baseType(mediaType: string): string {
  const semicolon = mediaType.indexOf(';')
  return (semicolon < 0 ? mediaType : mediaType.slice(0, semicolon)).trim().toLowerCase()
}

export function unrecognized(kind: BodyKind, why: string, bytes: Uint8Array | undefined): string {
  const text = bytes ? ` (${summary(bytes)})` : ''
  return `the object provided is unrecognized (must be of type ${kind.kind}): couldn't get version/kind; json parse error: ${why}${text}`
}

/** The first bytes of a body, as upstream shows them. */
function summary(bytes: Uint8Array): string {
  const head = Buffer.from(bytes.subarray(0, 30))
  return `${JSON.stringify(head.toString())}${bytes.length > 30 ? ' ...' : ''}`
}
