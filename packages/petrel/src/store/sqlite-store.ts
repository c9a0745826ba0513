/** The durable maker: the log in one SQLite file, which a thread of its own owns. Opening starts the thread at once. */
import { once } from 'node:events'
import { getCompileCacheDir } from 'node:module'
import { dirname, resolve } from 'node:path'
import { Worker } from 'node:worker_threads'
import { systemClock } from '../base/index.ts'
import type { Revision, Store, StoreOptions } from './contract.ts'
import { StoreBrokenError } from './errors.ts'
import { LogStore, newState } from './log-store.ts'
import type { Group, Medium } from './medium.ts'
import { buffersOf, changeOf, packRows, rowOf, unpackRows } from './row-packing.ts'
import { errorOf, type OpenRequest, type Reply, type Request, type SalvageReport } from './sqlite-messages.ts'

export interface SqliteStoreOptions extends StoreOptions {
  /** The database file; its directory is made if it is absent. Beside it lies `-wal` while the store is open. */
  readonly path: string
  /** Saves what can be read if the file is damaged, instead of refusing it. Does nothing to a sound file. */
  readonly salvage?: boolean
  /** The file never grows beyond this; appends then reject with StoreFullError. Unbounded when undefined. */
  readonly limitBytes?: number
}

export interface SqliteStore extends Store {
  /** What was saved and what was lost, if the file was damaged and salvage was asked for. */
  readonly salvaged: SalvageReport | undefined
}

/**
 * Rejects with StoreLockedError when the file is open elsewhere, and with StoreBrokenError when it is damaged or cannot be
 * opened. Who opens it closes it: its thread keeps the process alive.
 */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<SqliteStore> {
  const clock = options.clock ?? systemClock
  const path = resolve(options.path)
  const workerData: OpenRequest = { path, salvage: options.salvage ?? false, limitBytes: options.limitBytes }
  const thread = new SqliteThread(startWorker(workerData), path)
  let state = newState(options, true)
  const ready = await thread.replay(
    ({ rows, compacted }) => unpackRows(rows, row => state.replay(changeOf(row), compacted, clock.monotonic())),
    () => {
      state = newState(options, true)
    },
  )
  const { compacted, restartAt, salvaged } = ready
  state.replayed(Math.max(state.revision, compacted, restartAt), compacted, clock.monotonic())
  const store = new LogStore(state, thread, restartAt, options)
  return Object.assign(store, { salvaged })
}

function startWorker(workerData: OpenRequest): Worker {
  // A thread does not take part in the compile cache by itself; with it, it need not load what strips types.
  const cache = getCompileCacheDir()
  const env = cache ? { ...process.env, NODE_COMPILE_CACHE: dirname(cache) } : process.env
  const resourceLimits = { maxYoungGenerationSizeMb: 8 }
  return new Worker(new URL('./sqlite-worker.ts', import.meta.url), {
    name: 'petrel-store',
    workerData,
    env,
    resourceLimits,
  })
}

type Ready = Reply & { type: 'ready' }

class SqliteThread implements Medium {
  onLost: ((error: Error) => void) | undefined
  diskBytes = 0
  readonly #worker: Worker
  readonly #path: string
  readonly #exited: Promise<unknown>
  #waiting: PromiseWithResolvers<void> | undefined
  #lost: Error | undefined
  #closing = false

  constructor(worker: Worker, path: string) {
    this.#worker = worker
    this.#path = path
    this.#exited = once(worker, 'exit')
    worker.on('error', error => this.#lose(this.#threadLost('its thread failed', error)))
    worker.on('exit', () => this.#lose(this.#threadLost('its thread ended')))
  }

  /** Hands over the rows of earlier runs; `restart` takes back what was handed over. */
  replay(rows: (message: Reply & { type: 'rows' }) => void, restart: () => void): Promise<Ready> {
    const { promise, resolve, reject } = Promise.withResolvers<Ready>()
    this.onLost = reject
    this.#worker.on('message', (message: Reply) => {
      try {
        if (message.type === 'rows') rows(message)
        else if (message.type === 'restart') restart()
        else if (message.type === 'ready') {
          this.diskBytes = message.diskBytes
          resolve(message)
        } else if (message.type === 'failed' && !this.#waiting) reject(errorOf(message.failure))
        else this.#answer(message)
      } catch (error) {
        this.#lose(this.#threadLost('a message of its thread cannot be taken', error))
      }
    })
    return promise
  }

  write({ changes, garbage, compacted, restartAt }: Group): Promise<void> {
    const rows = packRows(changes.map(rowOf))
    const garbageRows = Float64Array.from(garbage)
    const request: Request = { type: 'write', rows, garbage: garbageRows, compacted, restartAt }
    return this.#ask(request, [...buffersOf(rows), garbageRows.buffer])
  }

  async close(revision: Revision): Promise<void> {
    this.#closing = true
    if (!this.#lost) await this.#ask({ type: 'close', revision }, []).finally(() => this.#exited)
    else await this.#worker.terminate()
  }

  #ask(request: Request, transfer: ArrayBuffer[]): Promise<void> {
    if (this.#lost) return Promise.reject(this.#lost)
    this.#waiting = Promise.withResolvers()
    this.#worker.postMessage(request, transfer)
    return this.#waiting.promise
  }

  #answer(message: Reply): void {
    if (message.type === 'lost') {
      this.#lose(errorOf(message.failure))
      return
    }
    const waiting = this.#waiting
    this.#waiting = undefined
    if (message.type === 'failed') waiting?.reject(errorOf(message.failure))
    else waiting?.resolve()
    if (message.type === 'written') this.diskBytes = message.diskBytes
  }

  #threadLost(what: string, cause?: unknown): StoreBrokenError {
    return new StoreBrokenError(`Cannot use "${this.#path}" any more: ${what}. Start again to recover`, { cause })
  }

  #lose(error: Error): void {
    if (this.#lost || (this.#closing && !this.#waiting)) return
    this.#lost = error
    this.#waiting?.reject(error)
    this.#waiting = undefined
    this.onLost?.(error)
  }
}
