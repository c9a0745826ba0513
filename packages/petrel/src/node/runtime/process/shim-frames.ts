/** What agent and shim say to each other: requests as lines of JSON, an attach session as frames (type, length, bytes). */

export type ShimRequest =
  /** Read this container's output from now on. */
  | { readonly op: 'add'; readonly id: string }
  /** Answered once everything the container wrote is in its log. */
  | { readonly op: 'drain'; readonly id: string }
  | { readonly op: 'attach'; readonly id: string }
  /** Make room for a newer shim. */
  | { readonly op: 'quit' }

export type ShimReply = { readonly drained: string } | { readonly attached: boolean }

export const frame = { stdin: 0, stdout: 1, stderr: 2, stdinEnd: 3 } as const

/** A frame larger than this is not ours. */
const frameLimitBytes = 16 << 20

export function encodeFrame(type: number, data: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(5 + data.length)
  bytes.writeUInt8(type, 0)
  bytes.writeUInt32BE(data.length, 1)
  bytes.set(data, 5)
  return bytes
}

export class FrameReader {
  #pending: Buffer = Buffer.alloc(0)

  /** The frames that are complete with `chunk`. Throws RangeError for a length that cannot be. */
  read(chunk: Buffer): { readonly type: number; readonly data: Buffer }[] {
    this.#pending = this.#pending.length > 0 ? Buffer.concat([this.#pending, chunk]) : chunk
    const frames: { type: number; data: Buffer }[] = []
    while (this.#pending.length >= 5) {
      const length = this.#pending.readUInt32BE(1)
      if (length > frameLimitBytes) throw new RangeError(`a frame of ${length} bytes`)
      if (this.#pending.length < 5 + length) break
      frames.push({ type: this.#pending.readUInt8(0), data: this.#pending.subarray(5, 5 + length) })
      this.#pending = this.#pending.subarray(5 + length)
    }
    return frames
  }
}
