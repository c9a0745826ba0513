/**
 * The envelope of a Kubernetes protobuf body: the magic `k8s\0`, then runtime.Unknown with kind and apiVersion and the message
 * as `raw` (apimachinery/pkg/runtime/serializer/protobuf).
 */
import { DecodeError } from '../../schema/index.ts'
import { Reader } from './reader.ts'
import { Writer } from './writer.ts'

const magic = Uint8Array.of(0x6b, 0x38, 0x73, 0x00)

export interface Envelope {
  readonly apiVersion: string
  readonly kind: string
  /** The message; a view into the bytes that were given. */
  readonly raw: Uint8Array
  /** Empty for protobuf; other types are passed on as they are. */
  readonly contentType: string
}

export function isProtobuf(bytes: Uint8Array): boolean {
  return magic.every((byte, i) => bytes[i] === byte)
}

/** Throws DecodeError where the magic or the envelope is broken. */
export function openEnvelope(bytes: Uint8Array): Envelope {
  if (!isProtobuf(bytes)) {
    throw new DecodeError('provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]')
  }
  const envelope = { apiVersion: '', kind: '', raw: new Uint8Array(0), contentType: '' }
  const reader = new Reader(bytes, magic.length)
  while (!reader.done) {
    const tag = reader.tag()
    if (tag === 10) Object.assign(envelope, readTypeMeta(reader.message()))
    else if (tag === 18) envelope.raw = reader.bytes() as Uint8Array<ArrayBuffer>
    else if (tag === 26) refuseEncoding(reader.text())
    else if (tag === 34) envelope.contentType = reader.text()
    else reader.skip(tag % 8)
  }
  return envelope
}

function refuseEncoding(encoding: string): void {
  if (encoding !== '')
    throw new DecodeError(`unsupported content encoding ${JSON.stringify(encoding)} of a protobuf object`)
}

function readTypeMeta(reader: Reader): { apiVersion: string; kind: string } {
  const meta = { apiVersion: '', kind: '' }
  while (!reader.done) {
    const tag = reader.tag()
    if (tag === 10) meta.apiVersion = reader.text()
    else if (tag === 18) meta.kind = reader.text()
    else reader.skip(tag % 8)
  }
  return meta
}

/** Envelope around messages that are written one after the other. */
export function sealEnvelope(apiVersion: string, kind: string, ...raw: readonly Uint8Array[]): Uint8Array {
  const { head, tail } = envelopeParts(
    apiVersion,
    kind,
    raw.reduce((sum, part) => sum + part.length, 0),
  )
  return concat([head, ...raw, tail])
}

/** What comes before and after a message of `rawBytes` bytes, so that a list can be streamed. */
export function envelopeParts(
  apiVersion: string,
  kind: string,
  rawBytes: number,
): { head: Uint8Array; tail: Uint8Array } {
  const writer = new Writer()
  writer.varint(rawBytes)
  writer.tag(2, 2)
  const end = writer.length
  writer.text(kind)
  writer.prefix(2, end)
  const before = writer.length
  writer.text(apiVersion)
  writer.prefix(1, before)
  writer.prefix(1, end)
  writer.raw(magic)
  return { head: writer.finish(), tail: Uint8Array.of(0x1a, 0, 0x22, 0) }
}

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}
