/** What the store and its SQLite thread say to each other: one message each way for a group. */
import type { Revision } from './contract.ts'
import { StoreBrokenError, StoreFullError, StoreLockedError } from './errors.ts'
import type { PackedRows } from './row-packing.ts'

export interface OpenRequest {
  readonly path: string
  readonly salvage: boolean
  readonly limitBytes: number | undefined
}

export type Request =
  | {
      readonly type: 'write'
      readonly rows: PackedRows
      /** Rows to delete. */
      readonly garbage: Float64Array
      readonly compacted: Revision
      readonly restartAt: Revision | undefined
    }
  | { readonly type: 'close'; readonly revision: Revision }

/** What was done to a damaged file on request. */
export interface SalvageReport {
  /** What was wrong. */
  readonly damage: string
  /** Where the damaged file is kept. */
  readonly keptAs: string
  readonly rowsCopied: number
  /** What could not be read, a line each; bounded, the last line says how many more. */
  readonly lost: readonly string[]
}

export type Reply =
  | { readonly type: 'rows'; readonly rows: PackedRows; readonly compacted: Revision }
  | {
      readonly type: 'ready'
      readonly compacted: Revision
      readonly restartAt: Revision
      readonly diskBytes: number
      readonly salvaged: SalvageReport | undefined
    }
  /** The rows so far came from a damaged file: forget them. */
  | { readonly type: 'restart' }
  | { readonly type: 'written'; readonly diskBytes: number }
  | { readonly type: 'failed'; readonly failure: Failure }
  | { readonly type: 'lost'; readonly failure: Failure }
  | { readonly type: 'closed' }

/** An error that keeps its class across threads. */
export interface Failure {
  readonly kind: 'full' | 'locked' | 'broken'
  readonly message: string
}

export function failureOf(error: unknown): Failure {
  const message = error instanceof Error ? error.message : String(error)
  if (error instanceof StoreFullError) return { kind: 'full', message }
  return { kind: error instanceof StoreLockedError ? 'locked' : 'broken', message }
}

export function errorOf({ kind, message }: Failure): Error {
  if (kind === 'full') return new StoreFullError(message)
  return kind === 'locked' ? new StoreLockedError(message) : new StoreBrokenError(message)
}
