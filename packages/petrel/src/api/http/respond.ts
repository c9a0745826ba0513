/** Results as bytes: picks the encoding that was negotiated, writes bytes the store holds as they are, gzips what is big. */

import { constants, createGzip, gzip } from 'node:zlib'
import { encodeYaml, protobufListParts, sealEnvelope } from '@petrel/machinery/codec'
import { schemaOf } from '@petrel/machinery/schema'
import { StatusError } from '@petrel/machinery/status'
import { jsonList } from '../encode/list.ts'
import { encodeMessage, encodeObject } from '../encode/object.ts'
import { transformed } from '../encode/transform.ts'
import { type Accepted, mediaTypes, negotiate } from '../negotiate/accept.ts'
import { groupVersion } from '../registry/body.ts'
import { jsonOf, protobufOf } from '../registry/stored.ts'
import type { ApiResult, ListResult, ObjectResult } from '../request.ts'
import type { Exchange, Headers } from './exchange.ts'

/** Upstream's defaultGzipThresholdBytes and its speed. */
const gzipThresholdBytes = 128 * 1024
const gzipLevel = constants.Z_BEST_SPEED
/** Longer answers go out in pieces, between which other work is done. */
const streamThresholdBytes = 1024 * 1024

export interface ResponseContext {
  readonly exchange: Exchange
  readonly headers: Headers
  readonly pretty: boolean
  readonly query: URLSearchParams
  readonly now: number
}

/** Which forms a result of this type has. */
export function acceptedFor(exchange: Exchange, type: ApiResult['type']): Accepted {
  const streaming = type === 'watch'
  const transforms = type === 'object' || type === 'list' || streaming
  return negotiate(single(exchange.headers['accept']), { transforms, protobuf: true, streaming })
}

export function single(header: string | readonly string[] | undefined): string | undefined {
  return typeof header === 'string' || header === undefined ? header : header.join(',')
}

export async function respondObject(context: ResponseContext, result: ObjectResult, accepted: Accepted): Promise<void> {
  if (accepted.transformation) {
    return send(context, result.code, accepted, transformed(accepted, result, context.query, context.now))
  }
  const { entry, served } = result
  let body: Uint8Array
  if (accepted.encoding === 'json') {
    body = entry && served ? jsonOf(entry, served) : encodeObject(result.kind.schema, result.object())
  } else if (accepted.encoding === 'protobuf') {
    const message = entry && served ? protobufOf(entry, served) : encodeMessage(result.kind.schema, result.object())
    body = sealEnvelope(groupVersion(result.kind), result.kind.kind, message)
  } else {
    return send(context, result.code, accepted, result.object())
  }
  if (accepted.encoding === 'json' && (context.pretty || accepted.pretty)) body = prettyJson(body)
  await sendBytes(context, result.code, mediaTypes[accepted.encoding], body)
}

export async function respondList(context: ResponseContext, result: ListResult, accepted: Accepted): Promise<void> {
  if (accepted.transformation) {
    return send(context, 200, accepted, transformed(accepted, result, context.query, context.now))
  }
  if (accepted.encoding === 'json' && !context.pretty && !accepted.pretty) {
    const { length, pieces } = jsonList(result.served, result.entries, result.metadata)
    return sendPieces(context, 200, mediaTypes.json, length, pieces)
  }
  const { kind } = result
  const list = {
    kind: kind.listKind,
    apiVersion: groupVersion(kind),
    metadata: result.metadata,
    items: result.objects(),
  }
  if (accepted.encoding === 'protobuf') {
    const messages = result.entries.map(entry => protobufOf(entry, result.served))
    const parts = protobufListParts(groupVersion(kind), kind.listKind, result.metadata, messages)
    const length = parts.reduce((sum, part) => sum + part.length, 0)
    return sendPieces(context, 200, mediaTypes.protobuf, length, parts)
  }
  await send(context, 200, accepted, list)
}

