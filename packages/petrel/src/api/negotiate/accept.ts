/**
 * What the client wants to read: encoding and transformation, after
 * k8s.io/apiserver/pkg/endpoints/handlers/negotiation. The first clause that can be served wins.
 */
import { notAcceptable } from '@petrel/machinery/status'
import { type MediaType, parseAccept } from './media-type.ts'

export type Encoding = 'json' | 'yaml' | 'protobuf'

/** A transformation of meta.k8s.io, asked for by `as=…;g=meta.k8s.io;v=…`. */
interface Transformation {
  readonly kind: 'Table' | 'PartialObjectMetadata' | 'PartialObjectMetadataList'
  readonly version: 'v1' | 'v1beta1'
}

export interface Accepted {
  readonly encoding: Encoding
  readonly transformation: Transformation | undefined
  readonly pretty: boolean
}

export const mediaTypes: Readonly<Record<Encoding, string>> = {
  json: 'application/json',
  yaml: 'application/yaml',
  protobuf: 'application/vnd.kubernetes.protobuf',
}

const encodings = new Map<string, Encoding>([
  ['application/json', 'json'],
  ['*/*', 'json'],
  ['application/*', 'json'],
  ['application/yaml', 'yaml'],
  ['application/vnd.kubernetes.protobuf', 'protobuf'],
])

/** What a 406 lists. */
const supported = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf']
const supportedStreams = ['application/json;stream=watch', 'application/vnd.kubernetes.protobuf;stream=watch']

/** Clients send a handful of different headers: remembered, and forgotten all at once when there are too many. */
const remembered = new Map<string, Accepted>()
const rememberedLimit = 512

const acceptedJson: Accepted = { encoding: 'json', transformation: undefined, pretty: false }

/**
 * `transforms`: whether this answer can be a Table or PartialObjectMetadata; `protobuf`: whether it has such a form;
 * `streaming`: whether it is a watch. Throws 406 when nothing that the client takes can be served.
 */
export function negotiate(
  header: string | undefined,
  can: { readonly transforms: boolean; readonly protobuf: boolean; readonly streaming: boolean },
): Accepted {
  if (header === undefined || header === '' || header === '*/*') return acceptedJson
  if (header === 'application/json') return acceptedJson
  const key = `${can.transforms ? 't' : ''}${can.protobuf ? 'p' : ''}${can.streaming ? 's' : ''} ${header}`
  const known = remembered.get(key)
  if (known) return known
  for (const clause of parseAccept(header)) {
    const accepted = serve(clause, can)
    if (!accepted) continue
    if (remembered.size >= rememberedLimit) remembered.clear()
    remembered.set(key, accepted)
    return accepted
  }
  throw notAcceptable(can.streaming ? supportedStreams : supported)
}

function serve(
  clause: MediaType,
  can: { readonly transforms: boolean; readonly protobuf: boolean; readonly streaming: boolean },
): Accepted | undefined {
  const encoding = encodings.get(clause.type)
  if (encoding === undefined) return undefined
  if (encoding === 'protobuf' && !can.protobuf) return undefined
  if (encoding === 'yaml' && can.streaming) return undefined
  const { as, g, v, pretty, stream } = clause.parameters
  if (stream !== undefined && stream !== '' && !(can.streaming && stream === 'watch')) return undefined
  let transformation: Transformation | undefined
  if (as !== undefined) {
    transformation = can.transforms && g === 'meta.k8s.io' ? transformationOf(as, v) : undefined
    if (!transformation) return undefined
    // Tables have no protobuf form that carries raw cells.
    if (transformation.kind === 'Table' && encoding === 'protobuf') return undefined
  }
  return { encoding, transformation, pretty: pretty === '1' || pretty === 'true' }
}

function transformationOf(as: string, version: string | undefined): Transformation | undefined {
  if (version !== 'v1' && version !== 'v1beta1') return undefined
  if (as === 'Table' || as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList')
    return { kind: as, version }
  return undefined
}
