/** What a store can answer instead of data. The API layer turns each into a metav1.Status. */
import type { Revision } from './contract.ts'

/** An optimistic write named a revision that the key does not have. `current` is what it has, 0 for absent. */
export class ConflictError extends Error {
  override readonly name = 'ConflictError'
  readonly key: string
  readonly expected: Revision
  readonly current: Revision

  constructor(key: string, expected: Revision, current: Revision) {
    super(`Cannot write "${key}": expected revision ${expected}, found ${current}`)
    this.key = key
    this.expected = expected
    this.current = current
  }
}

/** History at `requested` has been compacted away. */
export class CompactedError extends Error {
  override readonly name = 'CompactedError'
  readonly requested: Revision
  readonly compacted: Revision

  constructor(requested: Revision, compacted: Revision) {
    super(`Cannot read revision ${requested}: history up to ${compacted} is compacted`)
    this.requested = requested
    this.compacted = compacted
  }
}

/** The log has not come to `requested` yet. */
export class FutureRevisionError extends Error {
  override readonly name = 'FutureRevisionError'
  readonly requested: Revision
  readonly current: Revision

  constructor(requested: Revision, current: Revision) {
    super(`Cannot read revision ${requested}: the log is at ${current}`)
    this.requested = requested
    this.current = current
  }
}

/** The disk has no room: nothing of the batch was written, what was acknowledged is safe. */
export class StoreFullError extends Error {
  override readonly name = 'StoreFullError'
}

/** More waits for the disk than may wait: nothing of the batch was written; try again later. */
export class StoreBusyError extends Error {
  override readonly name = 'StoreBusyError'
}

/** Another process, or another store in this one, has the files open. */
export class StoreLockedError extends Error {
  override readonly name = 'StoreLockedError'
}

/** The log cannot be read or written; the message says what happened and what to do. */
export class StoreBrokenError extends Error {
  override readonly name = 'StoreBrokenError'
}
