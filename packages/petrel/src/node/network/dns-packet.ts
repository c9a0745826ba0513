/**
 * DNS messages (RFC 1035 §4, EDNS0 RFC 6891): as much as a name server for a cluster needs. Names are lower case and
 * without the final dot; the root is ''. Everything that arrives is hostile: lengths and pointers are checked.
 */
export const recordTypes = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  OPT: 41,
  ANY: 255,
} as const
export const responseCodes = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5 } as const

export interface Query {
  readonly id: number
  readonly opcode: number
  readonly recursionDesired: boolean
  readonly name: string
  /** As it was asked, for the answer's question section (some resolvers vary the case on purpose). */
  readonly question: Buffer
  readonly type: number
  readonly class: number
  /** What the client takes by UDP; undefined without EDNS. */
  readonly ednsBytes: number | undefined
}

export interface Answer {
  readonly name: string
  readonly type: number
  readonly ttl: number
  readonly data: Buffer
}

export interface Response {
  readonly code: number
  readonly authoritative: boolean
  readonly answers: readonly Answer[]
  readonly authority: readonly Answer[]
  readonly additional: readonly Answer[]
}

/** Throws RangeError for anything that is not one plain question. */
export function decodeQuery(message: Buffer): Query {
  if (message.length < 12) throw new RangeError('shorter than a header')
  const flags = message.readUInt16BE(2)
  if ((flags & 0x8000) !== 0) throw new RangeError('not a query')
  if (message.readUInt16BE(4) !== 1) throw new RangeError('not exactly one question')
  const { name, end } = decodeName(message, 12)
  if (end + 4 > message.length) throw new RangeError('the question is cut off')
  let offset = end + 4
  let ednsBytes: number | undefined
  const others = message.readUInt16BE(6) + message.readUInt16BE(8) + message.readUInt16BE(10)
  for (let i = 0; i < others; i++) {
    const record = decodeName(message, offset).end
    if (record + 10 > message.length) throw new RangeError('a record is cut off')
    if (message.readUInt16BE(record) === recordTypes.OPT) ednsBytes = Math.max(512, message.readUInt16BE(record + 2))
    offset = record + 10 + message.readUInt16BE(record + 8)
  }
  return {
    id: message.readUInt16BE(0),
    opcode: (flags >> 11) & 15,
    recursionDesired: (flags & 0x0100) !== 0,
    name: name.toLowerCase(),
    question: message.subarray(12, end + 4),
    type: message.readUInt16BE(end),
    class: message.readUInt16BE(end + 2),
    ednsBytes,
  }
}

/** A question of our own, for a resolver; asks for 1232 bytes (DNS flag day 2020). */
export function encodeQuery(id: number, name: string, type: number): Buffer {
  const header = Buffer.alloc(12)
  header.writeUInt16BE(id, 0)
  header.writeUInt16BE(0x0100, 2)
  header.writeUInt16BE(1, 4)
  header.writeUInt16BE(1, 10)
  return Buffer.concat([
    header,
    encodeName(name),
    uint16(type, 1),
    Buffer.from([0]),
    uint16(recordTypes.OPT, 1232),
    Buffer.alloc(6),
  ])
}

/** The answer to `query`; when it is longer than `limitBytes` the records are left out and TC is set (RFC 2181 §9). */
export function encodeResponse(query: Query, response: Response, limitBytes: number): Buffer {
  const edns =
    query.ednsBytes === undefined
      ? []
      : [Buffer.concat([Buffer.from([0]), uint16(recordTypes.OPT, 1232), Buffer.alloc(6)])]
  const sections = [response.answers, response.authority, response.additional]
  const whole = build(query, response, sections, edns, false)
  if (whole.length <= limitBytes) return whole
  const lean = build(query, response, [response.answers, response.authority, []], edns, false)
  return lean.length <= limitBytes ? lean : build(query, response, [[], [], []], edns, true)
}

function build(
  query: Query,
  response: Response,
  sections: readonly (readonly Answer[])[],
  edns: readonly Buffer[],
  truncated: boolean,
): Buffer {
  const header = Buffer.alloc(12)
  header.writeUInt16BE(query.id, 0)
  const flags =
    0x8000 |
    (query.opcode << 11) |
    (response.authoritative ? 0x0400 : 0) |
    (truncated ? 0x0200 : 0) |
    (query.recursionDesired ? 0x0100 : 0)
  header.writeUInt16BE(flags | 0x0080 | response.code, 2)
  header.writeUInt16BE(1, 4)
  for (const [i, section] of sections.entries())
    header.writeUInt16BE(section.length + (i === 2 ? edns.length : 0), 6 + 2 * i)
  const asked = decodeName(query.question, 0).name.toLowerCase()
  const records = sections.flat().map(record => {
    // Almost every record is about the name that was asked for, which stands at offset 12.
    const name = record.name === asked ? Buffer.from([0xc0, 12]) : encodeName(record.name)
    const fixed = Buffer.alloc(10)
    fixed.writeUInt16BE(record.type, 0)
    fixed.writeUInt16BE(1, 2)
    fixed.writeUInt32BE(record.ttl, 4)
    fixed.writeUInt16BE(record.data.length, 8)
    return Buffer.concat([name, fixed, record.data])
  })
  return Buffer.concat([header, query.question, ...records, ...edns])
}

