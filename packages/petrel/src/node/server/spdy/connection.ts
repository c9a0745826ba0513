/**
 * The server's end of a SPDY/3.1 connection, as much of it as streaming commands and ports needs: the client opens
 * streams, both sides send data. Clients are built on github.com/moby/spdystream, which knows no flow control: it never
 * opens a window and ignores ours. So windows of the client are not waited for; what holds a sender back is the
 * transport, and one stream whose reader does not read holds all of them back once its buffer is full. Window updates
 * are sent nevertheless, for clients that do count.
 */
import type { Duplex } from 'node:stream'
import {
  controlFrame,
  dataHead,
  type FrameHead,
  flagFin,
  frameType,
  headBytes,
  readHead,
  resetCode,
  words,
} from './frame.ts'
import { HeaderReader, HeaderWriter } from './header-block.ts'
import { SpdyStream, type StreamCarrier } from './stream.ts'

export interface SpdyOptions {
  /** Called for each stream once it was accepted. Throwing resets the stream. */
  onStream(stream: SpdyStream): void
  /** Something came or went. */
  onActivity?(): void
  readonly maxStreams?: number
}

const maxControlBytes = 64 << 10
const maxDataBytes = 32 << 10
/** A window is opened again when this much of it was used. */
const windowStep = 16 << 10

export class SpdyConnection implements StreamCarrier {
  /** Resolves when the connection is over, however it ended. */
  readonly closed: Promise<void>
  readonly #socket: Duplex
  readonly #options: SpdyOptions
  readonly #streams = new Map<number, SpdyStream>()
  readonly #reader = new HeaderReader()
  readonly #writer = new HeaderWriter()
  readonly #unacknowledged = new Map<number, number>()
  #lastStreamId = 0
  #full: SpdyStream | undefined
  #resume = (): void => {}
  #pings = 0

