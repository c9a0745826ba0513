/**
 * A watch event on a protobuf stream: four bytes of length (big endian), then WatchEvent without envelope; the object in it has
 * its own envelope (apimachinery/pkg/runtime/serializer/protobuf, LengthDelimitedFramer).
 */
import { Writer } from './writer.ts'

export type WatchType = 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR'

/** `object` is a sealed envelope. */
export function encodeWatchFrame(type: WatchType, object: Uint8Array): Uint8Array {
  const writer = new Writer()
  writer.raw(object)
  writer.prefix(1, 0)
  writer.prefix(2, 0)
  const before = writer.length
  writer.text(type)
  writer.prefix(1, before)
  const length = new Uint8Array(4)
  new DataView(length.buffer).setUint32(0, writer.length)
  writer.raw(length)
  return writer.finish()
}
