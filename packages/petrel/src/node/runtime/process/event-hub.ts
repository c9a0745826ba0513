/** Passes events to everyone who listens. A listener that falls 10,000 behind is ended with an error, never lost in silence. */
export class EventHub<T> {
  readonly #listeners = new Set<(event: T) => void>()

  emit(event: T): void {
    for (const listener of this.#listeners) listener(event)
  }

  async *listen(signal: AbortSignal, limit = 10_000): AsyncGenerator<T> {
    const queue: T[] = []
    let wake = (): void => {}
    const listener = (event: T): void => {
      queue.push(event)
      wake()
    }
    this.#listeners.add(listener)
    const onAbort = (): void => wake()
    signal.addEventListener('abort', onAbort)
    try {
      while (!signal.aborted) {
        if (queue.length > limit) throw new RangeError(`a listener fell behind by more than ${limit} events`)
        const event = queue.shift()
        if (event !== undefined) {
          yield event
          continue
        }
        await new Promise<void>(resolve => {
          wake = resolve
        })
      }
    } finally {
      this.#listeners.delete(listener)
      signal.removeEventListener('abort', onAbort)
    }
  }
}
