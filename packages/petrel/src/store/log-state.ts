/**
 * What readers see: the live entries, their order, the window of recent events and the watches. Changes come in through
 * `apply`, in the order of revisions and only when they are durable (or lazy and due).
 *
 * Invariant: the live entries are the state at `revision`; undoing the window's events, newest first, gives the state
 * at each revision back to `compactedRevision`.
 */
import type { Entry, RangeOptions, RangeResult, Revision, StoreEvent, Watch, WatchSink } from './contract.ts'
import { CompactedError, FutureRevisionError } from './errors.ts'
import { EventWindow, type WindowBounds } from './event-window.ts'
import { Garbage } from './garbage.ts'
import { KeyOrder } from './key-order.ts'
import { Watchers } from './watchers.ts'

/** A write with its revision: a put if there is an entry, otherwise a delete. */
export interface Change {
  readonly revision: Revision
  readonly key: string
  readonly entry: Entry | undefined
}

/** A live key. The entry is replaced in place, so that updates leave the order alone. */
interface Slot {
  readonly key: string
  entry: Entry
}

export class LogState {
  readonly watchers = new Watchers()
  readonly garbage = new Garbage()
  readonly #slots = new Map<string, Slot>()
  readonly #order = new KeyOrder<Slot>()
  readonly #window: EventWindow
  readonly #keepsRows: boolean
  #revision: Revision = 0
  #compacted: Revision = 0
  /** Where this run began. Older revisions are known only by their events: others were lost or written as one. */
  #start: Revision = 0
  #valueBytes = 0

  /** `keepsRows`: what leaves the window is garbage somewhere. */
  constructor(bounds: WindowBounds, keepsRows: boolean) {
    this.#window = new EventWindow(bounds)
    this.#keepsRows = keepsRows
  }

  get revision(): Revision {
    return this.#revision
  }

  get compactedRevision(): Revision {
    return this.#compacted
  }

  get keys(): number {
    return this.#slots.size
  }

  get valueBytes(): number {
    return this.#valueBytes
  }

  get windowEvents(): number {
    return this.#window.length
  }

  get windowBytes(): number {
    return this.#window.bytes
  }

  /** Takes a row of an earlier run, in the order of revisions. `compacted` is what was compacted on disk. */
  replay(change: Change, compacted: Revision, nowMs: number): void {
    const event = this.#put(change, false)
    this.#revision = change.revision
    if (change.revision > compacted) {
      this.#window.push(event, nowMs)
      if ((this.#window.length & 1023) === 0) this.drop(nowMs)
    } else this.#discard(event)
  }

  /** Ends the replay: the log goes on after `revision`. */
  replayed(revision: Revision, compacted: Revision, nowMs: number): void {
    this.#order.load([...this.#slots.values()])
    this.#revision = revision
    this.#start = revision
    this.#compacted = Math.max(this.#compacted, compacted)
    this.drop(nowMs)
  }

  /** Makes changes visible and delivers them. */
  apply(changes: readonly Change[], nowMs: number): void {
    const events: StoreEvent[] = []
    for (const change of changes) {
      const event = this.#put(change, true)
      this.#window.push(event, nowMs)
      events.push(event)
      this.#revision = change.revision
    }
    if (events.length === 0) return
    this.drop(nowMs)
    this.watchers.deliver(events, this.#revision)
  }

  /** Drops from the window what its bounds no longer cover, and the changes up to `upTo` in any case. */
  drop(nowMs: number, upTo: Revision = 0): void {
    this.#window.drop(nowMs, upTo, event => {
      this.#compacted = event.revision
      this.#discard(event)
    })
    this.#compacted = Math.max(this.#compacted, upTo)
  }

  get(key: string): Entry | undefined {
    return this.#slots.get(key)?.entry
  }

  count(prefix: string): number {
    return this.#order.count(prefix)
  }

  range(prefix: string, { atRevision, limit = Number.POSITIVE_INFINITY, after }: RangeOptions = {}): RangeResult {
    if (!(limit >= 1)) throw new RangeError(`Cannot read a range of ${limit} entries: the limit is 1 or more`)
    if (atRevision !== undefined && atRevision !== this.#revision) {
      this.#known(atRevision)
      return this.#pastRange(prefix, atRevision, limit, after)
    }
    const entries: Entry[] = []
    this.#order.collect(prefix, after, limit, slot => entries.push(slot.entry))
    const remaining = entries.length < limit ? 0 : this.#order.count(prefix, after) - entries.length
    return { entries, revision: this.#revision, remaining }
  }

  watch(prefix: string, after: Revision, sink: WatchSink): Watch {
    this.#known(after)
    const missed: StoreEvent[] = []
    this.#window.forward(after, event => {
      if (event.key.startsWith(prefix)) missed.push(event)
    })
    return this.watchers.add(prefix, this.#revision, sink, missed)
  }

  #put({ key, revision, entry }: Change, ordered: boolean): StoreEvent {
    const slot = this.#slots.get(key)
    const previous = slot?.entry
    this.#valueBytes += (entry?.value.length ?? 0) - (previous?.value.length ?? 0)
    if (!entry) {
      this.#slots.delete(key)
      if (ordered) this.#order.delete(key)
    } else if (slot) slot.entry = entry
    else {
      const added = { key, entry }
      this.#slots.set(key, added)
      if (ordered) this.#order.insert(added)
    }
    return { revision, key, entry, previous }
  }

  /** The rows that are not needed once this event has left history: what it replaced, and a deletion itself. */
  #discard(event: StoreEvent): void {
    if (!this.#keepsRows) return
    if (event.previous) this.garbage.add(event.previous.revision, event.revision)
    if (!event.entry) this.garbage.add(event.revision, event.revision)
  }

  /** Throws unless the state at `revision`, and every change since, is here. */
  #known(revision: Revision): void {
    if (revision > this.#revision) throw new FutureRevisionError(revision, this.#revision)
    if (revision < this.#compacted) throw new CompactedError(revision, this.#compacted)
    if (revision >= this.#start || revision === this.#compacted || this.#window.has(revision)) return
    throw new CompactedError(revision, this.#start)
  }

  #pastRange(prefix: string, revision: Revision, limit: number, after: string | undefined): RangeResult {
    const then = new Map<string, Entry | undefined>()
    this.#window.backward(revision, event => {
      const { key } = event
      if (key.startsWith(prefix) && (after === undefined || key > after)) then.set(key, event.previous)
    })
    // What differs: keys gone since are merged in, keys that came since are left out, the others have another value.
    const gone: Entry[] = []
    let total = this.#order.count(prefix, after)
    for (const [key, entry] of then) {
      const isLive = this.#slots.has(key)
      if (entry && !isLive) {
        gone.push(entry)
        total++
      } else if (!entry && isLive) total--
    }
    gone.sort((a, b) => (a.key < b.key ? -1 : 1))
    const entries: Entry[] = []
    let next = 0
    this.#order.collect(prefix, after, limit + then.size, ({ key, entry }) => {
      while (next < gone.length && gone[next]!.key < key) entries.push(gone[next++]!)
      const past = then.has(key) ? then.get(key) : entry
      if (past) entries.push(past)
    })
    while (next < gone.length) entries.push(gone[next++]!)
    if (entries.length > limit) entries.length = limit
    return { entries, revision, remaining: total - entries.length }
  }
}
