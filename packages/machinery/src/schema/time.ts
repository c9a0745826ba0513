/**
 * metav1.Time, MicroTime and Duration as JSON has them: RFC 3339 in UTC, whole seconds or six digits, and Go's duration
 * text. Faults are those of time.Parse and time.ParseDuration.
 */
import { DecodeError } from './decode-error.ts'

const rfc3339 = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:[.,](\d+))?(Z|[+-]\d\d:\d\d)$/
const plain = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/

/** `2026-01-02T03:04:05Z`: fractions are cut, zones are converted. */
export function canonicalTime(text: string): string {
  const seconds = parse(text, '2006-01-02T15:04:05Z07:00').seconds
  return plain.test(text) ? text : `${isoSeconds(seconds)}Z`
}

/** `2026-01-02T03:04:05.000006Z`; exactly six digits are read. */
export function canonicalMicroTime(text: string): string {
  const layout = '2006-01-02T15:04:05.000000Z07:00'
  const { seconds, fraction } = parse(text, layout)
  if (fraction.length !== 6) {
    const rest = text.slice(19)
    throw new DecodeError(`parsing time ${quote(text)} as ${quote(layout)}: cannot parse ${quote(rest)} as ".000000"`)
  }
  return `${isoSeconds(seconds)}.${fraction}Z`
}

/** Seconds since the epoch and the digits after the point of a canonical time. */
export function splitTime(text: string): { seconds: number; nanos: number } {
  const { seconds, fraction } = parse(text, '2006-01-02T15:04:05Z07:00')
  return { seconds, nanos: Number(fraction.padEnd(9, '0').slice(0, 9)) }
}

/** The canonical text of seconds (and nanoseconds, for a MicroTime); undefined where no year of four digits has them. */
export function joinTime(seconds: number, nanos?: number): string | undefined {
  if (seconds < -62_167_219_200 || seconds > 253_402_300_799) return undefined
  const fraction =
    nanos === undefined
      ? ''
      : `.${String(Math.trunc(nanos / 1000))
          .padStart(6, '0')
          .slice(0, 6)}`
  return `${isoSeconds(seconds)}${fraction}Z`
}

const isoSeconds = (seconds: number): string => new Date(seconds * 1000).toISOString().slice(0, 19)

const quote = (text: string): string => JSON.stringify(text)

function parse(text: string, layout: string): { seconds: number; fraction: string } {
  const match = rfc3339.exec(text)
  if (match === null) throw malformed(text, layout)
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  const range = rangeFault(year, month, day, hour, minute, second)
  if (range !== undefined) throw new DecodeError(`parsing time ${quote(text)}: ${range} out of range`)
  const zone = match[8]!
  const offset = zone === 'Z' ? 0 : (zone[0] === '-' ? -1 : 1) * (Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4)))
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  date.setUTCHours(hour, minute, second)
  const seconds = date.getTime() / 1000 - offset * 60
  if (joinTime(seconds) === undefined) throw new DecodeError(`parsing time ${quote(text)}: year out of range`)
  return { seconds, fraction: match[7] ?? '' }
}

function rangeFault(
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
): string | undefined {
  if (month < 1 || month > 12) return 'month'
  if (hour > 23) return 'hour'
  if (minute > 59) return 'minute'
  if (second > 59) return 'second'
  const days = new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate()
  return day < 1 || day > days ? 'day' : undefined
}

/** The parts of RFC 3339 in the order in which time.Parse takes them: layout element and what it matches. */
const parts: readonly (readonly [string, RegExp])[] = [
  ['2006', /^\d{4}/],
  ['-', /^-/],
  ['01', /^\d\d/],
  ['-', /^-/],
  ['02', /^\d\d/],
  ['T', /^T/],
  ['15', /^\d\d/],
  [':', /^:/],
  ['04', /^\d\d/],
  [':', /^:/],
  ['05', /^\d\d(?:[.,]\d+)?/],
  ['Z07:00', /^(?:Z|[+-]\d\d:\d\d)/],
]

function malformed(text: string, layout: string): DecodeError {
  let rest = text
  for (const [element, pattern] of parts) {
    const match = pattern.exec(rest)
    if (match === null) {
      return new DecodeError(
        `parsing time ${quote(text)} as ${quote(layout)}: cannot parse ${quote(rest)} as ${quote(element)}`,
      )
    }
    rest = rest.slice(match[0].length)
  }
  return new DecodeError(`parsing time ${quote(text)}: extra text: ${quote(rest)}`)
}

const units: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
}

/** Nanoseconds of Go's duration text; DecodeError in the words of time.ParseDuration. */
export function parseDuration(text: string): bigint {
  const match = /^([+-]?)((?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/.exec(text)
  if (text === '0') return 0n
  if (match === null || text.length > 128) throw new DecodeError(`time: invalid duration ${quote(text)}`)
  let total = 0n
  for (const [, whole = '', fraction = '', unit] of match[2]!.matchAll(/(\d*)\.?(\d*)([a-zµμ]+)/g)) {
    const scale = units[unit!]!
    total += BigInt(whole || '0') * scale
    if (fraction !== '') total += (BigInt(fraction) * scale) / 10n ** BigInt(fraction.length)
  }
  if (total >= 1n << 63n) throw new DecodeError(`time: invalid duration ${quote(text)}`)
  return match[1] === '-' ? -total : total
}

/** As time.Duration.String: `1h0m0s`, `1.5s`, `0s`. */
export function formatDuration(nanos: bigint): string {
  if (nanos === 0n) return '0s'
  const sign = nanos < 0n ? '-' : ''
  const size = nanos < 0n ? -nanos : nanos
  const small = (['ns', 'us', 'ms'] as const).find((_, i) => size < [1_000n, 1_000_000n, 1_000_000_000n][i]!)
  if (small !== undefined) return `${sign}${decimal(size, units[small]!)}${small === 'us' ? 'µs' : small}`
  const minutes = size / 60_000_000_000n
  const seconds = `${decimal(size % 60_000_000_000n, 1_000_000_000n)}s`
  if (minutes === 0n) return `${sign}${seconds}`
  return minutes < 60n ? `${sign}${minutes}m${seconds}` : `${sign}${minutes / 60n}h${minutes % 60n}m${seconds}`
}

function decimal(amount: bigint, unit: bigint): string {
  const fraction = String(amount % unit)
    .padStart(String(unit).length - 1, '0')
    .replace(/0+$/, '')
  return fraction === '' || unit === 1n ? String(amount / unit) : `${amount / unit}.${fraction}`
}

export const canonicalDuration = (text: string): string => formatDuration(parseDuration(text))
