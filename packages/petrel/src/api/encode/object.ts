/** One object as bytes: JSON in schema order, protobuf in its envelope; and back from what the store holds. */
import { encodeProtobuf } from '@petrel/machinery/codec'
import type { KubeObject } from '@petrel/machinery/kinds'
import { encodeJsonBytes, type Schema, stampResourceVersion } from '@petrel/machinery/schema'
import type { Entry } from '../../store/index.ts'

export function encodeObject(schema: Schema, object: unknown): Uint8Array {
  return encodeJsonBytes(object, schema)
}

/** With an empty resourceVersion, where the store puts the revision in. */
export function encodeForStore(schema: Schema, object: KubeObject): Uint8Array {
  return encodeJsonBytes({ ...object, metadata: { ...object.metadata, resourceVersion: '' } }, schema)
}

/** Whether an encoded object is what the entry holds already. */
export function sameBytes(unstamped: Uint8Array, entry: Entry): boolean {
  const digits = String(entry.revision).length
  if (unstamped.length + digits !== entry.value.length) return false
  return Buffer.compare(stampResourceVersion(unstamped, entry.revision), entry.value) === 0
}

/** What the store holds was encoded here; it is read back as it was. */
export function parseStored(bytes: Uint8Array): KubeObject {
  return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString()) as KubeObject
}

/** The message without its envelope. Throws DecodeError for a type that has no protobuf form (CRDs). */
export function encodeMessage(schema: Schema, object: unknown): Uint8Array {
  return encodeProtobuf(object, schema)
}
