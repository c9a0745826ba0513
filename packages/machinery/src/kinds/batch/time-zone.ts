/** Names of time zones: validateTimeZone of pkg/apis/batch/validation. The runtime's own table says which exist. */
import type { FieldErrors } from '../../status/index.ts'

export function validateTimeZone(zone: string | undefined, path: string, errors: FieldErrors): void {
  if (zone === undefined) return
  if (zone === '') {
    errors.invalid(path, zone, 'timeZone must be nil or non-empty string')
    return
  }
  if (zone.toLowerCase() === 'local') {
    const rule = 'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones'
    errors.invalid(path, zone, rule)
    return
  }
  if (!isNamed(zone) || !exists(zone)) errors.invalid(path, zone, `unknown time zone ${zone}`)
}

function isNamed(zone: string): boolean {
  return zone.split('/').every(part => /^[A-Za-z._0-9+-]{1,14}$/.test(part) && !/^(?:\.\.?$|-)/.test(part))
}

/** Offsets such as `+01:00` are taken by Intl but are no names. */
function exists(zone: string): boolean {
  if (/^[+-]/.test(zone)) return false
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone })
    return true
  } catch (error) {
    if (error instanceof RangeError) return false
    throw error
  }
}
