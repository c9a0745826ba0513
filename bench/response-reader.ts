/**
 * HTTP/1.1 responses out of the bytes of one connection (RFC 9112): as much as a load generator needs and no more, so that
 * the generator costs little beside the server it shares the machine with. A response that it does not understand is an error.
 */
export interface ResponseEvents {
  head(status: number): void
  /** A piece of the body, without the framing of chunks; lent until the call returns. */
  body(piece: Buffer): void
  end(): void
}

const nothing = Buffer.alloc(0)

export class ResponseReader {
  readonly #events: ResponseEvents
  #rest: Buffer = nothing
  #state: 'head' | 'sized' | 'chunk size' | 'chunk' | 'chunk end' = 'head'
  #left = 0

  constructor(events: ResponseEvents) {
    this.#events = events
  }

  push(bytes: Buffer): void {
    let buffer = this.#rest.length > 0 ? Buffer.concat([this.#rest, bytes]) : bytes
    let next = this.#step(buffer)
    while (next) {
      buffer = next
      next = buffer.length > 0 ? this.#step(buffer) : undefined
    }
    this.#rest = buffer
  }

  /** What is left after one step, or undefined when more bytes are needed. */
  #step(buffer: Buffer): Buffer | undefined {
    switch (this.#state) {
      case 'head':
        return this.#head(buffer)
      case 'chunk size': {
        const end = buffer.indexOf('\r\n')
        if (end < 0) return undefined
        this.#left = Number.parseInt(buffer.toString('latin1', 0, end), 16)
        if (Number.isNaN(this.#left)) throw new Error(`Not the size of a chunk: ${buffer.toString('latin1', 0, end)}`)
        this.#state = this.#left === 0 ? 'chunk end' : 'chunk'
        return buffer.subarray(end + 2)
      }
      case 'chunk end': {
        if (buffer.length < 2) return undefined
        if (this.#left < 0) this.#state = 'chunk size'
        else this.#finish()
        return buffer.subarray(2)
      }
      case 'sized':
      case 'chunk': {
        const piece = buffer.subarray(0, this.#left)
        this.#left -= piece.length
        this.#events.body(piece)
        if (this.#left === 0 && this.#state === 'sized') this.#finish()
        else if (this.#left === 0) {
          this.#state = 'chunk end'
          this.#left = -1
        }
        return buffer.subarray(piece.length)
      }
    }
  }

  #head(buffer: Buffer): Buffer | undefined {
    const end = buffer.indexOf('\r\n\r\n')
    if (end < 0) return undefined
    const head = buffer.toString('latin1', 0, end)
    const status = Number(head.slice(9, 12))
    this.#events.head(status)
    const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1]
    if (length === undefined && !/\r\ntransfer-encoding: *chunked/i.test(head)) {
      throw new Error(`Cannot tell where the body of a response ends: ${head}`)
    }
    this.#left = Number(length ?? 0)
    this.#state = length === undefined ? 'chunk size' : 'sized'
    if (length === '0') this.#finish()
    return buffer.subarray(end + 4)
  }

  #finish(): void {
    this.#state = 'head'
    this.#events.end()
  }
}
