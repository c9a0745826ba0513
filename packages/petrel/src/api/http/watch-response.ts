/**
 * A watch on the wire. Items that come in one turn of the event loop go out in one write, and where writing takes long
 * (a thousand watchers) the next write waits in proportion, so that requests have their share of the thread. A peer that
 * does not read is cut when too much waits for it, and comes back with the last revision it saw.
 */
import type { StatusError } from '@petrel/machinery/status'
import type { Framing } from '../encode/watch-chunk.ts'
import type { WatchItem } from '../registry/change.ts'
import type { WatchSink, WatchStream } from '../registry/watch-stream.ts'
import type { Exchange, Headers, ResponseStream } from './exchange.ts'

/** A slow watcher may owe so much before it is cut. */
const slowLimitBytes = 16 * 1024 * 1024
/** Initial state is written in chunks of so many items. */
const chunkItems = 512

/** A pause is so many times as long as the writing before it; less than a millisecond is none. */
const pauseFactor = 2
/** However many watchers there are, none waits longer for the next write to begin. */
const pauseLimitMs = 100

/** What waits for the end of this turn, or of the pause. */
const waiting: WatchResponse[] = []
let scheduled = false
let resumeAt = 0

function schedule(): void {
  scheduled = true
  const pauseMs = resumeAt - performance.now()
  if (pauseMs < 1) setImmediate(flushAll)
  else setTimeout(flushAll, pauseMs)
}

function flushAll(): void {
  scheduled = false
  const began = performance.now()
  const due = waiting.splice(0)
  for (const response of due) response.flush()
  // HTTP/1.1 hands what was written to the sockets in ticks that were queued by now: they are most of the work.
  process.nextTick(() => {
    const ended = performance.now()
    resumeAt = ended + Math.min((ended - began) * pauseFactor, pauseLimitMs)
  })
}

export class WatchResponse implements WatchSink {
  readonly #stream: WatchStream
  readonly #framing: Framing
  readonly #out: ResponseStream
  readonly #onCut: () => void
  #pending: readonly WatchItem[] = []
  /** `#pending`, once it is more than one batch. */
  #own: WatchItem[] | undefined
  #queued = false
  #ended = false

  constructor(stream: WatchStream, framing: Framing, out: ResponseStream, onCut: () => void) {
    this.#stream = stream
    this.#framing = framing
    this.#out = out
    this.#onCut = onCut
  }

  /** Answers the exchange and runs the watch until either side ends it. */
  static run(exchange: Exchange, stream: WatchStream, framing: Framing, headers: Headers, onCut: () => void): void {
    const out = exchange.open(200, { ...headers, 'content-type': framing.mediaType, 'transfer-encoding': 'chunked' })
    const response = new WatchResponse(stream, framing, out, onCut)
    exchange.onClose(() => {
      response.#ended = true
      stream.cancel()
    })
    stream.start(response)
  }

  items(items: readonly WatchItem[]): void {
    if (this.#ended) return
    // A batch is taken as it is while nothing else waits; it is not ours to add to.
    if (this.#pending.length === 0) this.#pending = items
    else {
      if (!this.#own) this.#pending = this.#own = [...this.#pending]
      for (const item of items) this.#own.push(item)
    }
    if (this.#queued) return
    this.#queued = true
    waiting.push(this)
    if (!scheduled) schedule()
  }

  end(error?: StatusError): void {
    if (this.#ended) return
    this.flush()
    this.#ended = true
    if (error) this.#out.write(this.#framing.error(error.status))
    this.#out.end()
  }

  flush(): void {
    this.#queued = false
    const items = this.#pending
    if (items.length === 0 || this.#ended) return
    this.#pending = []
    this.#own = undefined
    if (this.#out.buffered > slowLimitBytes) {
      this.#ended = true
      this.#stream.cancel()
      this.#out.destroy()
      this.#onCut()
      return
    }
    if (items.length <= chunkItems) this.#out.write(this.#framing.chunk(items))
    else
      for (let i = 0; i < items.length; i += chunkItems)
        this.#out.write(this.#framing.chunk(items.slice(i, i + chunkItems)))
  }
}
