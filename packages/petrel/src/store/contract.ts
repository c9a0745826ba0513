/**
 * The contract of the log. A store is one ordered log of revisions over keys; `sqlite` and `memory` keep it, and one
 * shared suite (suite.ts) holds each maker to every sentence here.
 *
 * Reads are synchronous and come from memory. A write is visible to readers and watchers exactly when it is durable:
 * `append` resolves, `get` returns it and watchers receive it in the same turn, in the order of revisions.
 */
import type { Clock } from '../base/index.ts'

/**
 * Position in the log: 1, 2, 3, … in the order of commit; the API's `resourceVersion`. 0 is before the first write.
 * A restart after a crash may leave out numbers, so that a revision somebody has seen is never given to another write.
 */
export type Revision = number

/**
 * A value at a revision. Entries are immutable and shared by all readers; compare them by reference.
 * `memo` is a slot for what the reader derives from the value (the decoded object, other encodings): it lives exactly
 * as long as the entry, and the store never looks into it.
 */
export interface Entry {
  readonly key: string
  /** The bytes as stamped with the revision (see StoreOptions.stamp). Never to be written to. */
  readonly value: Uint8Array
  /** Revision of the write that made this value. */
  readonly revision: Revision
  /** Revision of the write that created the key (since its last deletion). */
  readonly createRevision: Revision
  memo?: unknown
}

/** One change of one key. For a delete `entry` is undefined and `previous` is what was deleted. */
export interface StoreEvent {
  readonly revision: Revision
  readonly key: string
  readonly entry: Entry | undefined
  /** The value before; undefined for a create. */
  readonly previous: Entry | undefined
}

/** One put (`value` given) or delete (`value` undefined). Deleting a key that does not exist changes nothing. */
export interface Write {
  /** Not empty, well-formed Unicode, without NUL; anything else is a TypeError. */
  readonly key: string
  readonly value: Uint8Array | undefined
  /**
   * The revision the key must have now: 0 means that it must not exist. Undefined writes without looking.
   * Writes of other callers that are not durable yet count as done: two writers with one revision, exactly one wins,
   * and the other hears of it when the winner's write is visible, so that it can read what it lost to.
   * Earlier writes of the same batch count as done as well.
   */
  readonly expect?: Revision
  /**
   * A heartbeat: acknowledged and visible as soon as everything before it is, on disk with the next durable write or
   * within `StoreOptions.lazyFlushMs`. After a crash the newest of these may be lost; revisions are still never reused.
   * Several to one key between two commits reach the disk as one. A batch is lazy when all its writes are.
   */
  readonly lazy?: boolean
  /** Becomes `memo` of the new entry. */
  readonly memo?: unknown
}

/** A consistent cut: every entry under a prefix as of one revision, in the order of keys (UTF-16 code units). */
export interface RangeResult {
  readonly entries: readonly Entry[]
  /** The revision the cut was made at. */
  readonly revision: Revision
  /** How many more entries follow the last one; 0 when the range is complete. */
  readonly remaining: number
}

export interface RangeOptions {
  /**
   * Reads the past. Throws CompactedError when it is older than the window or was lost with lazy writes in a crash,
   * FutureRevisionError when not yet reached.
   */
  readonly atRevision?: Revision
  /** At most so many entries, 1 or more; all when undefined. */
  readonly limit?: number
  /** Only keys greater than this one. */
  readonly after?: string
}

/**
 * A subscription. Events arrive in batches as they become durable, each once and in order. The sink is called
 * synchronously and must not block: a reader that cannot keep up buffers or cancels, the store never waits for it.
 * Outside of a delivery every watch has received everything up to `Store.revision`. A sink that throws is cancelled and
 * its `end` receives the error. The array is shared between watches: never to be written to.
 */
export interface WatchSink {
  events(events: readonly StoreEvent[]): void
  /**
   * The store's position moved on to `revision` without anything for this watch. Called now and then, not at every write:
   * who needs the position at a moment of its own reads `Store.revision`.
   */
  progress?(revision: Revision): void
  /** The store closed (no error) or broke; nothing follows. Not called after `cancel`. */
  end(error?: Error): void
}

export interface Watch {
  /** Nothing is delivered afterwards, not even the rest of a delivery under way. */
  cancel(): void
}

export interface StoreHealth {
  /** Undefined when all is well; otherwise a sentence for readyz: what is behind or broken, and by how much. */
  readonly problem: string | undefined
  readonly revision: Revision
  readonly compactedRevision: Revision
  readonly keys: number
  readonly valueBytes: number
  readonly windowEvents: number
  readonly windowBytes: number
  /** Bytes of the files on disk; 0 for memory. */
  readonly diskBytes: number
  /** Superseded rows that compaction has yet to delete. */
  readonly compactionBacklog: number
}

export interface Store {
  /** Newest revision that readers see. */
  readonly revision: Revision
  /** The oldest revision to read at or to watch after; what was before it is gone. */
  readonly compactedRevision: Revision

  get(key: string): Entry | undefined
  /** Keys that start with `prefix`. */
  range(prefix: string, options?: RangeOptions): RangeResult
  /** How many keys start with `prefix`. */
  count(prefix: string): number

  /**
   * Appends in order, all or nothing, and resolves once the batch is durable (fsynced) and visible.
   * Each change gets a revision of its own; the results are in the order of `writes`.
   * Rejects with ConflictError if any `expect` does not hold, then nothing of the batch is written;
   * with StoreFullError when the disk is full, then readers still see the last durable state and later appends may
   * succeed; with StoreBusyError when too much waits for the disk; with StoreBrokenError when the log cannot be written
   * any more.
   */
  append(writes: readonly Write[]): Promise<readonly AppendResult[]>

  /**
   * Delivers every change of keys under `prefix` with a revision greater than `after`. What the window holds of these is
   * delivered before `watch` returns. Throws CompactedError when changes after `after` are no longer in the window or
   * `after` was lost with lazy writes in a crash: never a gap in silence; FutureRevisionError when it is not yet reached.
   */
  watch(prefix: string, after: Revision, sink: WatchSink): Watch

  /**
   * Drops the changes up to and including `revision`; the live values stay, and `revision` itself can still be read at.
   * Resolves when the disk has dropped them too. Throws FutureRevisionError. Runs by itself as well.
   */
  compact(revision: Revision): Promise<void>

  health(): StoreHealth

  /**
   * Writes what was appended, ends every watch and releases the files. Appends afterwards reject; closing twice waits for
   * the same end. Rejects, after the release, if lazy writes could not be brought to the disk.
   */
  close(): Promise<void>
}

export interface AppendResult {
  /** 0 for a delete that found nothing. */
  readonly revision: Revision
  /** Undefined for a delete. */
  readonly entry: Entry | undefined
}

export interface StoreOptions {
  /**
   * How a value carries its own revision. Called once per put, when the revision is known; what it returns is stored
   * and read back. The default keeps the value as it is.
   */
  readonly stamp?: (value: Uint8Array, revision: Revision) => Uint8Array
  /** Bounds of the window of recent events; whichever is reached first. Default 64 MiB and 10 minutes. */
  readonly windowBytes?: number
  readonly windowMs?: number
  /** Longest time that a lazy write stays in memory alone. Default 2 minutes. */
  readonly lazyFlushMs?: number
  /** Default: the system's. */
  readonly clock?: Clock
}
