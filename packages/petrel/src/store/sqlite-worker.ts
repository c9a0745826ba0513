/** The thread that owns the file: it replays the rows at start, then commits groups, one message each way for a group. */
import { flushCompileCache } from 'node:module'
import { parentPort, workerData } from 'node:worker_threads'
import type { Revision } from './contract.ts'
import { DamagedError, Database } from './database.ts'
import { buffersOf, packRows, type Row, unpackRows } from './row-packing.ts'
import { failureOf, type OpenRequest, type Reply, type Request, type SalvageReport } from './sqlite-messages.ts'

/** Bytes of values in one message of the replay. Small, since a value that lives keeps its message's buffer alive. */
const replayBytes = 64 << 10
const replayRows = 512

const port = parentPort!
const { path, limitBytes, salvage } = workerData as OpenRequest

function reply(message: Reply, transfer: ArrayBuffer[] = []): void {
  port.postMessage(message, transfer)
}

try {
  await start()
} catch (error) {
  reply({ type: 'failed', failure: failureOf(error) })
  port.close()
}

/** The rows are handed over as they are read: a report of damage tells the store to forget them. */
async function start(): Promise<void> {
  try {
    serve(...open(undefined))
  } catch (error) {
    if (!(salvage && error instanceof DamagedError)) throw error
    const { salvage: save } = await import('./salvage.ts')
    const report = save(path, error.damage)
    reply({ type: 'restart' })
    serve(...open(report))
  }
}

function open(salvaged: SalvageReport | undefined): [Database, Revision] {
  const db = new Database(path, limitBytes)
  try {
    const meta = replay(db)
    db.emptyWal()
    reply({ type: 'ready', ...meta, diskBytes: db.bytes, salvaged })
    return [db, meta.restartAt]
  } catch (error) {
    db.close()
    throw error
  }
}

function replay(db: Database): { compacted: Revision; restartAt: Revision } {
  let rows: Row[] = []
  let bytes = 0
  const send = (compacted: Revision): void => {
    const packed = packRows(rows)
    reply({ type: 'rows', rows: packed, compacted }, buffersOf(packed))
    rows = []
    bytes = 0
  }
  const meta = db.read((row, compacted) => {
    rows.push(row)
    bytes += row.value?.length ?? 0
    if (bytes >= replayBytes || rows.length >= replayRows) send(compacted)
  })
  if (rows.length > 0) send(meta.compacted)
  return meta
}

function serve(db: Database, startedAt: Revision): void {
  let restartAt = startedAt
  let diskBytes = db.bytes
  // A killed process would not leave its cache behind.
  flushCompileCache()
  port.on('message', (request: Request) => {
    if (request.type === 'close') {
      try {
        // Everything is on disk: no number needs to be left out.
        if (restartAt > request.revision) db.write([], [], { restartAt: request.revision })
        db.close()
        reply({ type: 'closed' })
      } catch (error) {
        reply({ type: 'failed', failure: failureOf(error) })
      }
      port.close()
      return
    }
    try {
      const rows: Row[] = []
      unpackRows(request.rows, row => rows.push(row))
      const { garbage, compacted } = request
      db.write(rows, garbage, {
        ...(garbage.length > 0 && { compacted }),
        ...(request.restartAt !== undefined && { restartAt: request.restartAt }),
      })
      restartAt = request.restartAt ?? restartAt
      reply({ type: 'written', diskBytes })
    } catch (error) {
      reply({ type: 'failed', failure: failureOf(error) })
    }
    try {
      db.tidy()
      diskBytes = db.bytes
    } catch (error) {
      reply({ type: 'lost', failure: failureOf(error) })
    }
  })
}
