/**
 * Watch frames. What is sent at once to many watchers of the same thing is one chunk of bytes, made once: a chunk is
 * known by its first and last item and their number, since items are shared and in order.
 */
import type { WatchItem } from '../registry/change.ts'

export interface Framing {
  readonly mediaType: string
  /** The frames of `items`, one after the other; shared, never to be written to. */
  chunk(items: readonly WatchItem[]): Uint8Array
  error(status: unknown): Uint8Array
}

const heads: Readonly<Record<WatchItem['type'], Buffer>> = {
  ADDED: Buffer.from('{"type":"ADDED","object":'),
  MODIFIED: Buffer.from('{"type":"MODIFIED","object":'),
  DELETED: Buffer.from('{"type":"DELETED","object":'),
  BOOKMARK: Buffer.from('{"type":"BOOKMARK","object":'),
}
const tail = Buffer.from('}\n')

interface Recent {
  readonly first: WatchItem
  readonly last: WatchItem
  readonly count: number
  readonly bytes: Uint8Array
}

/** Chunks of the last few batches: as many as there are groups of watchers with different filters in one turn. */
const recentLimit = 16

/** Remembers what was just made. One per encoding. */
export function shared(make: (items: readonly WatchItem[]) => Uint8Array): (items: readonly WatchItem[]) => Uint8Array {
  const recent: Recent[] = []
  return items => {
    const first = items[0] as WatchItem
    const last = items[items.length - 1] as WatchItem
    for (const known of recent) {
      if (known.first === first && known.last === last && known.count === items.length) return known.bytes
    }
    const bytes = make(items)
    if (recent.length >= recentLimit) recent.pop()
    recent.unshift({ first, last, count: items.length, bytes })
    return bytes
  }
}

/** Forgets nothing by itself: chunks are small against the entries they were made of, and few. */
const sharedJson = shared(jsonFrames)

export const jsonFraming: Framing = {
  mediaType: 'application/json',
  chunk: sharedJson,
  error: status => Buffer.from(`{"type":"ERROR","object":${JSON.stringify(status)}}\n`),
}

function jsonFrames(items: readonly WatchItem[]): Uint8Array {
  let length = 0
  for (const item of items) length += heads[item.type].length + item.json.length + tail.length
  const chunk = Buffer.allocUnsafeSlow(length)
  let at = 0
  for (const item of items) {
    const head = heads[item.type]
    chunk.set(head, at)
    at += head.length
    chunk.set(item.json, at)
    at += item.json.length
    chunk.set(tail, at)
    at += tail.length
  }
  return chunk
}
