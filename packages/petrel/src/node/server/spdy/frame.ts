/**
 * Frames of SPDY/3.1 (draft-mbelshe-httpbis-spdy-00 §2.2, §2.6): eight bytes of head, then the payload. Control frames
 * carry version 3 and a type; data frames the stream they belong to.
 */
export const frameType = {
  synStream: 1,
  synReply: 2,
  rstStream: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  headers: 8,
  windowUpdate: 9,
} as const

/** The flag of a stream's last frame. */
export const flagFin = 0x01

export const resetCode = { protocolError: 1, invalidStream: 2, refusedStream: 3, cancel: 5 } as const

export type FrameHead =
  | { readonly type: 'control'; readonly kind: number; readonly flags: number; readonly length: number }
  | { readonly type: 'data'; readonly streamId: number; readonly flags: number; readonly length: number }

export const headBytes = 8

/** Throws RangeError for a control frame of another version. */
export function readHead(bytes: Buffer, at: number): FrameHead {
  const first = bytes.readUInt32BE(at)
  const flags = bytes[at + 4] as number
  const length = bytes.readUIntBE(at + 5, 3)
  if (first < 0x80000000) return { type: 'data', streamId: first, flags, length }
  const version = (first >>> 16) & 0x7fff
  if (version !== 3) throw new RangeError(`a SPDY frame says version ${version}: it must be 3`)
  return { type: 'control', kind: first & 0xffff, flags, length }
}

export function controlFrame(kind: number, flags: number, payload: Buffer): Buffer {
  const head = Buffer.allocUnsafe(headBytes)
  head.writeUInt32BE((0x80030000 + kind) >>> 0, 0)
  head.writeUInt32BE(((flags << 24) | payload.length) >>> 0, 4)
  return Buffer.concat([head, payload])
}

/** Without the data itself, which follows. */
export function dataHead(streamId: number, flags: number, length: number): Buffer {
  const head = Buffer.allocUnsafe(headBytes)
  head.writeUInt32BE(streamId, 0)
  head.writeUInt32BE(((flags << 24) | length) >>> 0, 4)
  return head
}

export function words(...values: readonly number[]): Buffer {
  const payload = Buffer.allocUnsafe(values.length * 4)
  for (const [i, value] of values.entries()) payload.writeUInt32BE(value >>> 0, i * 4)
  return payload
}
