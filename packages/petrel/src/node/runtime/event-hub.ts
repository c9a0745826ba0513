/**
 * Passes events to everyone who listens, from the moment they begin to. A listener that falls 10,000 behind is ended with
 * an error, never served with gaps.
 */
export class EventHub<T> {
  readonly #listeners = new Set<(event: T) => void>()

  emit(event: T): void {
    for (const listener of this.#listeners) listener(event)
  }

  /** Events emitted from this call on, until the signal is aborted. */
  listen(signal: AbortSignal, limit = 10_000): AsyncIterableIterator<T> {
    let queue: T[] = []
    let fellBehind = false
    let closed = signal.aborted
    let wake = (): void => {}
    const listener = (event: T): void => {
      if (queue.length < limit) queue.push(event)
      else fellBehind = true
      wake()
    }
    const end = (): void => {
      closed = true
      this.#listeners.delete(listener)
      signal.removeEventListener('abort', end)
      wake()
    }
    if (!closed) {
      this.#listeners.add(listener)
      signal.addEventListener('abort', end)
    }
    const events = (async function* () {
      try {
        while (!closed) {
          const batch = queue
          queue = []
          for (const event of batch) {
            if (closed) return
            yield event
          }
          if (fellBehind) throw new RangeError(`a listener fell behind by more than ${limit} events`)
          if (queue.length > 0 || closed) continue
          await new Promise<void>(resolve => {
            wake = resolve
          })
        }
      } finally {
        end()
      }
    })()
    return {
      next: () => events.next(),
      async return() {
        // A generator that was never begun does not run its finally.
        end()
        return events.return(undefined)
      },
      [Symbol.asyncIterator]() {
        return this
      },
    }
  }
}