export interface DecodedResponse {
  readonly id: number
  readonly code: number
  readonly truncated: boolean
  readonly answers: readonly Answer[]
}

/** The answers of a resolver; names inside their data are written out, so that the data can be used elsewhere. */
export function decodeResponse(message: Buffer): DecodedResponse {
  if (message.length < 12) throw new RangeError('shorter than a header')
  const flags = message.readUInt16BE(2)
  let offset = 12
  for (let i = 0; i < message.readUInt16BE(4); i++) offset = decodeName(message, offset).end + 4
  const answers: Answer[] = []
  for (let i = 0; i < message.readUInt16BE(6); i++) {
    const { name, end } = decodeName(message, offset)
    if (end + 10 > message.length) throw new RangeError('a record is cut off')
    const type = message.readUInt16BE(end)
    const length = message.readUInt16BE(end + 8)
    const start = end + 10
    if (start + length > message.length) throw new RangeError('a record is cut off')
    const named = type === recordTypes.CNAME || type === recordTypes.PTR || type === recordTypes.NS
    const data = named
      ? encodeName(decodeName(message, start).name)
      : Buffer.from(message.subarray(start, start + length))
    answers.push({ name: name.toLowerCase(), type, ttl: message.readUInt32BE(end + 4), data })
    offset = start + length
  }
  return { id: message.readUInt16BE(0), code: flags & 15, truncated: (flags & 0x0200) !== 0, answers }
}

/** Throws RangeError for names that DNS cannot carry. */
export function encodeName(name: string): Buffer {
  if (name === '') return Buffer.from([0])
  const parts: Buffer[] = []
  for (const label of name.split('.')) {
    const bytes = Buffer.from(label, 'latin1')
    if (bytes.length === 0 || bytes.length > 63)
      throw new RangeError(`name ${JSON.stringify(name)} has a label of ${bytes.length} bytes`)
    parts.push(Buffer.from([bytes.length]), bytes)
  }
  const all = Buffer.concat([...parts, Buffer.from([0])])
  if (all.length > 255) throw new RangeError(`name ${JSON.stringify(name)} is longer than 255 bytes`)
  return all
}

export function decodeName(message: Buffer, start: number): { name: string; end: number } {
  const labels: string[] = []
  let offset = start
  let end = -1
  let length = 0
  for (let jumps = 0; ; ) {
    const size = message[offset]
    if (size === undefined) throw new RangeError('a name is cut off')
    if ((size & 0xc0) === 0xc0) {
      if (end < 0) end = offset + 2
      const low = message[offset + 1]
      // A pointer has to lead backwards, and a name cannot need more of them than it has labels.
      const target = ((size & 0x3f) << 8) | (low ?? 0)
      if (low === undefined || target >= offset || ++jumps > 127) throw new RangeError('a name has a bad pointer')
      offset = target
      continue
    }
    if (size > 63) throw new RangeError('a label is too long')
    if (size === 0) break
    length += size + 1
    if (length > 254 || offset + 1 + size > message.length) throw new RangeError('a name is too long or cut off')
    labels.push(message.toString('latin1', offset + 1, offset + 1 + size))
    offset += 1 + size
  }
  return { name: labels.join('.'), end: end < 0 ? offset + 1 : end }
}

export function ipv4Data(ip: string): Buffer {
  return Buffer.from(ip.split('.').map(Number))
}

/** An IPv6 address in any of its spellings. */
export function ipv6Data(ip: string): Buffer {
  const [head = '', tail] = ip.toLowerCase().split('::')
  const words = (text: string): number[] => (text === '' ? [] : text.split(':').map(word => Number.parseInt(word, 16)))
  const before = words(head)
  const after = tail === undefined ? [] : words(tail)
  const all = [...before, ...new Array<number>(Math.max(0, 8 - before.length - after.length)).fill(0), ...after]
  return uint16(...all.slice(0, 8))
}

export function srvData(port: number, target: string): Buffer {
  // RFC 2782: priority, weight, port, target.
  return Buffer.concat([uint16(0, 100, port), encodeName(target)])
}

export function textData(text: string): Buffer {
  const bytes = Buffer.from(text)
  return Buffer.concat([Buffer.from([bytes.length]), bytes])
}

export function uint16(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 2)
  for (const [i, value] of values.entries()) bytes.writeUInt16BE(value & 0xffff, i * 2)
  return bytes
}
