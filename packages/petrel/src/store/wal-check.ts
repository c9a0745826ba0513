/**
 * Tells a torn write-ahead log from a damaged one, before SQLite reads it. SQLite takes the frames up to the first bad
 * one and drops the rest in silence, which is right for the commit under way at a power loss and wrong for a flipped bit
 * in the middle: commits behind it were acknowledged.
 *
 * With synchronous=FULL a commit's frames are synced before the next frame is written. So a bad frame that is followed by
 * a commit, which in turn is followed by any frame of the same generation, was durable once: that is damage.
 * Format: sqlite.org/fileformat2.html section 4.
 */
import { readFileSync } from 'node:fs'

const headerBytes = 32
const frameHeaderBytes = 24

/** What is wrong with the file at `path`; undefined if it is sound, torn at its end, empty or absent. */
export function walDamage(path: string): string | undefined {
  let wal: Buffer
  try {
    wal = readFileSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  if (wal.length <= headerBytes) return undefined
  const header = wal.subarray(0, headerBytes)
  // A file that grew, but whose data did not come to the disk: nothing in it was ever synced.
  if (header.every(byte => byte === 0)) return undefined
  const littleEndian = (header.readUInt32BE(0) & 1) === 0
  let sum = checksum(header.subarray(0, 24), [0, 0], littleEndian)
  if (header.readUInt32BE(0) >>> 1 !== 0x377f0682 >>> 1 || !isAt(header, 24, sum))
    return 'its header fails its checksum'
  const salt = header.subarray(16, 24)
  const frameBytes = frameHeaderBytes + header.readUInt32BE(8)
  let badFrame: number | undefined
  let commitAfterBad = false
  for (let i = 0, at = headerBytes; at + frameBytes <= wal.length; i++, at += frameBytes) {
    const frame = wal.subarray(at, at + frameBytes)
    const ofThisGeneration = frame.subarray(8, 16).equals(salt)
    if (badFrame === undefined) {
      sum = checksum(frame.subarray(0, 8), sum, littleEndian)
      sum = checksum(frame.subarray(frameHeaderBytes), sum, littleEndian)
      if (ofThisGeneration && isAt(frame, 16, sum)) continue
      badFrame = i
    }
    if (!ofThisGeneration) continue
    if (commitAfterBad) return `frame ${badFrame + 1} fails its checksum and is followed by later commits`
    // The second word is the size of the database after a commit, 0 in other frames.
    commitAfterBad = frame.readUInt32BE(4) !== 0
  }
  return undefined
}

function isAt(bytes: Buffer, offset: number, sum: readonly [number, number]): boolean {
  return bytes.readUInt32BE(offset) === sum[0] && bytes.readUInt32BE(offset + 4) === sum[1]
}

/** The running checksum over words of 32 bits, two at a time. */
function checksum(bytes: Buffer, start: readonly [number, number], littleEndian: boolean): [number, number] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  let [a, b] = start
  for (let at = 0; at < bytes.length; at += 8) {
    a = (a + view.getUint32(at, littleEndian) + b) >>> 0
    b = (b + view.getUint32(at + 4, littleEndian) + a) >>> 0
  }
  return [a, b]
}
