/** The client's end of SPDY/3.1, as small as tests need it: opens streams, sends data, collects what comes. */
import type { Duplex } from 'node:stream'
import { controlFrame, dataHead, flagFin, frameType, headBytes, readHead, words } from './frame.ts'
import { HeaderWriter } from './header-block.ts'

export interface ClientStream {
  readonly id: number
  /** Everything received. */
  readonly received: () => Buffer
  /** Resolves when the server has replied to the stream. */
  readonly replied: Promise<void>
  /** Resolves when the server has ended or reset the stream. */
  readonly ended: Promise<'end' | 'reset'>
  send(data: Buffer | string): void
  end(): void
}

export class SpdyClient {
  readonly #socket: Duplex
  readonly #headers = new HeaderWriter()
  readonly #sinks = new Map<number, { chunks: Buffer[]; replied(): void; ended(how: 'end' | 'reset'): void }>()
  readonly pings: number[] = []
  #nextId = 1

  constructor(socket: Duplex) {
    this.#socket = socket
    let rest: Buffer = Buffer.alloc(0)
    socket.on('error', () => {})
    socket.on('data', (chunk: Buffer) => {
      rest = Buffer.concat([rest, chunk])
      while (rest.length >= headBytes) {
        const head = readHead(rest, 0)
        if (rest.length < headBytes + head.length) break
        const payload = rest.subarray(headBytes, headBytes + head.length)
        rest = rest.subarray(headBytes + head.length)
        if (head.type === 'data') {
          const sink = this.#sinks.get(head.streamId)
          sink?.chunks.push(payload)
          if (head.flags & flagFin) sink?.ended('end')
        } else if (head.kind === frameType.synReply) this.#sinks.get(payload.readUInt32BE(0))?.replied()
        else if (head.kind === frameType.rstStream) this.#sinks.get(payload.readUInt32BE(0))?.ended('reset')
        else if (head.kind === frameType.ping) this.pings.push(payload.readUInt32BE(0))
      }
    })
  }

  open(headers: Record<string, string>): ClientStream {
    const id = this.#nextId
    this.#nextId += 2
    const chunks: Buffer[] = []
    const replied = Promise.withResolvers<void>()
    const ended = Promise.withResolvers<'end' | 'reset'>()
    this.#sinks.set(id, { chunks, replied: replied.resolve, ended: ended.resolve })
    const block = this.#headers.write(new Map(Object.entries(headers)))
    this.#socket.write(controlFrame(frameType.synStream, 0, Buffer.concat([words(id, 0), Buffer.alloc(2), block])))
    return {
      id,
      received: () => Buffer.concat(chunks),
      replied: replied.promise,
      ended: ended.promise,
      send: data => {
        const bytes = Buffer.from(data)
        this.#socket.write(Buffer.concat([dataHead(id, 0, bytes.length), bytes]))
      },
      end: () => void this.#socket.write(dataHead(id, flagFin, 0)),
    }
  }

  ping(id: number): void {
    this.#socket.write(controlFrame(frameType.ping, 0, words(id)))
  }

  write(bytes: Buffer): void {
    this.#socket.write(bytes)
  }
}
