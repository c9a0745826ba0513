/**
 * The lifetime of a running part: what it started, and the order in which that ends. Whoever starts something owns a
 * Lifetime and closes it; `signal` tells the loops, then what was deferred is released last in, first out, then the
 * background tasks are awaited.
 */
export class Lifetime {
  readonly #controller = new AbortController()
  readonly #deferred: (() => unknown)[] = []
  readonly #tasks = new Set<Promise<void>>()
  readonly #onError: (name: string, error: unknown) => void
  #closing: Promise<void> | undefined

  /** `onError` receives the failures of background tasks and of releases; nothing is swallowed. */
  constructor(onError: (name: string, error: unknown) => void) {
    this.#onError = onError
  }

  /** Aborted when closing begins. */
  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** Runs `release` at the end, in reverse order of deferral. */
  defer(release: () => unknown): void {
    this.#deferred.push(release)
  }

  /** Runs `task` in the background until it ends; an error that is not the abort itself goes to `onError`. */
  run(name: string, task: (signal: AbortSignal) => Promise<void>): void {
    const running: Promise<void> = task(this.signal)
      .catch(error => {
        if (!(this.signal.aborted && error === this.signal.reason)) this.#onError(name, error)
      })
      .finally(() => this.#tasks.delete(running))
    this.#tasks.add(running)
  }

  /** Ends everything; resolves when nothing runs any more. Closing twice waits for the same end. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#controller.abort(new DOMException('closed', 'AbortError'))
    for (const release of this.#deferred.reverse()) {
      try {
        await release()
      } catch (error) {
        this.#onError('close', error)
      }
    }
    await Promise.all(this.#tasks)
  }
}
