/** What the log is written to: the one interface that a maker implements. Everything else is shared. */
import type { Revision } from './contract.ts'
import type { Change } from './log-state.ts'

/** What is written in one transaction. */
export interface Group {
  /** In the order of revisions. */
  readonly changes: readonly Change[]
  /** Rows to delete, and the revision that is compacted then. */
  readonly garbage: readonly Revision[]
  readonly compacted: Revision
  /** New value of `restartAt`, if it moves. */
  readonly restartAt: Revision | undefined
}

export interface Medium {
  /** Bytes of the files. */
  readonly diskBytes: number
  /** Called once, if the medium is lost while nothing is being written. */
  onLost: ((error: Error) => void) | undefined
  /**
   * Resolves when the group is durable. One call at a time. Rejects with StoreFullError when there is no room: then
   * nothing of the group was written; any other error means that it is not known what was, and nothing more may follow.
   */
  write(group: Group): Promise<void>
  /** Releases the files; a start goes on after `revision`. */
  close(revision: Revision): Promise<void>
}
