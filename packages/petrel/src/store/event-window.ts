/**
 * The window of recent events, oldest first, bounded by bytes and by age. Its bytes are what it keeps in memory beyond
 * the live state: the replaced value of each event and a fixed share for the event itself.
 *
 * Invariant: events are in the order of revisions, and leave only at the old end.
 */
import type { Revision, StoreEvent } from './contract.ts'

/** What one event costs besides the replaced value: the event, its time and its places in arrays. */
const eventBytes = 200

export interface WindowBounds {
  readonly bytes: number
  readonly ageMs: number
}

export class EventWindow {
  readonly #bounds: WindowBounds
  #events: (StoreEvent | undefined)[] = []
  #times: number[] = []
  /** Index of the oldest event; the places before it are free. */
  #head = 0
  #bytes = 0

  constructor(bounds: WindowBounds) {
    this.#bounds = bounds
  }

  get length(): number {
    return this.#events.length - this.#head
  }

  get bytes(): number {
    return this.#bytes
  }

  push(event: StoreEvent, atMs: number): void {
    this.#events.push(event)
    this.#times.push(atMs)
    this.#bytes += cost(event)
  }

  /** Whether the change at exactly `revision` is here. */
  has(revision: Revision): boolean {
    return this.#events[this.#firstAfter(revision - 1)]?.revision === revision
  }

  /** Visits the events after `revision`, oldest first. */
  forward(revision: Revision, visit: (event: StoreEvent) => void): void {
    for (let i = this.#firstAfter(revision); i < this.#events.length; i++) visit(this.#events[i]!)
  }

  /** Visits the events after `revision`, newest first. */
  backward(revision: Revision, visit: (event: StoreEvent) => void): void {
    for (let i = this.#events.length - 1; i >= this.#head; i--) {
      const event = this.#events[i]!
      if (event.revision <= revision) return
      visit(event)
    }
  }

  /** Drops what the bounds no longer cover and, in any case, every event up to `upTo`. */
  drop(nowMs: number, upTo: Revision, dropped: (event: StoreEvent) => void): void {
    const oldest = nowMs - this.#bounds.ageMs
    for (;;) {
      const event = this.#events[this.#head]
      if (!event) break
      const covered = this.#bytes <= this.#bounds.bytes && this.#times[this.#head]! >= oldest
      if (covered && event.revision > upTo) break
      this.#events[this.#head++] = undefined
      this.#bytes -= cost(event)
      dropped(event)
    }
    if (this.#head > 1024 && this.#head > this.#events.length >> 1) {
      this.#events = this.#events.slice(this.#head)
      this.#times = this.#times.slice(this.#head)
      this.#head = 0
    }
  }

  #firstAfter(revision: Revision): number {
    let low = this.#head
    let high = this.#events.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#events[middle]!.revision <= revision) low = middle + 1
      else high = middle
    }
    return low
  }
}

function cost(event: StoreEvent): number {
  return eventBytes + (event.previous?.value.length ?? 0)
}
