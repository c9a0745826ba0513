/** One stream of a SPDY connection, as a Duplex: each side ends on its own, and destroying it resets it. */
import { Duplex } from 'node:stream'
import type { Headers } from './header-block.ts'

/** What a stream asks of its connection. */
export interface StreamCarrier {
  sendData(stream: SpdyStream, chunk: Buffer, done: (error?: Error | null) => void): void
  sendEnd(stream: SpdyStream, done: (error?: Error | null) => void): void
  /** The stream's reader has taken what there was. */
  wantsData(stream: SpdyStream): void
  forget(stream: SpdyStream): void
}

/** How much a stream keeps for a slow reader before the whole connection waits for it. */
const bufferBytes = 256 << 10

export class SpdyStream extends Duplex {
  readonly id: number
  readonly headers: Headers
  /** The client has sent its last. */
  inputEnded = false
  readonly #carrier: StreamCarrier

  constructor(id: number, headers: Headers, carrier: StreamCarrier) {
    super({ readableHighWaterMark: bufferBytes, writableHighWaterMark: 64 << 10, allowHalfOpen: true })
    this.id = id
    this.headers = headers
    this.#carrier = carrier
    // A stream that breaks tells whoever pipes it; nobody has to listen.
    this.on('error', () => {})
  }

  /** False when the reader is behind and the connection has to wait. */
  receive(part: Buffer, last: boolean): boolean {
    if (this.inputEnded || this.destroyed) return true
    const more = part.length === 0 || this.push(part)
    if (!last) return more
    this.inputEnded = true
    this.push(null)
    return true
  }

  override _read(): void {
    this.#carrier.wantsData(this)
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.#carrier.sendData(this, chunk, done)
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#carrier.sendEnd(this, done)
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#carrier.forget(this)
    done(error)
  }
}
