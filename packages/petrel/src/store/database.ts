/**
 * The file: one SQLite database in WAL mode, owned by one connection. Every row carries a checksum.
 *
 *   log(revision, key, value, create_revision, crc)   the changes; value is NULL for a delete
 *   meta(name, value, crc)                            `compacted`: every row newer than it is there
 *                                                     `restartAt`: a start goes on from this revision at least
 *
 * The live state is the newest row of each key. Invariant: `compacted` moves in the transaction that deletes rows.
 */
import { closeSync, fsyncSync, linkSync, mkdirSync, openSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { crc32 } from 'node:zlib'
import type { Revision } from './contract.ts'
import { StoreBrokenError, StoreFullError, StoreLockedError } from './errors.ts'
import type { Row } from './row-packing.ts'
import { walDamage } from './wal-check.ts'

/** 'PTRL' in the file's header. */
const applicationId = 0x5054524c
const formatVersion = 1
/** Pages in the WAL from which on it is copied into the database, after the reply to the commit. */
const walPages = 1000
/** The WAL file is cut back to this when a large transaction made it larger. */
const walLimitBytes = 8 << 20
/** Free pages are given back when there are more than these, and more than half of the file. */
const freePages = 2000

/** Primary result codes (sqlite.org/rescode.html). */
const code = { busy: 5, corrupt: 11, full: 13, notADatabase: 26 }

/** The file is damaged; its words say how. */
export class DamagedError extends StoreBrokenError {
  readonly damage: string

  constructor(path: string, damage: string) {
    super(
      `Cannot open "${path}": ${damage}. Restore the file from a backup, or start once with --salvage: ` +
        'that copies every readable row into a new file and keeps the damaged one aside',
    )
    this.damage = damage
  }
}

export class Database {
  readonly #path: string
  readonly #db: DatabaseSync
  readonly #limitBytes: number | undefined
  readonly #insert: StatementSync
  readonly #delete: StatementSync
  readonly #setMeta: StatementSync
  readonly #walState: StatementSync
  #pageSize = 4096

  /** Opens and locks the file, making it if it is absent. Nothing in it has been read yet. */
  constructor(path: string, limitBytes: number | undefined) {
    this.#path = path
    this.#limitBytes = limitBytes
    const damage = walDamage(`${path}-wal`)
    if (!isThere(path)) {
      if (isThere(`${path}-wal`)) throw new DamagedError(path, 'it is missing while its write-ahead log is there')
      createDatabase(path)
    } else if (statSync(path).size === 0) throw new DamagedError(path, 'it is empty')
    if (damage) {
      this.#refuseIfLocked()
      throw new DamagedError(path, `its write-ahead log is damaged: ${damage}`)
    }
    this.#db = this.#guard(() => new DatabaseSync(path, { timeout: 0 }))
    try {
      this.#guard(() => this.#claim())
      this.#insert = this.#db.prepare('INSERT INTO log VALUES (?, ?, ?, ?, ?)')
      this.#delete = this.#db.prepare('DELETE FROM log WHERE revision = ?')
      this.#setMeta = this.#db.prepare('INSERT OR REPLACE INTO meta VALUES (?, ?, ?)')
      this.#walState = this.#db.prepare('PRAGMA wal_checkpoint(NOOP)')
      this.#walState.setReturnArrays(true)
    } catch (error) {
      this.#db.close()
      throw this.#translate(error)
    }
  }

  /** Checks the structure of the file, every row and the meta table, and hands over the rows in order. */
  read(visit: (row: Row, compacted: Revision) => void): { compacted: Revision; restartAt: Revision } {
    return this.#guard(() => {
      const problems = this.#db
        .prepare('PRAGMA quick_check(3)')
        .all()
        .map(row => String(Object.values(row)[0]))
      if (problems.length !== 1 || problems[0] !== 'ok') {
        throw new DamagedError(this.#path, problems.join('; ').replaceAll('\n', ' '))
      }
      const meta = { compacted: 0, restartAt: 0 }
      for (const { name, value, crc } of this.#db.prepare('SELECT name, value, crc FROM meta').iterate()) {
        if (crc !== metaCrc(String(name), Number(value)))
          throw new DamagedError(this.#path, `meta "${name}" fails its checksum`)
        if (name === 'compacted' || name === 'restartAt') meta[name] = Number(value)
      }
      const rows = this.#db.prepare('SELECT revision, key, value, create_revision, crc FROM log ORDER BY revision')
      rows.setReturnArrays(true)
      for (const fields of rows.iterate()) {
        const row = readRow(fields as unknown as readonly unknown[])
        if (!row) throw new DamagedError(this.#path, `the row of revision ${fields[0]} fails its checksum`)
        visit(row, meta.compacted)
      }
      return meta
    })
  }

  /** One transaction. Throws StoreFullError if there is no room: then nothing of it was written. */
  write(rows: Iterable<Row>, garbage: Iterable<Revision>, meta: { compacted?: Revision; restartAt?: Revision }): void {
    this.#guard(() => {
      this.#db.exec('BEGIN IMMEDIATE')
      try {
        for (const row of rows) {
          this.#insert.run(row.revision, row.key, row.value ?? null, row.createRevision, rowCrc(row))
        }
        for (const revision of garbage) this.#delete.run(revision)
        for (const [name, value] of Object.entries(meta)) {
          if (value !== undefined) this.#setMeta.run(name, value, metaCrc(name, value))
        }
        this.#db.exec('COMMIT')
      } catch (error) {
        if (this.#db.isTransaction) this.#db.exec('ROLLBACK')
        throw error
      }
    })
  }

  /** Keeps the WAL and the free pages bounded; called after the reply to a commit. A full disk is met by the next one. */
  tidy(): void {
    try {
      this.#guard(() => {
        if (this.#number('freelist_count') > Math.max(freePages, this.#number('page_count') / 2)) {
          this.#db.exec('PRAGMA incremental_vacuum(500)')
        }
        if (this.#walPages() >= walPages) this.#db.exec('PRAGMA wal_checkpoint(PASSIVE)')
      })
    } catch (error) {
      if (!(error instanceof StoreFullError)) throw error
    }
  }

  /** Brings everything into the database file and empties the WAL, so that no old frame stays behind a new one. */
  emptyWal(): void {
    if (this.#walPages() === 0 && !isThere(`${this.#path}-wal`)) return
    try {
      this.#guard(() => this.#db.exec('PRAGMA wal_checkpoint(TRUNCATE)'))
    } catch (error) {
      if (!(error instanceof StoreFullError)) throw error
    }
  }

  /** Bytes of the database and of the WAL in use. */
  get bytes(): number {
    return (this.#number('page_count') + this.#walPages()) * this.#pageSize
  }

  close(): void {
    this.#guard(() => this.#db.close())
  }

  #claim(): void {
    const db = this.#db
    // Before the first access: then the WAL index is in memory, and nobody else can open the file.
    db.exec('PRAGMA locking_mode = EXCLUSIVE')
    if (this.#number('application_id') !== applicationId) {
      throw new DamagedError(this.#path, 'it is not a store of Petrel')
    }
    const version = this.#number('user_version')
    if (version !== formatVersion) {
      throw new StoreBrokenError(
        `Cannot open "${this.#path}": its format is ${version} and this program knows ${formatVersion}; use the program that wrote it`,
      )
    }
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0')
    db.exec(`PRAGMA journal_size_limit = ${walLimitBytes}; PRAGMA temp_store = MEMORY`)
    db.exec('BEGIN IMMEDIATE; COMMIT')
    this.#pageSize = this.#number('page_size')
    if (this.#limitBytes) db.exec(`PRAGMA max_page_count = ${Math.ceil(this.#limitBytes / this.#pageSize)}`)
  }

  #walPages(): number {
    const [, pages] = this.#walState.get() as unknown as readonly number[]
    return Math.max(0, pages ?? 0)
  }

  #number(pragma: string): number {
    return Number(Object.values(this.#db.prepare(`PRAGMA ${pragma}`).get() ?? {})[0])
  }

  /** A reader that never writes: fails at once if the file belongs to somebody, whatever state it is in. */
  #refuseIfLocked(): void {
    let probe: DatabaseSync | undefined
    try {
      probe = new DatabaseSync(this.#path, { readOnly: true, timeout: 0 })
      probe.prepare('SELECT 1 FROM sqlite_schema').get()
    } catch (error) {
      if (primaryCode(error) === code.busy) throw this.#translate(error)
    } finally {
      probe?.close()
    }
  }

  #guard<T>(act: () => T): T {
    try {
      return act()
    } catch (error) {
      throw this.#translate(error)
    }
  }

  #translate(error: unknown): Error {
    for (const known of [StoreBrokenError, StoreFullError, StoreLockedError]) if (error instanceof known) return error
    const words = error instanceof Error ? error.message : String(error)
    switch (primaryCode(error)) {
      case code.busy:
        return new StoreLockedError(`Cannot open "${this.#path}": another process has it open; stop that one first`)
      case code.full: {
        const limit = this.#limitBytes ? `the file's limit of ${this.#limitBytes} bytes or the disk` : 'the disk'
        return new StoreFullError(
          `Cannot write to "${this.#path}": ${limit} is full. What was acknowledged is safe; make room`,
        )
      }
      case code.corrupt:
      case code.notADatabase:
        return new DamagedError(this.#path, words)
      default:
        return new StoreBrokenError(`Cannot use "${this.#path}": ${words}`, { cause: error })
    }
  }
}

/** A row read from SQLite (revision, key, value, create_revision, crc); undefined if its checksum does not hold. */
export function readRow([revision, key, value, createRevision, crc]: readonly unknown[]): Row | undefined {
  const row = {
    revision: Number(revision),
    key: String(key),
    value: value instanceof Uint8Array ? value : undefined,
    createRevision: Number(createRevision),
  }
  return crc === rowCrc(row) ? row : undefined
}

function rowCrc({ revision, key, value, createRevision }: Row): number {
  const head = crc32(`${revision} ${createRevision} ${value ? 'put' : 'delete'} ${key}`)
  return value ? crc32(value, head) : head
}

function metaCrc(name: string, value: number): number {
  return crc32(`${name} ${value}`)
}

/** Makes an empty store under another name first, so that an empty file at `path` is never taken for a new store. */
function createDatabase(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const draft = createDraft(path)
  try {
    linkSync(draft, path)
    rmSync(draft)
  } catch (error) {
    // Somebody else made it in the meantime; a file system without links is left to rename.
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') rmSync(draft)
    else renameSync(draft, path)
  }
  syncDirectory(path)
}

/** An empty store in a file of its own beside `path`; returns its path. */
export function createDraft(path: string): string {
  const draft = `${path}.new-${process.pid}`
  for (const suffix of ['', '-wal', '-journal']) rmSync(draft + suffix, { force: true })
  // Secrets will be in it: nobody else reads it.
  closeSync(openSync(draft, 'wx', 0o600))
  const db = new DatabaseSync(draft)
  db.exec(`
    PRAGMA auto_vacuum = INCREMENTAL;
    PRAGMA journal_mode = WAL;
    PRAGMA application_id = ${applicationId};
    PRAGMA user_version = ${formatVersion};
    CREATE TABLE log (
      revision INTEGER PRIMARY KEY, key TEXT NOT NULL, value BLOB, create_revision INTEGER NOT NULL, crc INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL, crc INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  `)
  db.close()
  return draft
}

/** Makes the names in the directory of `path` durable. */
export function syncDirectory(path: string): void {
  const directory = openSync(dirname(path), 'r')
  try {
    fsyncSync(directory)
  } finally {
    closeSync(directory)
  }
}

function primaryCode(error: unknown): number | undefined {
  const extended = (error as { errcode?: unknown } | undefined)?.errcode
  return typeof extended === 'number' ? extended & 0xff : undefined
}

function isThere(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined
}
