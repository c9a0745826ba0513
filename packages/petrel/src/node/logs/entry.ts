/**
 * One entry of a container's log in CRI's format: `<time> <stream> <tags> <content>`, tags separated by colons, the
 * first of them F (the line ends here) or P (the next entry of this stream goes on). Upstream's reader is
 * k8s.io/cri-client/pkg/logs.
 */
export interface LogEntry {
  /** As `sortableTime` gives it, so that times compare as strings. */
  readonly time: string
  readonly stream: 'stdout' | 'stderr'
  readonly partial: boolean
  /** Without the newline. Shares the memory of the line. */
  readonly content: Buffer
}

const space = 0x20
const colon = 0x3a

/** Undefined for what is no entry: such lines are left out, as upstream does. */
export function parseEntry(line: Buffer): LogEntry | undefined {
  const timeEnd = line.indexOf(space)
  if (timeEnd < 0) return undefined
  const streamEnd = line.indexOf(space, timeEnd + 1)
  if (streamEnd < 0) return undefined
  const stream = line.toString('latin1', timeEnd + 1, streamEnd)
  if (stream !== 'stdout' && stream !== 'stderr') return undefined
  const tagsEnd = line.indexOf(space, streamEnd + 1)
  const tags = line.subarray(streamEnd + 1, tagsEnd < 0 ? line.length : tagsEnd)
  if (tags.length === 0 || (tags.length > 1 && tags[1] !== colon)) return undefined
  const partial = tags[0] === 0x50
  if (!partial && tags[0] !== 0x46) return undefined
  const time = sortableTime(line.toString('latin1', 0, timeEnd))
  if (time === undefined) return undefined
  return { time, stream, partial, content: line.subarray(tagsEnd < 0 ? line.length : tagsEnd + 1) }
}

const rfc3339 = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?(Z|[+-]\d{2}:\d{2})$/

/** RFC 3339 in UTC with nine digits; undefined when it is no time. */
export function sortableTime(text: string): string | undefined {
  if (text.length === 30 && text.endsWith('Z') && text[19] === '.') return text
  const parts = rfc3339.exec(text)
  if (!parts) return undefined
  const [, seconds = '', fraction = '', zone = ''] = parts
  const ms = Date.parse(`${seconds}${zone}`)
  if (Number.isNaN(ms)) return undefined
  return `${new Date(ms).toISOString().slice(0, 19)}.${fraction.padEnd(9, '0')}Z`
}
