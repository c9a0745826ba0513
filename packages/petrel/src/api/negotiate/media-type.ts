/** Media types as in RFC 9110 §8.3.1 and §12.5.1: type, parameters, quality. */
export interface MediaType {
  /** Lower case, without parameters: `application/json`. */
  readonly type: string
  readonly parameters: Readonly<Record<string, string>>
  readonly quality: number
}

/** One media type; undefined when it is malformed. */
function parseMediaType(text: string): MediaType | undefined {
  const [head = '', ...rest] = text.split(';')
  const type = head.trim().toLowerCase()
  if (!/^[^\s/;,]+\/[^\s/;,]+$/.test(type) && type !== '*') return undefined
  const parameters: Record<string, string> = {}
  let quality = 1
  for (const part of rest) {
    const at = part.indexOf('=')
    if (at < 0) continue
    const key = part.slice(0, at).trim().toLowerCase()
    const value = part
      .slice(at + 1)
      .trim()
      .replace(/^"(.*)"$/, '$1')
    if (key === 'q') quality = Number.isFinite(Number(value)) ? Number(value) : 0
    else parameters[key] = value
  }
  return { type: type === '*' ? '*/*' : type, parameters, quality }
}

/** The clauses of an Accept header, best quality first, in their own order otherwise; malformed ones are left out. */
export function parseAccept(header: string): MediaType[] {
  return header
    .split(',')
    .map(parseMediaType)
    .filter(type => type !== undefined)
    .filter(type => type.quality > 0)
    .sort((a, b) => b.quality - a.quality)
}
