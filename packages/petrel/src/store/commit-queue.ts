/**
 * The way of a write: checked against what is visible and what is on its way, given its revision, gathered into a group
 * while the group before it is being committed, and made visible when its own group is durable. One group is in flight
 * at a time, so durability comes in the order of revisions.
 *
 * A lazy batch becomes visible as soon as everything before it is, and waits here for the next group or the timer. Its
 * revision is below `restartAt`, which is durable: after a crash no revision that was seen is given away again.
 */
import type { Clock, Timer } from '../base/index.ts'
import type { AppendResult, Entry, Revision, Write } from './contract.ts'
import { ConflictError, StoreBrokenError, StoreBusyError, StoreFullError } from './errors.ts'
import type { Change, LogState } from './log-state.ts'
import type { Medium } from './medium.ts'

/** Most bytes of values that wait to be committed; appends beyond are refused. */
const waitingLimitBytes = 64 << 20
/** Most bytes in one transaction; a single batch may be larger. */
const groupLimitBytes = 4 << 20
/** Most bytes of lazy writes that wait; beyond, they are written at once. */
const lazyLimitBytes = 1 << 20
/** How far ahead revisions are reserved for lazy writes. A crash skips up to as many. */
const reserveAhead = 4096
/** Garbage is deleted along with other writes from here on, so that a transaction for it pays. */
const garbageWorth = 64
/** Garbage is deleted in transactions of its own from here on, these many rows at a time and so often. */
const garbageMuch = 1024
const sweepRows = 512
const sweepEveryMs = 20
/** After a full disk, garbage is tried again so much later, however little it is. */
const sweepAfterFullMs = 1000

interface Batch {
  readonly changes: readonly Change[]
  readonly results: readonly AppendResult[]
  readonly bytes: number
  readonly lazy: boolean
  readonly done: PromiseWithResolvers<readonly AppendResult[]>
  applied: boolean
}

/** The newest write to a key that is not visible yet; 0 after a delete. */
interface Pending {
  readonly revision: Revision
  readonly current: Revision
  readonly createRevision: Revision
  readonly done: Promise<unknown>
}

interface Flight {
  readonly batches: readonly Batch[]
  readonly garbage: number
  readonly restartAt: Revision | undefined
  readonly sinceMs: number
}

export interface CommitOptions {
  readonly stamp: ((value: Uint8Array, revision: Revision) => Uint8Array) | undefined
  readonly lazyFlushMs: number
  readonly clock: Clock
  /** Called after changes became visible. */
  readonly onVisible: () => void
  /** Called once, when the medium is lost. */
  readonly onLost: (error: Error) => void
}

export class CommitQueue {
  readonly #state: LogState
  readonly #medium: Medium
  readonly #options: CommitOptions
  readonly #pending = new Map<string, Pending>()
  #gathering: Batch[] = []
  #flight: Flight | undefined
  /** The revision given last. */
  #given: Revision
  #restartAt: Revision
  #waitingBytes = 0
  #lazyBytes = 0
  #usesLazy = false
  #pumping = false
  #lazyTimer: Timer | undefined
  #sweepTimer: Timer | undefined
  /** Lazy batches are due as well. */
  #flush = false
  /** Garbage is due up to this count of removed rows. */
  #sweepTo = 0
  #sweeps: { target: number; done: PromiseWithResolvers<void> }[] = []
  #full: StoreFullError | undefined
  /** Why appends are refused for good: closed, or the medium is lost. */
  #closed: Error | undefined
  #lost: Error | undefined
  /** Set by close: everything is due, and this resolves when nothing more can be done. */
  #idle: PromiseWithResolvers<void> | undefined

  constructor(state: LogState, medium: Medium, restartAt: Revision, options: CommitOptions) {
    this.#state = state
    this.#medium = medium
    this.#options = options
    this.#given = state.revision
    this.#restartAt = restartAt
    medium.onLost = error => this.#lose(error)
  }

