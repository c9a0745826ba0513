/**
 * Rows as they cross between threads: the values in one buffer that is handed over, not copied, and three numbers a row.
 * Sending values one by one would copy each, and the whole pool behind it.
 */
import type { Entry, Revision } from './contract.ts'
import type { Change } from './log-state.ts'

export interface PackedRows {
  readonly keys: readonly string[]
  /** For each row: revision, createRevision, length of the value; -1 for a delete, whose createRevision is 0. */
  readonly numbers: Float64Array<ArrayBuffer>
  readonly values: Uint8Array<ArrayBuffer>
}

/** One row of the log, as SQLite has it. */
export interface Row {
  readonly revision: Revision
  readonly key: string
  readonly value: Uint8Array | undefined
  readonly createRevision: Revision
}

export function packRows(rows: readonly Row[]): PackedRows {
  const keys: string[] = []
  const numbers = new Float64Array(rows.length * 3)
  let bytes = 0
  for (const { key, revision, createRevision, value } of rows) {
    numbers.set([revision, createRevision, value ? value.length : -1], keys.length * 3)
    keys.push(key)
    bytes += value?.length ?? 0
  }
  const values = new Uint8Array(bytes)
  let at = 0
  for (const { value } of rows) {
    if (!value) continue
    values.set(value, at)
    at += value.length
  }
  return { keys, numbers, values }
}

/** The buffers to hand over with `packed`. */
export function buffersOf(packed: PackedRows): ArrayBuffer[] {
  return [packed.numbers.buffer, packed.values.buffer]
}

/** Calls `visit` with each row; its value is a view of the packed buffer. */
export function unpackRows({ keys, numbers, values }: PackedRows, visit: (row: Row) => void): void {
  let at = 0
  for (let i = 0; i < keys.length; i++) {
    const length = numbers[i * 3 + 2]!
    const value = length < 0 ? undefined : values.subarray(at, at + length)
    at += Math.max(0, length)
    visit({ revision: numbers[i * 3]!, key: keys[i]!, value, createRevision: numbers[i * 3 + 1]! })
  }
}

export function rowOf({ revision, key, entry }: Change): Row {
  return { revision, key, value: entry?.value, createRevision: entry?.createRevision ?? 0 }
}

export function changeOf({ revision, key, value, createRevision }: Row): Change {
  const entry: Entry | undefined = value && { key, value, revision, createRevision, memo: undefined }
  return { revision, key, entry }
}
