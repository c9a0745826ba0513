/**
 * An entry of the store as an API object. The bytes are what was encoded at commit; the object is decoded once, frozen
 * and shared by every reader; other versions and encodings are made on demand and live as long as the entry.
 */
import type { Kind, KubeObject } from '@petrel/machinery/kinds'
import type { Entry } from '../../store/index.ts'
import { encodeMessage, encodeObject, parseStored } from '../encode/object.ts'
import { copy, deepFreeze } from './copy.ts'
import type { ServedKind } from './kind-table.ts'

/** What hangs on Entry.memo. */
export interface Memo {
  /** As stored. Until `settled` it lacks its resourceVersion and is not frozen: the writer made it, nobody read it yet. */
  object: KubeObject | undefined
  settled: boolean
  /** The versions that are not the stored one. */
  views: Map<Kind, View> | undefined
  protobuf: Uint8Array | undefined
}

interface View {
  readonly object: KubeObject
  json: Uint8Array | undefined
  protobuf: Uint8Array | undefined
}

/** What a writer hangs on the entry it makes: the object is given away. */
export function memoOf(object: KubeObject): Memo {
  return { object, settled: false, views: undefined, protobuf: undefined }
}

function memo(entry: Entry): Memo {
  const known = entry.memo as Memo | undefined
  if (known) return known
  const fresh: Memo = { object: undefined, settled: false, views: undefined, protobuf: undefined }
  entry.memo = fresh
  return fresh
}

/** The object in the version of `served`, frozen. */
export function objectOf(entry: Entry, served: ServedKind): KubeObject {
  return served.kind === served.stored ? storedObject(entry) : view(entry, served).object
}

function storedObject(entry: Entry): KubeObject {
  const known = memo(entry)
  if (!known.settled) {
    if (known.object) {
      known.object.metadata = { ...known.object.metadata, resourceVersion: String(entry.revision) }
    } else {
      known.object = parseStored(entry.value)
    }
    deepFreeze(known.object)
    known.settled = true
  }
  return known.object as KubeObject
}

function view(entry: Entry, served: ServedKind): View {
  const known = memo(entry)
  known.views ??= new Map()
  let found = known.views.get(served.kind)
  if (!found) {
    const { kind } = served
    const object = kind.storage ? kind.storage.fromStorage(copy(storedObject(entry))) : storedObject(entry)
    found = { object: deepFreeze(object), json: undefined, protobuf: undefined }
    known.views.set(kind, found)
  }
  return found
}

/** The JSON bytes in the version of `served`; shared, never to be written to. */
export function jsonOf(entry: Entry, served: ServedKind): Uint8Array {
  if (served.kind === served.stored) return entry.value
  const found = view(entry, served)
  found.json ??= encodeObject(served.kind.schema, found.object)
  return found.json
}

/** The protobuf message without envelope, in the version of `served`; shared. */
export function protobufOf(entry: Entry, served: ServedKind): Uint8Array {
  if (served.kind === served.stored) {
    const known = memo(entry)
    known.protobuf ??= encodeMessage(served.kind.schema, storedObject(entry))
    return known.protobuf
  }
  const found = view(entry, served)
  found.protobuf ??= encodeMessage(served.kind.schema, found.object)
  return found.protobuf
}
