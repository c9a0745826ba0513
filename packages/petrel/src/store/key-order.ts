/**
 * Items in the order of their keys: a list of sorted chunks, that is a B-tree of two levels. An insert moves at most one
 * chunk's pointers and a lookup is two binary searches; at a million keys the upper level has a few thousand chunks,
 * which is still small to search and to count through. Chosen over a skip list (one object and several pointers a key)
 * and over one array with lazy sort (a list after every create would sort again).
 *
 * Invariant: chunks are never empty, sorted inside, and every key of a chunk is less than every key of the next.
 */
const chunkLimit = 512
const chunkFill = 384

interface Position {
  readonly chunk: number
  readonly index: number
}

export class KeyOrder<T extends { readonly key: string }> {
  #chunks: T[][] = []
  #size = 0

  get size(): number {
    return this.#size
  }

  /** Replaces everything by `items`, in any order and each key once. */
  load(items: T[]): void {
    items.sort((a, b) => (a.key < b.key ? -1 : 1))
    this.#chunks = []
    for (let at = 0; at < items.length; at += chunkFill) this.#chunks.push(items.slice(at, at + chunkFill))
    this.#size = items.length
  }

  /** Adds an item whose key is not there yet. */
  insert(item: T): void {
    this.#size++
    const chunks = this.#chunks
    const at = Math.min(this.#chunkFor(item.key), chunks.length - 1)
    const chunk = chunks[at]
    if (!chunk) {
      chunks.push([item])
      return
    }
    const index = firstNotBefore(chunk, other => other.key < item.key)
    if (index === chunk.length) chunk.push(item)
    else chunk.splice(index, 0, item)
    if (chunk.length <= chunkLimit) return
    // Keys that only grow (names with time in them) leave full chunks behind instead of halves.
    const cut = index === chunk.length - 1 ? chunkFill : chunk.length >> 1
    chunks.splice(at + 1, 0, chunk.splice(cut))
  }

  delete(key: string): void {
    const at = this.#chunkFor(key)
    const chunk = this.#chunks[at]
    if (!chunk) return
    const index = firstNotBefore(chunk, other => other.key < key)
    if (chunk[index]?.key !== key) return
    chunk.splice(index, 1)
    this.#size--
    if (chunk.length < chunkLimit / 4) this.#merge(at)
  }

  /** How many keys start with `prefix` and are greater than `after`. */
  count(prefix: string, after?: string): number {
    return this.#distance(this.#start(prefix, after), this.#end(prefix))
  }

  /** Calls `visit` with the items whose keys start with `prefix` and are greater than `after`, at most `limit`. */
  collect(prefix: string, after: string | undefined, limit: number, visit: (item: T) => void): void {
    const { chunk, index } = this.#start(prefix, after)
    let left = limit
    for (let c = chunk, i = index; c < this.#chunks.length; c++, i = 0) {
      const items = this.#chunks[c]!
      // Only the last chunk of the range needs its keys compared.
      const whole = items[items.length - 1]!.key.startsWith(prefix)
      for (; i < items.length; i++) {
        const item = items[i]!
        if (left === 0 || !(whole || item.key.startsWith(prefix))) return
        visit(item)
        left--
      }
    }
  }

  #merge(at: number): void {
    const chunks = this.#chunks
    const chunk = chunks[at]!
    const before = chunks[at - 1]
    const next = chunks[at + 1]
    if (chunk.length === 0) chunks.splice(at, 1)
    else if (before && before.length + chunk.length <= chunkFill) chunks.splice(at - 1, 2, before.concat(chunk))
    else if (next && next.length + chunk.length <= chunkFill) chunks.splice(at, 2, chunk.concat(next))
  }

  /** The first chunk whose last key is not less than `key`. */
  #chunkFor(key: string): number {
    return firstNotBefore(this.#chunks, chunk => chunk[chunk.length - 1]!.key < key)
  }

  #start(prefix: string, after: string | undefined): Position {
    if (after !== undefined && after >= prefix) return this.#seek(key => key <= after)
    return this.#seek(key => key < prefix)
  }

  #end(prefix: string): Position {
    return this.#seek(key => key < prefix || key.startsWith(prefix))
  }

  /** The first position whose key is not before; `isBefore` holds for a first part of all keys. */
  #seek(isBefore: (key: string) => boolean): Position {
    const at = firstNotBefore(this.#chunks, chunk => isBefore(chunk[chunk.length - 1]!.key))
    const chunk = this.#chunks[at]
    return { chunk: at, index: chunk ? firstNotBefore(chunk, item => isBefore(item.key)) : 0 }
  }

  #distance(from: Position, to: Position): number {
    // `after` may lie behind the whole prefix.
    if (from.chunk > to.chunk) return 0
    let distance = to.index - from.index
    for (let c = from.chunk; c < to.chunk; c++) distance += this.#chunks[c]!.length
    return Math.max(0, distance)
  }
}

/** Binary search: the index of the first item for which `isBefore` is false. */
export function firstNotBefore<T>(items: readonly T[], isBefore: (item: T) => boolean): number {
  let low = 0
  let high = items.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (isBefore(items[middle]!)) low = middle + 1
    else high = middle
  }
  return low
}
