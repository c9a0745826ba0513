/**
 * Saves what can be read of a damaged file: every row whose checksum holds goes into a new file, which takes the damaged
 * one's place; that one is kept aside. History is not kept: a lost change in it would be a gap in silence. Revisions go on
 * far above what was found, since newer ones may have been seen and lost.
 */
import { existsSync, linkSync, renameSync, rmSync } from 'node:fs'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import type { Revision } from './contract.ts'
import { createDraft, Database, readRow, syncDirectory } from './database.ts'
import { StoreBrokenError } from './errors.ts'
import type { Row } from './row-packing.ts'
import type { SalvageReport } from './sqlite-messages.ts'

const skippedRevisions = 1_000_000
const reportedLosses = 100
const highestRevision = Number.MAX_SAFE_INTEGER
/** Ranges narrower than this are given up when neither end can be read; no more than so many ranges are tried. */
const narrowRange = 32
const rangeLimit = 50_000

export function salvage(path: string, damage: string): SalvageReport {
  const { rows, losses } = readAll(path)
  if (rows.length === 0) {
    throw new StoreBrokenError(
      `Cannot salvage "${path}": ${damage}, and not one row can be read. The file is left as it is; restore it from a backup`,
    )
  }
  rows.sort((a, b) => a.revision - b.revision)
  const newest = rows[rows.length - 1]!.revision
  const draft = createDraft(path)
  const db = new Database(draft, undefined)
  db.write(rows, [], { compacted: newest, restartAt: newest + skippedRevisions })
  db.close()
  const keptAs = freeName(`${path}.damaged`)
  linkSync(path, keptAs)
  if (existsSync(`${path}-wal`)) renameSync(`${path}-wal`, `${keptAs}-wal`)
  rmSync(`${path}-shm`, { force: true })
  renameSync(draft, path)
  syncDirectory(path)
  const lost = losses.slice(0, reportedLosses).map(({ from, to, why }) => {
    const last = to === highestRevision ? 'the end' : to
    return from === to ? `revision ${from}: ${why}` : `revisions ${from} to ${last}: ${why}`
  })
  if (losses.length > lost.length) lost.push(`and ${losses.length - lost.length} more`)
  return { damage, keptAs, rowsCopied: rows.length, lost }
}

interface Loss {
  readonly from: Revision
  to: Revision
  readonly why: string
}

interface Scan {
  readonly up: StatementSync
  readonly down: StatementSync
  readonly rows: Row[]
  readonly losses: Loss[]
  rangesLeft: number
}

/** Reads without writing, so that the damaged file stays as it was found. */
function readAll(path: string): { rows: Row[]; losses: Loss[] } {
  const rows: Row[] = []
  const losses: Loss[] = []
  let db: DatabaseSync | undefined
  try {
    db = new DatabaseSync(path, { readOnly: true })
    const all =
      'SELECT revision, key, value, create_revision, crc FROM log WHERE revision BETWEEN ? AND ? ORDER BY revision'
    const up = db.prepare(all)
    const down = db.prepare(`${all} DESC`)
    up.setReturnArrays(true)
    down.setReturnArrays(true)
    scanBetween({ up, down, rows, losses, rangesLeft: rangeLimit }, 1, highestRevision)
  } catch (error) {
    losses.push({ from: 1, to: highestRevision, why: words(error) })
  } finally {
    db?.close()
  }
  return { rows, losses }
}

/** Reads from both ends up to what cannot be read, then looks for readable parts between. */
function scanBetween(scan: Scan, from: Revision, to: Revision): void {
  const low = read(scan, scan.up, from, to)
  if (low.error === undefined) return
  const start = low.last === undefined ? from : low.last + 1
  const high = read(scan, scan.down, start, to)
  if (high.error === undefined) return
  const end = high.last === undefined ? to : high.last - 1
  if (end - start < narrowRange || scan.rangesLeft-- <= 0) {
    lose(scan.losses, start, end, words(low.error))
    return
  }
  // Without a readable end there is no middle: steps from the start.
  const middle = end === highestRevision ? start + 1024 : Math.floor((start + end) / 2)
  scanBetween(scan, start, middle)
  scanBetween(scan, middle + 1, end)
}

function read(scan: Scan, rows: StatementSync, from: Revision, to: Revision): { last?: Revision; error?: unknown } {
  let last: Revision | undefined
  try {
    for (const fields of rows.iterate(from, to)) {
      const values = fields as unknown as readonly unknown[]
      last = Number(values[0])
      const row = readRow(values)
      if (row) scan.rows.push(row)
      else lose(scan.losses, last, last, 'the checksum does not hold')
    }
    return {}
  } catch (error) {
    return last === undefined ? { error } : { last, error }
  }
}

function lose(losses: Loss[], from: Revision, to: Revision, why: string): void {
  const before = losses[losses.length - 1]
  if (before?.why === why && before.to + 1 === from) before.to = to
  else losses.push({ from, to, why })
}

function freeName(wanted: string): string {
  let name = wanted
  for (let i = 2; existsSync(name); i++) name = `${wanted}-${i}`
  return name
}

function words(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