  constructor(socket: Duplex, options: SpdyOptions) {
    this.#socket = socket
    this.#options = options
    socket.on('error', () => socket.destroy())
    socket.on('close', () => this.#resume())
    this.closed = this.#run()
  }

  /** Nothing is read because a stream's reader does not read: the client's end would go unnoticed. */
  get stalled(): boolean {
    return this.#full !== undefined
  }

  /** Makes the transport tell whether the client is still there. */
  ping(): void {
    this.#pings += 2
    this.#send(controlFrame(frameType.ping, 0, words(this.#pings)))
  }

  /** Says goodbye and ends the connection after what was written. */
  close(): void {
    if (this.#socket.destroyed || this.#socket.writableEnded) return
    this.#send(controlFrame(frameType.goAway, 0, words(this.#lastStreamId, 0)))
    this.#socket.end()
  }

  destroy(): void {
    this.#socket.destroy()
  }

  sendData(stream: SpdyStream, chunk: Buffer, done: (error?: Error | null) => void): void {
    this.#options.onActivity?.()
    this.#socket.cork()
    for (let at = 0; at < chunk.length; at += maxDataBytes) {
      const part = chunk.subarray(at, at + maxDataBytes)
      this.#send(dataHead(stream.id, 0, part.length))
      this.#send(part, at + maxDataBytes >= chunk.length ? done : undefined)
    }
    this.#socket.uncork()
    if (chunk.length === 0) done()
  }

  sendEnd(stream: SpdyStream, done: (error?: Error | null) => void): void {
    this.#send(dataHead(stream.id, flagFin, 0), done)
  }

  wantsData(stream: SpdyStream): void {
    if (this.#full !== stream) return
    this.#full = undefined
    this.#resume()
  }

  forget(stream: SpdyStream): void {
    this.#streams.delete(stream.id)
    this.#unacknowledged.delete(stream.id)
    // One that did not come to its end on both sides is cut off.
    if (!stream.writableFinished || !stream.inputEnded) this.#reset(stream.id, resetCode.cancel)
    this.wantsData(stream)
  }

  async #run(): Promise<void> {
    try {
      await this.#read()
    } catch (error) {
      // Protocol errors, and the transport's: either way the connection is lost.
      if (!this.#socket.destroyed && error instanceof RangeError) {
        this.#send(controlFrame(frameType.goAway, 0, words(this.#lastStreamId, 1)))
      }
    } finally {
      for (const stream of [...this.#streams.values()]) {
        stream.destroy(new Error('the connection was lost'))
      }
      this.#reader.close()
      this.#socket.destroy()
    }
  }

  async #read(): Promise<void> {
    let rest: Buffer = Buffer.alloc(0)
    let data: { readonly streamId: number; readonly flags: number; left: number } | undefined
    for await (const chunk of this.#socket as AsyncIterable<Buffer>) {
      this.#options.onActivity?.()
      let bytes = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk
      for (;;) {
        if (data) {
          const part = bytes.subarray(0, data.left)
          data.left -= part.length
          bytes = bytes.subarray(part.length)
          await this.#data(data.streamId, part, data.left === 0 && (data.flags & flagFin) !== 0)
          if (data.left > 0) break
          data = undefined
        }
        if (bytes.length < headBytes) break
        const head = readHead(bytes, 0)
        if (head.type === 'data') {
          bytes = bytes.subarray(headBytes)
          data = { streamId: head.streamId, flags: head.flags, left: head.length }
          continue
        }
        if (head.length > maxControlBytes)
          throw new RangeError(`a control frame has ${head.length} bytes: at most ${maxControlBytes}`)
        if (bytes.length < headBytes + head.length) break
        await this.#control(head, bytes.subarray(headBytes, headBytes + head.length))
        bytes = bytes.subarray(headBytes + head.length)
      }
      // A copy, so that a few bytes do not keep a whole chunk in memory.
      rest = bytes.length > 0 ? Buffer.from(bytes) : bytes
    }
  }

  async #data(streamId: number, part: Buffer, fin: boolean): Promise<void> {
    const stream = this.#streams.get(streamId)
    this.#acknowledge(0, part.length)
    if (!stream) {
      if (part.length > 0) this.#reset(streamId, resetCode.invalidStream)
      return
    }
    if (!stream.receive(part, fin)) {
      this.#full = stream
      await new Promise<void>(resolve => {
        this.#resume = resolve
      })
    }
    this.#acknowledge(streamId, part.length)
  }

  async #control(head: FrameHead & { type: 'control' }, payload: Buffer): Promise<void> {
    switch (head.kind) {
      case frameType.synStream: {
        const id = payload.readUInt32BE(0) & 0x7fffffff
        const headers = await this.#reader.read(payload.subarray(10))
        this.#open(id, headers, (head.flags & flagFin) !== 0)
        return
      }
      case frameType.headers:
        // Read all the same: every block goes through the one decompressor.
        await this.#reader.read(payload.subarray(4))
        return
      case frameType.rstStream: {
        const stream = this.#streams.get(payload.readUInt32BE(0) & 0x7fffffff)
        stream?.destroy(new Error('the client reset the stream'))
        return
      }
      case frameType.ping:
        // Ours have even numbers and come back as answers (§2.6.5).
        if (payload.readUInt32BE(0) % 2 === 1) this.#send(controlFrame(frameType.ping, 0, payload))
        return
    }
  }

  #open(id: number, headers: ReadonlyMap<string, string>, fin: boolean): void {
    if (id % 2 === 0 || id <= this.#lastStreamId) throw new RangeError(`stream ${id} is not the next of a client`)
    this.#lastStreamId = id
    if (this.#streams.size >= (this.#options.maxStreams ?? 1000)) {
      this.#reset(id, resetCode.refusedStream)
      return
    }
    const stream = new SpdyStream(id, headers, this)
    this.#streams.set(id, stream)
    try {
      this.#options.onStream(stream)
    } catch {
      stream.destroy()
      return
    }
    // Clients drop data that comes before this.
    const payload = Buffer.concat([words(id), this.#writer.write(new Map())])
    this.#send(controlFrame(frameType.synReply, 0, payload))
    if (fin) stream.receive(Buffer.alloc(0), true)
  }

  #acknowledge(streamId: number, length: number): void {
    const total = (this.#unacknowledged.get(streamId) ?? 0) + length
    if (total < windowStep) {
      this.#unacknowledged.set(streamId, total)
      return
    }
    this.#unacknowledged.set(streamId, 0)
    this.#send(controlFrame(frameType.windowUpdate, 0, words(streamId, total)))
  }

  #reset(streamId: number, code: number): void {
    this.#send(controlFrame(frameType.rstStream, 0, words(streamId, code)))
  }

  #send(bytes: Buffer, done?: (error?: Error | null) => void): void {
    if (this.#socket.writable) this.#socket.write(bytes, done)
    else done?.(new Error('the connection is closed'))
  }
}
