/**
 * Wakes a reader that has come to the end of a log: when something in the log's folder changes, when the container has
 * ended, or when it is time to look anyway, since not every file system tells (and inotify watches may run out).
 */
import { type FSWatcher, watch } from 'node:fs'
import { dirname } from 'node:path'
import type { Clock } from '../../base/index.ts'

const pollMs = 500
const watchedPollMs = 5_000

export class LogWatch {
  /** The container has ended: what is in the files now is all there will be. */
  ended = false
  readonly #clock: Clock
  readonly #signal: AbortSignal
  readonly #path: string
  readonly #onAbort = (): void => this.#changed()
  #watcher: FSWatcher | undefined
  #dirty = false
  #wake = (): void => {}

  constructor(path: string, ended: Promise<unknown>, clock: Clock, signal: AbortSignal) {
    this.#path = path
    this.#clock = clock
    this.#signal = signal
    signal.addEventListener('abort', this.#onAbort)
    const end = (): void => {
      this.ended = true
      this.#changed()
    }
    ended.then(end, end)
    this.#start()
  }

  /** Resolves at once when something happened since it resolved last. */
  async changed(): Promise<void> {
    if (!this.#watcher) this.#start()
    if (!this.#dirty && !this.#signal.aborted) {
      await new Promise<void>(resolve => {
        const timer = this.#clock.after(this.#watcher ? watchedPollMs : pollMs, resolve)
        this.#wake = () => {
          timer.cancel()
          resolve()
        }
      })
    }
    this.#dirty = false
  }

  close(): void {
    this.#watcher?.close()
    this.#signal.removeEventListener('abort', this.#onAbort)
  }

  #start(): void {
    try {
      this.#watcher = watch(dirname(this.#path), { persistent: false }, () => this.#changed())
      this.#watcher.on('error', () => this.#unwatched())
    } catch {
      // No folder yet, or no more inotify watches: looking from time to time does it.
      this.#watcher = undefined
    }
  }

  #unwatched(): void {
    this.#watcher?.close()
    this.#watcher = undefined
    this.#changed()
  }

  #changed(): void {
    this.#dirty = true
    this.#wake()
  }
}
