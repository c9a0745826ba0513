/** Go's base64.StdEncoding: padding is required, line breaks are passed over, a fault names the byte it is at. */
import { DecodeError } from './decode-error.ts'

const clean = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

/** The text without line breaks, or a DecodeError in the words of base64.CorruptInputError. */
export function checkBase64(text: string): string {
  const bare = text.includes('\n') || text.includes('\r') ? text.replaceAll(/[\r\n]/g, '') : text
  if (clean.test(bare)) return bare
  throw new DecodeError(`illegal base64 data at input byte ${faultOffset(text)}`)
}

function faultOffset(text: string): number {
  const bad = text.search(/[^A-Za-z0-9+/\r\n]/)
  if (bad >= 0 && text[bad] !== '=') return bad
  const digits = (bad < 0 ? text : text.slice(0, bad)).replaceAll(/[\r\n]/g, '').length
  if (bad < 0) return text.length - (digits % 4)
  const padding = /^=+/.exec(text.slice(bad))![0].length
  if (digits % 4 < 2) return bad
  const wanted = 4 - (digits % 4)
  return padding < wanted ? text.length : bad + wanted
}
