/** Lists in protobuf out of the bytes of their items, which are encoded once and reused: every list is metadata = 1, items = 2. */
import { schemaOf } from '../../schema/index.ts'
import { encodeProtobuf } from './encode.ts'
import { concat, envelopeParts } from './envelope.ts'
import { Writer } from './writer.ts'

export interface ListMeta {
  readonly resourceVersion?: string
  readonly continue?: string
  readonly remainingItemCount?: number
}

/** The parts of the body in order: metadata first, then per item a head and the item's own bytes, untouched. */
export function protobufListParts(
  apiVersion: string,
  listKind: string,
  metadata: ListMeta,
  items: readonly Uint8Array[],
): Uint8Array[] {
  const meta = encodeProtobuf(metadata, schemaOf('io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta'))
  const parts = [delimited(1, meta.length), meta]
  for (const item of items) parts.push(delimited(2, item.length), item)
  const { head, tail } = envelopeParts(
    apiVersion,
    listKind,
    parts.reduce((sum, part) => sum + part.length, 0),
  )
  return [head, ...parts, tail]
}

/** The whole body of a list, envelope included. Items are messages without envelope. */
export function encodeProtobufList(
  apiVersion: string,
  listKind: string,
  metadata: ListMeta,
  items: readonly Uint8Array[],
): Uint8Array {
  return concat(protobufListParts(apiVersion, listKind, metadata, items))
}

function delimited(field: number, length: number): Uint8Array {
  const writer = new Writer()
  writer.varint(length)
  writer.tag(field, 2)
  return writer.finish()
}
