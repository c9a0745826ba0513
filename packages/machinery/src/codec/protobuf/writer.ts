/**
 * Writes protobuf from the end to the start, as gogo's generated code does: when a message is complete its length is known
 * and nothing has to be measured first. Callers therefore write fields in falling order.
 */
const encoder = new TextEncoder()
const pageBytes = 1 << 10

export class Writer {
  #bytes = new Uint8Array(pageBytes)
  #start = pageBytes

  /** Bytes written so far; the difference of two positions is the length of what lies between them. */
  get length(): number {
    return this.#bytes.length - this.#start
  }

  /** A copy of what was written. */
  finish(): Uint8Array {
    return this.#bytes.slice(this.#start)
  }

  /** Room for `count` bytes; may move the buffer, so take its result before touching `#bytes`. */
  #reserve(count: number): number {
    if (count > this.#start) {
      const used = this.length
      const grown = new Uint8Array(Math.max(this.#bytes.length * 2, used + count + pageBytes))
      grown.set(this.#bytes.subarray(this.#start), grown.length - used)
      this.#bytes = grown
      this.#start = grown.length - used
    }
    this.#start -= count
    return this.#start
  }

  raw(bytes: Uint8Array): void {
    const at = this.#reserve(bytes.length)
    this.#bytes.set(bytes, at)
  }

  /** UTF-8 without length. */
  text(text: string): void {
    if (text.length > 64) {
      this.raw(encoder.encode(text))
      return
    }
    const at = this.#reserve(text.length)
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i)
      if (code > 127) {
        this.#start += text.length
        this.raw(encoder.encode(text))
        return
      }
      this.#bytes[at + i] = code
    }
  }

  /** A safe integer; negative ones take ten bytes, as int32 and int64 do. */
  varint(value: number): void {
    if (value >= 0 && value < 128) {
      const at = this.#reserve(1)
      this.#bytes[at] = value
      return
    }
    if (value < 0) {
      this.#bigVarint(BigInt.asUintN(64, BigInt(value)))
      return
    }
    let size = 1
    for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128)) size++
    let at = this.#reserve(size)
    let rest = value
    while (rest >= 128) {
      this.#bytes[at++] = (rest % 128) | 0x80
      rest = Math.floor(rest / 128)
    }
    this.#bytes[at] = rest
  }

  bigVarint(value: bigint): void {
    this.#bigVarint(BigInt.asUintN(64, value))
  }

  #bigVarint(value: bigint): void {
    const bytes: number[] = []
    let rest = value
    for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 0x80)
    bytes.push(Number(rest))
    this.raw(Uint8Array.from(bytes))
  }

  double(value: number): void {
    const bytes = new Uint8Array(8)
    new DataView(bytes.buffer).setFloat64(0, value, true)
    this.raw(bytes)
  }

  tag(field: number, wireType: number): void {
    this.varint(field * 8 + wireType)
  }

  /** Length and tag before what has been written since `end` was taken from `length`. */
  prefix(field: number, end: number): void {
    this.varint(this.length - end)
    this.tag(field, 2)
  }
}
