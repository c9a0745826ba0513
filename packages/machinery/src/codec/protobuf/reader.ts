/**
 * Reads the proto2 wire format within bounds: no length is believed before the bytes are there, and every fault is a DecodeError
 * in the words of gogo's generated code.
 */
import { DecodeError } from '../../schema/index.ts'

const decoder = new TextDecoder()

export const wire = { varint: 0, fixed64: 1, bytes: 2, startGroup: 3, endGroup: 4, fixed32: 5 } as const

const endOfInput = (): DecodeError => new DecodeError('unexpected EOF')

export class Reader {
  readonly #bytes: Uint8Array
  readonly #end: number
  #at: number

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.#bytes = bytes
    this.#at = start
    this.#end = end
  }

  get done(): boolean {
    return this.#at >= this.#end
  }

  /** Field number and wire type, as `number * 8 + type`. */
  tag(): number {
    const tag = this.#smallVarint()
    const field = Math.floor(tag / 8)
    const type = tag % 8
    if (field <= 0 || field > 0x1fffffff) throw new DecodeError(`proto: illegal tag ${field} (wire type ${type})`)
    if (type > 5) throw new DecodeError(`proto: illegal wireType ${type}`)
    return tag
  }

  #smallVarint(): number {
    let value = 0
    let scale = 1
    for (let i = 0; i < 8; i++) {
      if (this.#at >= this.#end) throw endOfInput()
      const byte = this.#bytes[this.#at++]!
      value += (byte & 127) * scale
      if (byte < 128) {
        if (value > Number.MAX_SAFE_INTEGER) throw new DecodeError('proto: integer overflow')
        return value
      }
      scale *= 128
    }
    throw new DecodeError('proto: integer overflow')
  }

  /** All 64 bits, as a signed number. */
  int64(): bigint {
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      if (this.#at >= this.#end) throw endOfInput()
      const byte = this.#bytes[this.#at++]!
      value |= BigInt(byte & 127) << shift
      if (byte < 128) return BigInt.asIntN(64, value)
    }
    throw new DecodeError('proto: integer overflow')
  }

  /** A signed integer that a double holds exactly; DecodeError for others. */
  integer(): number {
    if (this.#at < this.#end && this.#bytes[this.#at]! < 128) return this.#bytes[this.#at++]!
    const value = this.int64()
    if (value > BigInt(Number.MAX_SAFE_INTEGER) || value < BigInt(Number.MIN_SAFE_INTEGER)) {
      throw new DecodeError(`cannot decode integer ${value}: integers beyond ±9007199254740991 are not kept exactly`)
    }
    return Number(value)
  }

  int32(): number {
    return Number(BigInt.asIntN(32, this.int64()))
  }

  double(): number {
    const at = this.#take(8)
    return new DataView(this.#bytes.buffer, this.#bytes.byteOffset + at, 8).getFloat64(0, true)
  }

  /** The length-delimited part that follows, without a copy. */
  message(): Reader {
    const length = this.#smallVarint()
    const at = this.#take(length)
    return new Reader(this.#bytes, at, at + length)
  }

  /** A view of the length-delimited bytes that follow: copy before keeping. */
  bytes(): Uint8Array {
    return this.message().rest()
  }

  text(): string {
    const bytes = this.bytes()
    if (bytes.length > 24) return decoder.decode(bytes)
    let text = ''
    for (const byte of bytes) {
      if (byte > 127) return decoder.decode(bytes)
      text += String.fromCharCode(byte)
    }
    return text
  }

  /** A view of everything that has not been read. */
  rest(): Uint8Array {
    const bytes = this.#bytes.subarray(this.#at, this.#end)
    this.#at = this.#end
    return bytes
  }

  #take(length: number): number {
    if (length > this.#end - this.#at) throw endOfInput()
    const at = this.#at
    this.#at += length
    return at
  }

  /** Passes over a field that nobody knows, groups included. */
  skip(wireType: number): void {
    let depth = 0
    let type = wireType
    for (;;) {
      if (type === wire.varint) this.int64()
      else if (type === wire.fixed64) this.#take(8)
      else if (type === wire.bytes) this.message()
      else if (type === wire.fixed32) this.#take(4)
      else if (type === wire.startGroup) depth++
      else if (depth-- === 0) throw new DecodeError('proto: unexpected end of group')
      if (depth === 0) return
      type = this.tag() % 8
    }
  }
}
