/** The framings that are not plain JSON: protobuf, Tables, metadata alone. Loaded when first asked for. */
import { encodeWatchFrame, sealEnvelope, type WatchType } from '@petrel/machinery/codec'
import type { KubeObject } from '@petrel/machinery/kinds'
import { type Schema, schemaOf } from '@petrel/machinery/schema'
import type { Accepted } from '../negotiate/accept.ts'
import { groupVersion } from '../registry/body.ts'
import type { WatchItem } from '../registry/change.ts'
import type { ServedKind } from '../registry/kind-table.ts'
import { encodeMessage } from './object.ts'
import { partial } from './partial.ts'
import { includeObject, table } from './table.ts'
import { type Framing, shared } from './watch-chunk.ts'

const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1'
const protobufType = 'application/vnd.kubernetes.protobuf;stream=watch'

/** Shared chunks of whole objects in protobuf, per kind. */
const protobufChunks = new WeakMap<ServedKind, Framing>()

export function otherFraming(
  accepted: Accepted,
  served: ServedKind,
  query: URLSearchParams,
  now: () => number,
): Framing {
  const { transformation, encoding } = accepted
  if (transformation?.kind === 'Table') return tableFraming(served, transformation.version, query, now)
  if (transformation) {
    const apiVersion = `meta.k8s.io/${transformation.version}`
    if (encoding === 'json') return jsonOf(item => partial(item.object, apiVersion))
    const schema = schemaOf(`${meta}.PartialObjectMetadata`)
    return protobufFraming(item =>
      sealEnvelope(apiVersion, 'PartialObjectMetadata', message(schema, partial(item.object, apiVersion))),
    )
  }
  let framing = protobufChunks.get(served)
  if (!framing) {
    const { kind } = served
    framing = protobufFraming(item => sealEnvelope(groupVersion(kind), kind.kind, item.protobuf))
    protobufChunks.set(served, framing)
  }
  return framing
}

function message(schema: Schema, object: KubeObject): Uint8Array {
  return encodeMessage(schema, object)
}

function protobufFraming(seal: (item: WatchItem) => Uint8Array): Framing {
  return {
    mediaType: protobufType,
    chunk: shared(items => Buffer.concat(items.map(item => encodeWatchFrame(item.type, seal(item))))),
    error: status => frame('ERROR', sealEnvelope('v1', 'Status', encodeMessage(schemaOf(`${meta}.Status`), status))),
  }
}

function frame(type: WatchType, object: Uint8Array): Uint8Array {
  return encodeWatchFrame(type, object)
}

function jsonOf(show: (item: WatchItem) => unknown): Framing {
  return {
    mediaType: 'application/json',
    chunk: items => Buffer.from(items.map(item => line(item.type, show(item))).join('')),
    error: status => Buffer.from(line('ERROR', status)),
  }
}

function line(type: string, object: unknown): string {
  return `${JSON.stringify({ type, object })}\n`
}

/** The definitions of the columns come with the first event of a watch only; bookmarks are Tables without rows. */
function tableFraming(
  served: ServedKind,
  version: 'v1' | 'v1beta1',
  query: URLSearchParams,
  now: () => number,
): Framing {
  const include = includeObject(query)
  let columns = true
  return jsonOf(item => {
    const options = { version, include, now: now(), columns }
    columns = false
    const metadata = { resourceVersion: item.object.metadata?.resourceVersion ?? '' }
    // A bookmark's row carries its object, where the annotation is.
    return table(
      served.kind,
      [item.object],
      metadata,
      item.type === 'BOOKMARK' ? { ...options, include: 'Metadata' } : options,
    )
  })
}
