/**
 * Header blocks of SPDY/3 (draft-mbelshe-httpbis-spdy-00 §2.6.10): a count, then names and values with their lengths, all
 * blocks of one direction in one zlib stream. What we send is stored and not compressed: it is a few bytes, and needs
 * no compressor for each connection.
 */
import { constants, createInflate, type Inflate } from 'node:zlib'
import { headerDictionary } from './dictionary.ts'

export type Headers = ReadonlyMap<string, string>

/** Of one block, when it is decompressed. */
const maxBlockBytes = 64 << 10

let dictionary: Buffer | undefined

export class HeaderReader {
  readonly #inflate: Inflate
  #chunks: Buffer[] = []
  #length = 0
  #failed: (error: Error) => void = () => {}

  constructor() {
    dictionary ??= headerDictionary()
    this.#inflate = createInflate({ dictionary, flush: constants.Z_SYNC_FLUSH, finishFlush: constants.Z_SYNC_FLUSH })
    this.#inflate.on('data', (chunk: Buffer) => {
      this.#length += chunk.length
      if (this.#length > maxBlockBytes)
        this.#inflate.destroy(new RangeError(`a header block has more than ${maxBlockBytes} bytes`))
      else this.#chunks.push(chunk)
    })
    this.#inflate.on('error', error => this.#failed(error))
  }

  /** One block at a time, in the order of their frames. Rejects when the block is broken; the connection is lost then. */
  async read(block: Buffer): Promise<Headers> {
    await new Promise<void>((resolve, reject) => {
      this.#failed = reject
      // What came out is handed over in ticks after this callback, so one turn later all of it is there.
      this.#inflate.write(block, () => setImmediate(resolve))
    })
    const bytes = Buffer.concat(this.#chunks)
    this.#chunks = []
    this.#length = 0
    return parse(bytes)
  }

  close(): void {
    this.#failed = () => {}
    this.#inflate.destroy()
  }
}

function parse(bytes: Buffer): Headers {
  const headers = new Map<string, string>()
  let at = 0
  const text = (): string => {
    const length = bytes.readUInt32BE(at)
    at += 4 + length
    if (at > bytes.length) throw new RangeError('a header block ends within a header')
    return bytes.toString('latin1', at - length, at)
  }
  const count = bytes.readUInt32BE(at)
  at += 4
  // Names are in lower case on the wire, values of one name separated by NUL.
  for (let i = 0; i < count; i++) headers.set(text().toLowerCase(), text().replaceAll('\0', ', '))
  return headers
}

export class HeaderWriter {
  #begun = false

  write(headers: Headers): Buffer {
    const parts: Buffer[] = [lengthOf(headers.size)]
    for (const [name, value] of headers) {
      for (const text of [name, value]) parts.push(lengthOf(Buffer.byteLength(text)), Buffer.from(text))
    }
    const data = Buffer.concat(parts)
    // RFC 1951 §3.2.4: a stored block, then an empty one, which makes the reader hand out what it has.
    const stored = Buffer.from([0, data.length & 255, data.length >> 8, ~data.length & 255, (~data.length >> 8) & 255])
    const flush = Buffer.from([0, 0, 0, 0xff, 0xff])
    const begin = this.#begun ? Buffer.alloc(0) : streamHead()
    this.#begun = true
    return Buffer.concat([begin, stored, data, flush])
  }
}

function lengthOf(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

/** RFC 1950 §2.2: deflate, a dictionary is used, and its checksum. */
function streamHead(): Buffer {
  dictionary ??= headerDictionary()
  let [a, b] = [1, 0]
  for (const byte of dictionary) {
    a = (a + byte) % 65521
    b = (b + a) % 65521
  }
  return Buffer.concat([Buffer.from([0x78, 0xbb]), lengthOf(b * 65536 + a)])
}
