/**
 * Keys that fall due later: a binary heap by time and one timer for the earliest. Of several delays of one key the
 * earliest counts, as in client-go's delaying queue; superseded heap entries are dropped when they come up.
 */
import type { Clock, Timer } from '../base/index.ts'

interface Due {
  readonly key: string
  readonly at: number
  readonly order: number
}

export class DelayedKeys {
  readonly #clock: Clock
  readonly #due: (key: string) => void
  readonly #heap: Due[] = []
  readonly #current = new Map<string, Due>()
  #order = 0
  #timer: { readonly at: number; readonly timer: Timer } | undefined

  constructor(clock: Clock, due: (key: string) => void) {
    this.#clock = clock
    this.#due = due
  }

  get size(): number {
    return this.#current.size
  }

  add(key: string, delayMs: number): void {
    const entry = { key, at: this.#clock.monotonic() + delayMs, order: this.#order++ }
    const current = this.#current.get(key)
    if (current && current.at <= entry.at) return
    this.#current.set(key, entry)
    this.#push(entry)
    this.#arm()
  }

  clear(): void {
    this.#heap.length = 0
    this.#current.clear()
    this.#timer?.timer.cancel()
    this.#timer = undefined
  }

  #arm(): void {
    const first = this.#heap[0]
    if (this.#timer && first && this.#timer.at <= first.at) return
    this.#timer?.timer.cancel()
    this.#timer = undefined
    if (!first) return
    const delay = first.at - this.#clock.monotonic()
    this.#timer = { at: first.at, timer: this.#clock.after(delay, () => this.#fire()) }
  }

  #fire(): void {
    this.#timer = undefined
    const now = this.#clock.monotonic()
    for (let first = this.#heap[0]; first && first.at <= now; first = this.#heap[0]) {
      this.#pop()
      if (this.#current.get(first.key) !== first) continue
      this.#current.delete(first.key)
      this.#due(first.key)
    }
    this.#arm()
  }

  #push(entry: Due): void {
    const heap = this.#heap
    let at = heap.length
    heap.push(entry)
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!before(entry, heap[parent]!)) break
      heap[at] = heap[parent]!
      at = parent
    }
    heap[at] = entry
  }

  #pop(): void {
    const heap = this.#heap
    const last = heap.pop()
    if (!last || heap.length === 0) return
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++
      if (!before(heap[child]!, last)) break
      heap[at] = heap[child]!
      at = child
    }
    heap[at] = last
  }
}

function before(a: Due, b: Due): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order)
}
