/**
 * Turns a watch that pushes into one that is read: what is not read yet waits here. The state that comes first may be of
 * any size; beyond that a reader who is more than `waitingLimit` changes behind is cut off with 410 Expired and reads
 * the state anew, as a slow watcher over HTTP does.
 */
import type { KubeObject } from '@petrel/machinery/kinds'
import { expired, type StatusError } from '@petrel/machinery/status'
import type { WatchItem, WatchStream } from '../api/index.ts'
import type { WatchEvent } from './contract.ts'

const waitingLimit = 50_000

export class WatchBuffer<T extends KubeObject> {
  readonly #open: () => Promise<WatchStream>
  readonly #signal: AbortSignal | undefined
  #stream: WatchStream | undefined
  #items: WatchItem[] = []
  #starting = true
  #ended = false
  #error: StatusError | undefined
  #wake: (() => void) | undefined

  /** `open` asks the server for the watch; called when reading begins. */
  constructor(open: () => Promise<WatchStream>, signal: AbortSignal | undefined) {
    this.#open = open
    this.#signal = signal
  }

  /** The events in order; ends when the server ends the watch, and when the reader stops reading. */
  async *events(): AsyncGenerator<WatchEvent<T>> {
    this.#stream = await this.#open()
    const abort = (): void => this.#wake?.()
    this.#signal?.addEventListener('abort', abort, { once: true })
    try {
      this.#stream.start({ items: items => this.#take(items), end: error => this.#end(error) })
      this.#starting = false
      for (;;) {
        const batch = this.#items
        this.#items = []
        for (const item of batch) {
          this.#signal?.throwIfAborted()
          yield eventOf<T>(item)
        }
        if (this.#items.length > 0) continue
        this.#signal?.throwIfAborted()
        if (this.#error) throw this.#error
        if (this.#ended) return
        await new Promise<void>(resolve => {
          this.#wake = resolve
        })
        this.#wake = undefined
      }
    } finally {
      this.#signal?.removeEventListener('abort', abort)
      this.#stream.cancel()
    }
  }

  #take(items: readonly WatchItem[]): void {
    if (this.#ended) return
    if (!this.#starting && this.#items.length + items.length > waitingLimit) {
      this.#items = []
      this.#stream?.cancel()
      this.#end(expired(`too old resource version: the watch is more than ${waitingLimit} events behind`))
      return
    }
    for (const item of items) this.#items.push(item)
    this.#wake?.()
  }

  #end(error: StatusError | undefined): void {
    this.#ended = true
    this.#error = error
    this.#wake?.()
  }
}

function eventOf<T extends KubeObject>(item: WatchItem): WatchEvent<T> {
  if (item.type === 'BOOKMARK') {
    const { resourceVersion = '', annotations } = item.object.metadata ?? {}
    return {
      type: 'BOOKMARK',
      resourceVersion,
      initialEventsEnd: annotations?.['k8s.io/initial-events-end'] === 'true',
    }
  }
  // A stream carries objects of the kind that was asked for.
  return { type: item.type, object: item.object as T }
}
