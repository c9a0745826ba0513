/**
 * A list as JSON in pieces: the stored bytes of each item, one after the other, with nothing encoded again. Pieces are
 * of a bounded size, so that a list of any length is never one buffer.
 */
import type { ObjectList } from '@petrel/machinery/kinds'
import type { Entry } from '../../store/index.ts'
import { groupVersion } from '../registry/body.ts'
import type { ServedKind } from '../registry/kind-table.ts'
import { jsonOf } from '../registry/stored.ts'

const pieceBytes = 512 * 1024
const comma = 0x2c

/** What upstream leaves out of items whose type says it already. */
function itemHead(served: ServedKind): Buffer {
  return Buffer.from(
    `{"kind":${JSON.stringify(served.kind.kind)},"apiVersion":${JSON.stringify(groupVersion(served.kind))},`,
  )
}

/** The pieces and how many bytes they are in all. */
export function jsonList(
  served: ServedKind,
  entries: readonly Entry[],
  metadata: ObjectList['metadata'],
): { readonly length: number; readonly pieces: Iterable<Uint8Array> } {
  const head = Buffer.from(
    `{"kind":${JSON.stringify(served.kind.listKind)},"apiVersion":${JSON.stringify(groupVersion(served.kind))},"metadata":${JSON.stringify(metadata)},"items":[`,
  )
  const tail = Buffer.from(']}\n')
  const redundant = itemHead(served)
  // `{` stays, the rest of the redundant head goes.
  const cut = redundant.length - 1
  let length = head.length + tail.length + Math.max(0, entries.length - 1)
  for (const entry of entries) length += jsonOf(entry, served).length - cut
  return { length, pieces: pieces(served, entries, head, tail, cut) }
}

function* pieces(
  served: ServedKind,
  entries: readonly Entry[],
  head: Uint8Array,
  tail: Uint8Array,
  cut: number,
): Iterable<Uint8Array> {
  let piece = Buffer.allocUnsafe(pieceBytes)
  piece.set(head)
  let at = head.length
  for (let i = 0; i < entries.length; i++) {
    const json = jsonOf(entries[i] as Entry, served)
    if (at + json.length + 2 > piece.length) {
      yield piece.subarray(0, at)
      piece = Buffer.allocUnsafe(Math.max(pieceBytes, json.length + 2))
      at = 0
    }
    if (i > 0) piece[at++] = comma
    piece[at++] = 0x7b
    piece.set(json.subarray(cut + 1), at)
    at += json.length - cut - 1
  }
  if (at + tail.length > piece.length) {
    yield piece.subarray(0, at)
    yield tail
    return
  }
  piece.set(tail, at)
  yield piece.subarray(0, at + tail.length)
}
