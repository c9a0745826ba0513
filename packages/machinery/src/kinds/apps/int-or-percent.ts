/** Numbers of pods that may be percentages: maxUnavailable, maxSurge. Rules of pkg/apis/apps/validation. */
import { mustBeNonNegative, percentFaults } from '../../names/index.ts'
import type { FieldErrors } from '../../status/index.ts'

export type IntOrPercent = number | string

export function validateIntOrPercent(value: IntOrPercent | undefined, path: string, errors: FieldErrors): void {
  if (typeof value === 'string') for (const fault of percentFaults(value)) errors.invalid(path, value, fault)
  else if (value !== undefined && value < 0) errors.invalid(path, value, mustBeNonNegative)
}

export function validateAtMost100Percent(value: IntOrPercent | undefined, path: string, errors: FieldErrors): void {
  if (typeof value === 'string' && percentFaults(value).length === 0 && Number.parseInt(value, 10) > 100) {
    errors.invalid(path, value, 'must not be greater than 100%')
  }
}

/** The bare number, per cent or not; 0 for what is neither. */
export function amountOf(value: IntOrPercent | undefined): number {
  if (typeof value === 'number') return value
  return value !== undefined && /^-?[0-9]+%?$/.test(value) ? Number.parseInt(value, 10) : 0
}