  /** The last group did not fit on the disk, and none has since. */
  get full(): StoreFullError | undefined {
    return this.#full
  }

  /** How long the commit in flight has taken so far. */
  get flightMs(): number {
    return this.#flight ? this.#options.clock.monotonic() - this.#flight.sinceMs : 0
  }

  append(writes: readonly Write[]): Promise<readonly AppendResult[]> {
    const ended = this.#lost ?? this.#closed
    if (ended) return Promise.reject(ended)
    if (this.#waitingBytes > waitingLimitBytes) {
      const mib = this.#waitingBytes >> 20
      return Promise.reject(new StoreBusyError(`Cannot append: ${mib} MiB of writes wait for the disk already`))
    }
    const refused = this.#check(writes)
    if (refused) return refused
    const batch = this.#accept(writes)
    this.#waitingBytes += batch.bytes
    this.#gathering.push(batch)
    this.#wake()
    return batch.done.promise
  }

  /** Deletes all garbage that there is now. */
  sweep(): Promise<void> {
    const { garbage } = this.#state
    if (garbage.length === 0) return Promise.resolve()
    const ended = this.#lost ?? this.#closed
    if (ended) return Promise.reject(ended)
    const done = Promise.withResolvers<void>()
    this.#sweepTo = garbage.target
    this.#sweeps.push({ target: garbage.target, done })
    this.#wake()
    return done.promise
  }