/** A value that has no bytes yet, as JSON or YAML. */
async function send(context: ResponseContext, code: number, accepted: Accepted, value: unknown): Promise<void> {
  if (accepted.encoding === 'yaml') {
    return sendBytes(context, code, mediaTypes.yaml, Buffer.from(await encodeYaml(value)))
  }
  const text = context.pretty || accepted.pretty ? JSON.stringify(value, undefined, 2) : JSON.stringify(value)
  return sendBytes(context, code, mediaTypes.json, Buffer.from(text))
}

/** A Status in the encoding the client takes, JSON when it takes none that we have. */
export async function respondStatus(context: ResponseContext, error: unknown): Promise<void> {
  const { status } = StatusError.from(error)
  const { exchange, headers } = context
  if (exchange.answered) return
  const wait = status.details?.retryAfterSeconds
  if (wait !== undefined && wait > 0) headers['retry-after'] = String(wait)
  // responsewriters.Forbidden, whose message repeats what was asked.
  if (status.code === 403) headers['x-content-type-options'] = 'nosniff'
  let accepted: Accepted
  try {
    accepted = negotiate(single(exchange.headers['accept']), { transforms: false, protobuf: true, streaming: false })
  } catch {
    accepted = { encoding: 'json', transformation: undefined, pretty: false }
  }
  if (accepted.encoding === 'protobuf') {
    const message = encodeMessage(schemaOf('io.k8s.apimachinery.pkg.apis.meta.v1.Status'), status)
    return sendBytes(context, status.code, mediaTypes.protobuf, sealEnvelope('v1', 'Status', message))
  }
  await send(context, status.code, accepted, status)
}

function prettyJson(body: Uint8Array): Uint8Array {
  return Buffer.from(JSON.stringify(JSON.parse(Buffer.from(body).toString()), undefined, 2))
}

const newline = Buffer.from('\n')

export async function sendBytes(
  context: ResponseContext,
  code: number,
  mediaType: string,
  body: Uint8Array,
): Promise<void> {
  const { exchange, headers } = context
  headers['content-type'] = mediaType
  const text = mediaType === mediaTypes.json
  if (body.length > gzipThresholdBytes && takesGzip(exchange)) {
    headers['content-encoding'] = 'gzip'
    headers['vary'] = 'Accept-Encoding'
    return exchange.respond(code, headers, await gzipped(text ? Buffer.concat([body, newline]) : body))
  }
  // Upstream's JSON encoder ends every document with a newline.
  exchange.respond(code, headers, text ? Buffer.concat([body, newline]) : body)
}

async function sendPieces(
  context: ResponseContext,
  code: number,
  mediaType: string,
  length: number,
  pieces: Iterable<Uint8Array>,
): Promise<void> {
  const { exchange, headers } = context
  headers['content-type'] = mediaType
  const zip = length > gzipThresholdBytes && takesGzip(exchange)
  if (length <= streamThresholdBytes && !zip) {
    const all = [...pieces]
    return exchange.respond(code, headers, all.length === 1 ? (all[0] as Uint8Array) : Buffer.concat(all, length))
  }
  if (zip) {
    headers['content-encoding'] = 'gzip'
    headers['vary'] = 'Accept-Encoding'
  } else headers['content-length'] = String(length)
  const out = exchange.open(code, headers)
  let gone = false
  exchange.onClose(() => {
    gone = true
  })
  if (!zip) {
    for (const piece of pieces) {
      if (gone) return
      out.write(piece)
      await out.drained()
    }
    out.end()
    return
  }
  const compressor = createGzip({ level: gzipLevel })
  const done = (async () => {
    for await (const piece of compressor) {
      if (gone) break
      out.write(piece as Uint8Array)
      await out.drained()
    }
    out.end()
  })()
  for (const piece of pieces) {
    if (gone) break
    if (!compressor.write(piece)) await new Promise(resolve => compressor.once('drain', resolve))
  }
  compressor.end()
  await done
}

function takesGzip(exchange: Exchange): boolean {
  const header = single(exchange.headers['accept-encoding'])
  return header !== undefined && /(^|,)\s*(gzip|\*)\s*(;\s*q=(?!0(\.0*)?\s*(,|$))[^,]*)?(,|$)/.test(header)
}

function gzipped(body: Uint8Array): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    gzip(body, { level: gzipLevel }, (error, result) => (error ? reject(error) : resolve(result)))
  })
}
