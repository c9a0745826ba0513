/**
 * Whether a text is a cron schedule, in the words of github.com/robfig/cron/v3 as the API uses it: five fields, or one
 * of the `@` names. Only the grammar: when it fires next is the controller's business.
 */
import { dayNames, monthNames } from './cron-names.ts'

interface Bounds {
  readonly min: number
  readonly max: number
  readonly names?: readonly string[]
}

const fields: readonly Bounds[] = [
  { min: 0, max: 59 },
  { min: 0, max: 23 },
  { min: 1, max: 31 },
  { min: 1, max: 12, names: monthNames },
  { min: 0, max: 6, names: dayNames },
]

const descriptors = new Set(['@yearly', '@annually', '@monthly', '@weekly', '@daily', '@midnight', '@hourly'])

/** What is wrong with it; undefined when nothing is. */
export function cronScheduleFault(text: string): string | undefined {
  if (text === '') return 'empty spec string'
  const zone = /^(?:CRON_)?TZ=(\S*)\s*/.exec(text)
  const schedule = (zone ? text.slice(zone[0].length) : text).trim()
  if (schedule.startsWith('@')) return descriptorFault(schedule)
  const parts = schedule.split(/\s+/).filter(part => part !== '')
  if (parts.length !== 5) return `expected exactly 5 fields, found ${parts.length}: [${parts.join(' ')}]`
  for (const [i, bounds] of fields.entries()) {
    for (const range of (parts[i] ?? '').split(',')) {
      const fault = range === '' ? undefined : rangeFault(range, bounds)
      if (fault !== undefined) return fault
    }
  }
  return undefined
}

function descriptorFault(text: string): string | undefined {
  if (descriptors.has(text)) return undefined
  const every = '@every '
  if (!text.startsWith(every)) return `unrecognized descriptor: ${text}`
  const span = text.slice(every.length)
  return /^[-+]?(?:[0-9]*\.?[0-9]+(?:ns|us|µs|ms|s|m|h))+$/.test(span)
    ? undefined
    : `failed to parse duration ${text}: time: invalid duration ${JSON.stringify(span)}`
}

function rangeFault(range: string, bounds: Bounds): string | undefined {
  const [span = '', stepText, ...more] = range.split('/')
  const ends = span.split('-')
  const [first = '', last] = ends
  const isStar = first === '*' || first === '?'
  if (!isStar && ends.length > 2) return `too many hyphens: ${range}`
  const start = isStar ? bounds.min : number(first, bounds.names)
  if (typeof start === 'string') return start
  let end = isStar ? bounds.max : last === undefined ? start : number(last, bounds.names)
  if (typeof end === 'string') return end
  if (more.length > 0) return `too many slashes: ${range}`
  const step = stepText === undefined ? 1 : number(stepText, undefined)
  if (typeof step === 'string') return step
  if (stepText !== undefined && ends.length === 1) end = bounds.max

  if (start < bounds.min) return `beginning of range (${start}) below minimum (${bounds.min}): ${range}`
  if (end > bounds.max) return `end of range (${end}) above maximum (${bounds.max}): ${range}`
  if (start > end) return `beginning of range (${start}) beyond end of range (${end}): ${range}`
  return step === 0 ? `step of range should be a positive number: ${range}` : undefined
}

/** The number, or what is wrong with it. Names count from the lower bound of their field. */
function number(text: string, names: readonly string[] | undefined): number | string {
  const at = names?.indexOf(text.toLowerCase()) ?? -1
  if (at >= 0) return names === monthNames ? at + 1 : at
  if (/^[+]?[0-9]{1,15}$/.test(text)) return Number(text)
  if (/^-[0-9]{1,15}$/.test(text)) return `negative number (${Number(text)}) not allowed: ${text}`
  return `failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`
}
