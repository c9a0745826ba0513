/**
 * Kubernetes' channels over one WebSocket: the first byte of a message names its channel; the base64 protocols write
 * it as a digit and encode what follows (k8s.io/streaming/pkg/httpstream/wsstream). v5 adds a message that ends a
 * channel: 255 and its number.
 */
import { Duplex, Readable, Writable } from 'node:stream'
import type { WebSocket } from 'ws'

const closeSignal = 255

export class ChannelSocket {
  /** Resolves when the connection is over, however it ended. */
  readonly closed: Promise<void>
  onActivity: () => void = () => {}
  readonly #socket: WebSocket
  readonly #base64: boolean
  readonly #listeners = new Map<number, (data: Buffer) => void>()
  readonly #inputs = new Map<number, Readable>()

  constructor(socket: WebSocket, protocol: string | undefined) {
    this.#socket = socket
    this.#base64 = protocol?.includes('base64.') ?? false
    this.closed = new Promise(resolve => {
      socket.once('close', () => {
        for (const input of this.#inputs.values()) {
          if (input instanceof Duplex) input.destroy()
          else input.push(null)
        }
        resolve()
      })
    })
    socket.on('message', data => this.#receive(data as Buffer))
    // Once the channels have been set up.
    setImmediate(() => socket.resume())
  }

  /** Nothing is read because a channel's reader does not read: the client's end would go unnoticed. */
  get stalled(): boolean {
    return this.#socket.isPaused
  }

  /** RFC 6455 §5.5.3: an unasked pong asks for no answer; it keeps the client's watchdog quiet while we cannot read. */
  knock(): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.pong()
  }

  /** What the client sends on a channel; its reader's pace is the client's. */
  input(channel: number): Readable {
    const input = new Readable({
      highWaterMark: 256 << 10,
      read: () => this.#socket.resume(),
    })
    this.#inputs.set(channel, input)
    return input
  }

  /** Calls back for each message of a channel. */
  listen(channel: number, listener: (data: Buffer) => void): void {
    this.#listeners.set(channel, listener)
  }

  /** A channel for both directions. */
  duplex(channel: number): Duplex {
    const both = new Duplex({
      highWaterMark: 64 << 10,
      read: () => this.#socket.resume(),
      write: (chunk: Buffer, _encoding, done) => this.send(channel, chunk, done),
    })
    this.#inputs.set(channel, both)
    return both
  }

  output(channel: number): Writable {
    return new Writable({
      highWaterMark: 64 << 10,
      write: (chunk: Buffer, _encoding, done) => this.send(channel, chunk, done),
    })
  }

  send(channel: number, data: Buffer, done: (error?: Error | null) => void = () => {}): void {
    this.onActivity()
    if (this.#base64) {
      this.#socket.send(`${channel}${data.toString('base64')}`, done)
      return
    }
    const message = Buffer.allocUnsafe(data.length + 1)
    message[0] = channel
    data.copy(message, 1)
    this.#socket.send(message, done)
  }

  /** Says goodbye: 1000 is what clients take for a proper end. */
  close(): void {
    this.#socket.resume()
    this.#socket.close(1000)
  }

  destroy(): void {
    this.#socket.terminate()
  }

  #receive(message: Buffer): void {
    this.onActivity()
    const [first] = message
    if (first === undefined) return
    if (first === closeSignal && !this.#base64) {
      const input = this.#inputs.get(message[1] ?? -1)
      if (input && !input.readableEnded) input.push(null)
      this.#inputs.delete(message[1] ?? -1)
      return
    }
    const channel = this.#base64 ? first - 0x30 : first
    const data = this.#base64 ? Buffer.from(message.toString('latin1', 1), 'base64') : message.subarray(1)
    this.#listeners.get(channel)?.(data)
    // An empty message is data, not the end.
    if (data.length > 0 && this.#inputs.get(channel)?.push(data) === false) this.#socket.pause()
  }
}
