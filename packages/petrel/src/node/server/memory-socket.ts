/**
 * A connection within the process: two ends, each a Duplex with what node:http asks of a socket. It behaves as TCP does:
 * a write is done when the other end has room, an end that is destroyed gives the other end its end of input, and
 * writing to it fails.
 */
import { Duplex } from 'node:stream'

export class MemorySocket extends Duplex {
  readonly remoteAddress = '127.0.0.1'
  #other: MemorySocket | undefined
  #waiting: ((error?: Error | null) => void) | undefined

  static pair(): [MemorySocket, MemorySocket] {
    const [a, b] = [new MemorySocket(), new MemorySocket()]
    a.#other = b
    b.#other = a
    return [a, b]
  }

  constructor() {
    super({ allowHalfOpen: true, highWaterMark: 64 << 10 })
  }

  override _read(): void {
    const other = this.#other
    const done = other ? other.#waiting : undefined
    if (!other || !done) return
    other.#waiting = undefined
    done()
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    // Later, as from a wire: nobody expects an answer before its own write has returned.
    process.nextTick(() => {
      const other = this.#other
      if (!other || other.destroyed) done(brokenPipe())
      else if (other.push(chunk)) done()
      else this.#waiting = done
    })
  }

  override _final(done: () => void): void {
    process.nextTick(() => {
      if (this.#other && !this.#other.destroyed) this.#other.push(null)
      done()
    })
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    const other = this.#other
    this.#other = undefined
    this.#waiting?.(brokenPipe())
    this.#waiting = undefined
    if (other && !other.destroyed) {
      // Later, so that what was pushed just now comes first.
      process.nextTick(() => {
        if (!other.readableEnded && !this.writableFinished && !other.destroyed) other.push(null)
        other.#otherIsGone()
      })
    }
    done(error)
  }

  /** What node:http calls; there is no wire to set anything on. */
  setTimeout(): this {
    return this
  }
  setNoDelay(): this {
    return this
  }
  setKeepAlive(): this {
    return this
  }
  ref(): this {
    return this
  }
  unref(): this {
    return this
  }

  #otherIsGone(): void {
    const done = this.#waiting
    this.#waiting = undefined
    done?.(brokenPipe())
  }
}

function brokenPipe(): Error {
  return Object.assign(new Error('write EPIPE: the other end of the connection is closed'), { code: 'EPIPE' })
}
