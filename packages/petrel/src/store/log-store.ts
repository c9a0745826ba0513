/** The store that both makers open: the state that readers see, the queue of writes, and the timers that keep it tidy. */
import { type Clock, systemClock, type Timer } from '../base/index.ts'
import { CommitQueue } from './commit-queue.ts'
import type {
  AppendResult,
  Entry,
  RangeOptions,
  RangeResult,
  Revision,
  Store,
  StoreHealth,
  StoreOptions,
  Watch,
  WatchSink,
  Write,
} from './contract.ts'
import { FutureRevisionError, StoreBrokenError } from './errors.ts'
import { LogState } from './log-state.ts'
import type { Medium } from './medium.ts'

const defaultWindowBytes = 64 << 20
const defaultWindowMs = 10 * 60_000
const defaultLazyFlushMs = 2 * 60_000
/** How often watches without events hear of progress while writes go on. */
const progressEveryMs = 500
/** From here on readyz says that the disk or the compaction is behind. */
const slowCommitMs = 2000
const backlogLimit = 100_000

export class LogStore implements Store {
  readonly #state: LogState
  readonly #queue: CommitQueue
  readonly #medium: Medium
  readonly #clock: Clock
  readonly #windowMs: number
  #broken: Error | undefined
  #closing: Promise<void> | undefined
  #progressTimer: Timer | undefined
  #ageTimer: Timer | undefined

  /** `state` is as the replay left it; the log goes on behind it. */
  constructor(state: LogState, medium: Medium, restartAt: Revision, options: StoreOptions) {
    this.#state = state
    this.#medium = medium
    this.#clock = options.clock ?? systemClock
    this.#windowMs = options.windowMs ?? defaultWindowMs
    this.#queue = new CommitQueue(state, medium, restartAt, {
      stamp: options.stamp,
      lazyFlushMs: options.lazyFlushMs ?? defaultLazyFlushMs,
      clock: this.#clock,
      onVisible: () => this.#armTimers(),
      onLost: error => this.#break(error),
    })
    this.#armTimers()
  }

  get revision(): Revision {
    return this.#state.revision
  }

  get compactedRevision(): Revision {
    return this.#state.compactedRevision
  }

  get(key: string): Entry | undefined {
    return this.#state.get(key)
  }

  range(prefix: string, options?: RangeOptions): RangeResult {
    return this.#state.range(prefix, options)
  }

  count(prefix: string): number {
    return this.#state.count(prefix)
  }

  append(writes: readonly Write[]): Promise<readonly AppendResult[]> {
    return this.#queue.append(writes)
  }

  watch(prefix: string, after: Revision, sink: WatchSink): Watch {
    if (this.#broken) throw this.#broken
    if (this.#closing) throw closedError('watch')
    return this.#state.watch(prefix, after, sink)
  }

  async compact(revision: Revision): Promise<void> {
    if (revision > this.revision) throw new FutureRevisionError(revision, this.revision)
    this.#state.drop(this.#clock.monotonic(), revision)
    await this.#queue.sweep()
  }

  health(): StoreHealth {
    const state = this.#state
    return {
      problem: this.#problem(),
      revision: state.revision,
      compactedRevision: state.compactedRevision,
      keys: state.keys,
      valueBytes: state.valueBytes,
      windowEvents: state.windowEvents,
      windowBytes: state.windowBytes,
      diskBytes: this.#medium.diskBytes,
      compactionBacklog: state.garbage.length,
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#progressTimer?.cancel()
    this.#ageTimer?.cancel()
    try {
      await this.#queue.close(closedError('append'))
    } finally {
      this.#state.watchers.end()
      await this.#medium.close(this.#state.revision)
    }
  }

  #problem(): string | undefined {
    const { flightMs, full } = this.#queue
    if (this.#broken) return this.#broken.message
    if (full) return full.message
    if (flightMs > slowCommitMs) return `The disk is behind: a commit has taken ${Math.round(flightMs)} ms so far`
    const backlog = this.#state.garbage.length
    return backlog > backlogLimit ? `Compaction is behind: ${backlog} superseded rows are still on disk` : undefined
  }

  #break(error: Error): void {
    this.#broken = error
    this.#progressTimer?.cancel()
    this.#ageTimer?.cancel()
    this.#state.watchers.end(error)
  }

  /** An idle store has no timer but the one that lets its window grow old, and that ends with the window. */
  #armTimers(): void {
    if (this.#closing || this.#broken) return
    if (!this.#progressTimer && this.#state.watchers.wantsProgress) {
      this.#progressTimer = this.#clock.after(progressEveryMs, () => {
        this.#progressTimer = undefined
        this.#state.watchers.progress(this.#state.revision)
      })
    }
    if (!this.#ageTimer && this.#state.windowEvents > 0) {
      this.#ageTimer = this.#clock.after(this.#windowMs / 10, () => {
        this.#ageTimer = undefined
        this.#state.drop(this.#clock.monotonic())
        this.#queue.tidy()
        this.#armTimers()
      })
    }
  }
}

/** An empty state with the window that `options` ask for. */
export function newState(options: StoreOptions, keepsRows: boolean): LogState {
  const bounds = { bytes: options.windowBytes ?? defaultWindowBytes, ageMs: options.windowMs ?? defaultWindowMs }
  return new LogState(bounds, keepsRows)
}

function closedError(action: string): StoreBrokenError {
  return new StoreBrokenError(`Cannot ${action}: the store is closed`)
}
