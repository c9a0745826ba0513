/**
 * The revision inside encoded bytes. A value is encoded before its revision is known, with `"resourceVersion":""` in its
 * metadata; the store splices the digits in when it commits. The first such text in the bytes is the right one: only kind,
 * apiVersion, name, generateName, namespace, selfLink and uid come before it (schema order), all strings, and inside an encoded string
 * every quote follows a backslash.
 */
const needle = new TextEncoder().encode('"resourceVersion":"')
const quote = 0x22

/** Where the digits begin. Throws RangeError when there is no resourceVersion: such bytes were not encoded for a store. */
function digitsStart(bytes: Uint8Array): number {
  const first = needle[0]!
  const last = bytes.length - needle.length
  search: for (let at = bytes.indexOf(first); at >= 0 && at <= last; at = bytes.indexOf(first, at + 1)) {
    for (let i = 1; i < needle.length; i++) if (bytes[at + i] !== needle[i]) continue search
    return at + needle.length
  }
  throw new RangeError('cannot stamp: the encoded object has no metadata.resourceVersion')
}

/** A copy of `bytes` with the empty resourceVersion filled in. Throws RangeError when there is none or it is not empty. */
export function stampResourceVersion(bytes: Uint8Array, revision: number | bigint): Uint8Array {
  const start = digitsStart(bytes)
  if (bytes[start] !== quote) throw new RangeError('cannot stamp: metadata.resourceVersion is not empty')
  const digits = String(revision)
  const stamped = new Uint8Array(bytes.length + digits.length)
  stamped.set(bytes.subarray(0, start))
  for (let i = 0; i < digits.length; i++) stamped[start + i] = digits.charCodeAt(i)
  stamped.set(bytes.subarray(start), start + digits.length)
  return stamped
}

/** The resourceVersion of stamped bytes; `""` when it was never stamped. */
export function readResourceVersion(bytes: Uint8Array): string {
  const start = digitsStart(bytes)
  let text = ''
  for (let at = start; at < bytes.length && bytes[at] !== quote; at++) text += String.fromCharCode(bytes[at]!)
  return text
}
