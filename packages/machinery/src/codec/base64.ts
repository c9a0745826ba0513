/** Base64 of RFC 4648 §4 to bytes and back, without the platform: machinery runs in browsers and in Node alike. */
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const values = new Uint8Array(128)
for (let i = 0; i < alphabet.length; i++) values[alphabet.charCodeAt(i)] = i

/** Of text that has been checked; padding may be missing. */
export function decodeBase64(text: string): Uint8Array {
  const end = text.endsWith('==') ? text.length - 2 : text.endsWith('=') ? text.length - 1 : text.length
  const bytes = new Uint8Array(Math.floor((end * 3) / 4))
  let at = 0
  let bits = 0
  let held = 0
  for (let i = 0; i < end; i++) {
    held = ((held << 6) | values[text.charCodeAt(i) & 127]!) & 0xffffff
    bits += 6
    if (bits >= 8) {
      bits -= 8
      bytes[at++] = held >> bits
    }
  }
  return bytes
}

export function encodeBase64(bytes: Uint8Array): string {
  let text = ''
  let i = 0
  for (; i + 2 < bytes.length; i += 3) {
    const group = (bytes[i]! << 16) | (bytes[i + 1]! << 8) | bytes[i + 2]!
    text +=
      alphabet[group >> 18]! + alphabet[(group >> 12) & 63]! + alphabet[(group >> 6) & 63]! + alphabet[group & 63]!
  }
  if (i + 1 === bytes.length) {
    const group = bytes[i]! << 16
    text += `${alphabet[group >> 18]}${alphabet[(group >> 12) & 63]}==`
  } else if (i + 2 === bytes.length) {
    const group = (bytes[i]! << 16) | (bytes[i + 1]! << 8)
    text += `${alphabet[group >> 18]}${alphabet[(group >> 12) & 63]}${alphabet[(group >> 6) & 63]}=`
  }
  return text
}