  /** Deletes garbage little by little if there is much of it. */
  tidy(): void {
    if (!this.#sweepTimer && this.#state.garbage.length >= garbageMuch) this.#sweepIn(sweepEveryMs)
  }

  /** Refuses further appends, writes what there is, and throws if that cannot be done. */
  async close(closed: Error): Promise<void> {
    this.#closed = closed
    this.#sweepTimer?.cancel()
    if (!this.#lost) {
      this.#idle = Promise.withResolvers()
      this.#wake()
      await this.#idle.promise
    }
    this.#lazyTimer?.cancel()
    for (const { done } of this.#sweeps.splice(0)) done.reject(closed)
    const unwritten = this.#lost ?? this.#full
    if (this.#gathering.length > 0 && unwritten) throw unwritten
  }

  /** The refusal of `writes`, if any of them may not be done. */
  #check(writes: readonly Write[]): Promise<never> | undefined {
    // What the keys have after the writes of this batch so far.
    const own = writes.length > 1 ? new Map<string, Revision>() : undefined
    let next = this.#given
    for (const { key, value, expect } of writes) {
      if (key === '' || !key.isWellFormed() || key.includes('\0')) {
        const rule = 'a key is not empty, well-formed Unicode and without NUL'
        return Promise.reject(new TypeError(`Cannot write ${JSON.stringify(key)}: ${rule}`))
      }
      if (expect === undefined && !own) continue
      const pending = this.#pending.get(key)
      const current = own?.get(key) ?? (pending ? pending.current : (this.#state.get(key)?.revision ?? 0))
      if (expect !== undefined && current !== expect) {
        const conflict = new ConflictError(key, expect, current)
        return pending ? pending.done.then(() => Promise.reject(conflict)) : Promise.reject(conflict)
      }
      if (value === undefined && current === 0) continue
      next++
      own?.set(key, value === undefined ? 0 : next)
    }
    return undefined
  }

  /** Gives revisions to writes that passed the check. */
  #accept(writes: readonly Write[]): Batch {
    const changes: Change[] = []
    const results: AppendResult[] = []
    const done = Promise.withResolvers<readonly AppendResult[]>()
    let bytes = 0
    let lazy = true
    for (const { key, value, memo, lazy: isLazy } of writes) {
      const pending = this.#pending.get(key)
      const live = pending ? undefined : this.#state.get(key)
      const isThere = pending ? pending.current > 0 : live !== undefined
      if (value === undefined && !isThere) {
        results.push({ revision: 0, entry: undefined })
        continue
      }
      if (!isLazy) lazy = false
      const revision = ++this.#given
      const createRevision = isThere ? (pending ?? live)!.createRevision : revision
      let entry: Entry | undefined
      if (value !== undefined) {
        const stamped = this.#options.stamp ? this.#options.stamp(value, revision) : value
        entry = { key, value: stamped, revision, createRevision, memo }
        bytes += stamped.length
      }
      bytes += key.length
      changes.push({ revision, key, entry })
      results.push({ revision, entry })
      this.#pending.set(key, { revision, current: entry ? revision : 0, createRevision, done: done.promise })
    }
    if (lazy && changes.length > 0) {
      this.#usesLazy = true
      if (this.#given >= this.#restartAt || this.#lazyBytes > lazyLimitBytes) lazy = false
    } else lazy = false
    return { changes, results, bytes, lazy, done, applied: false }
  }

  /** Lets what is appended in this turn gather, then moves on. Never inside a delivery. */
  #wake(): void {
    if (this.#pumping) return
    this.#pumping = true
    queueMicrotask(() => {
      this.#pumping = false
      this.#pump()
    })
  }

  #pump(): void {
    if (this.#flight || this.#lost) return
    this.#applyDue()
    const isDue = this.#flush || this.#idle !== undefined || this.#gathering.some(batch => !batch.applied)
    const { garbage } = this.#state
    if ((isDue && this.#gathering.length > 0) || (this.#sweepTo > garbage.removed && garbage.length > 0)) this.#send()
    else if (this.#idle) this.#idle.resolve()
    else if (this.#gathering.length > 0) this.#armLazyTimer()
  }

  /** Makes the batches at the front visible that do not wait for the disk: lazy ones, and those that change nothing. */
  #applyDue(): void {
    const due: Batch[] = []
    for (const batch of this.#gathering) {
      if (batch.applied) continue
      if (!batch.lazy && batch.changes.length > 0) break
      due.push(batch)
      this.#lazyBytes += batch.bytes
    }
    if (due.length === 0) return
    this.#makeVisible(due)
    this.#gathering = this.#gathering.filter(batch => !batch.applied || batch.changes.length > 0)
  }

  #send(): void {
    const batches: Batch[] = []
    let bytes = 0
    for (const batch of this.#gathering) {
      if (batches.length > 0 && bytes + batch.bytes > groupLimitBytes) break
      bytes += batch.bytes
      batches.push(batch)
    }
    this.#gathering = this.#gathering.slice(batches.length)
    if (this.#gathering.length === 0) this.#flush = false
    this.#lazyTimer?.cancel()
    this.#lazyTimer = undefined
    // The last write before a close keeps every revision known, so that the next run serves watches from each of them.
    const changes = this.#idle ? batches.flatMap(batch => batch.changes) : withoutReplacedLazy(batches)
    const { rows, compacted } = this.#state.garbage.first(this.#garbageRows(changes.length))
    const reserve = this.#usesLazy && !this.#idle && this.#given + reserveAhead / 2 >= this.#restartAt
    const restartAt = reserve ? this.#given + reserveAhead : undefined
    this.#flight = { batches, garbage: rows.length, restartAt, sinceMs: this.#options.clock.monotonic() }
    this.#medium.write({ changes, garbage: rows, compacted, restartAt }).then(
      () => this.#settle(undefined),
      (error: unknown) => this.#settle(error instanceof Error ? error : new StoreBrokenError(String(error))),
    )
  }

  #garbageRows(changes: number): number {
    const { garbage } = this.#state
    if (this.#sweepTo > garbage.removed) return Math.min(sweepRows, this.#sweepTo - garbage.removed) + 2 * changes
    // A change makes two rows garbage at most (a deletion: the row before and itself), so this keeps up.
    return garbage.length >= garbageWorth ? garbageWorth + 2 * changes : 0
  }

  #settle(error: Error | undefined): void {
    const flight = this.#flight
    if (!flight || this.#lost) return
    if (error instanceof StoreFullError) this.#failFull(flight, error)
    else if (error) this.#lose(error)
    else this.#succeed(flight)
  }

  #succeed(flight: Flight): void {
    this.#flight = undefined
    this.#full = undefined
    this.#restartAt = flight.restartAt ?? this.#restartAt
    this.#state.garbage.remove(flight.garbage)
    for (const batch of flight.batches) if (batch.applied) this.#lazyBytes -= batch.bytes
    this.#makeVisible(flight.batches.filter(batch => !batch.applied))
    while (this.#sweeps[0] && this.#sweeps[0].target <= this.#state.garbage.removed) {
      this.#sweeps.shift()!.done.resolve()
    }
    this.tidy()
    this.#pump()
  }

  #makeVisible(batches: readonly Batch[]): void {
    if (batches.length === 0) return
    const changes = batches.length === 1 ? batches[0]!.changes : batches.flatMap(batch => batch.changes)
    for (const { key, revision } of changes) {
      if (this.#pending.get(key)?.revision === revision) this.#pending.delete(key)
    }
    for (const batch of batches) {
      batch.applied = true
      this.#waitingBytes -= batch.bytes
    }
    this.#state.apply(changes, this.#options.clock.monotonic())
    for (const { done, results } of batches) done.resolve(results)
    this.#options.onVisible()
  }

  /**
   * Nothing of the group was written. What readers see already (lazy) is kept for the next try; all that waits is
   * refused, since it may rest on what failed, and its revisions, which nobody has seen, are free again.
   */
  #failFull(flight: Flight, error: StoreFullError): void {
    this.#flight = undefined
    this.#full = error
    this.#refuse([...flight.batches, ...this.#gathering], error)
    this.#flush = false
    this.#sweepTimer?.cancel()
    // A close tries once.
    if (this.#idle) this.#idle.resolve()
    else {
      this.#sweepIn(sweepAfterFullMs)
      this.#pump()
    }
  }

  #lose(error: Error): void {
    if (this.#lost) return
    this.#lost = error
    this.#refuse([...(this.#flight?.batches ?? []), ...this.#gathering], error)
    this.#flight = undefined
    this.#lazyTimer?.cancel()
    this.#sweepTimer?.cancel()
    this.#idle?.resolve()
    this.#options.onLost(error)
  }

  #refuse(batches: readonly Batch[], error: Error): void {
    this.#gathering = batches.filter(batch => batch.applied)
    this.#pending.clear()
    this.#given = this.#state.revision
    this.#sweepTo = 0
    for (const { done } of this.#sweeps.splice(0)) done.reject(error)
    for (const batch of batches) {
      if (batch.applied) continue
      this.#waitingBytes -= batch.bytes
      batch.done.reject(error)
    }
  }

  #sweepIn(delayMs: number): void {
    this.#sweepTimer = this.#options.clock.after(delayMs, () => {
      const { garbage } = this.#state
      this.#sweepTimer = undefined
      if (garbage.length < (this.#full ? 1 : garbageWorth)) return
      this.#sweepTo = Math.max(this.#sweepTo, garbage.removed + Math.min(sweepRows, garbage.length))
      this.#wake()
      this.#sweepIn(sweepEveryMs)
    })
  }

  #armLazyTimer(): void {
    if (this.#lazyTimer) return
    this.#lazyTimer = this.#options.clock.after(this.#options.lazyFlushMs, () => {
      this.#lazyTimer = undefined
      this.#flush = true
      this.#wake()
    })
  }
}

/** The changes of `batches` without the lazy ones whose key is written again later: those reach the disk as one. */
function withoutReplacedLazy(batches: readonly Batch[]): Change[] {
  const changes = batches.flatMap(batch => batch.changes)
  if (!batches.some(batch => batch.lazy)) return changes
  const lazy = new Set(batches.flatMap(batch => (batch.lazy ? batch.changes : [])))
  const newest = new Map<string, Change>()
  for (const change of changes) newest.set(change.key, change)
  return changes.filter(change => !lazy.has(change) || newest.get(change.key) === change)
}
