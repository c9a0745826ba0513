/**
 * Lists of resources and their amounts: canonical form, and the rules for one amount. An amount that is no quantity at
 * all is the schema's to refuse and is passed over here.
 */
import { mustBeNonNegative } from '../../names/index.ts'
import {
  canonicalQuantity,
  compareQuantities,
  milliValue,
  parseQuantity,
  type Quantity,
  quantity,
} from '../../quantity/index.ts'
import type { FieldErrors } from '../../status/index.ts'
import { isIntegerResource } from './resource-names.ts'

export type ResourceList = Record<string, string>

/** Undefined when absent or no quantity. */
export function readQuantity(amount: unknown): Quantity | undefined {
  if (typeof amount !== 'string' && typeof amount !== 'number') return undefined
  try {
    return quantity(amount)
  } catch {
    return undefined
  }
}

/** As it would be printed. */
export function printQuantity(amount: Quantity | string | number): string {
  if (typeof amount === 'object') return canonicalQuantity(amount)
  const read = readQuantity(amount)
  return read === undefined ? String(amount) : canonicalQuantity(read)
}

/** SetDefaults_ResourceList: amounts are kept in canonical form, and nothing finer than a thousandth. */
export function canonicalizeAmounts(list: ResourceList | null | undefined): void {
  if (!list) return
  for (const name of Object.keys(list)) {
    const amount = readQuantity(list[name])
    if (amount === undefined) continue
    const text = amount.exponent < -3 ? milliRoundedUp(amount) : canonicalQuantity(amount)
    if (list[name] !== text) list[name] = text
  }
}

function milliRoundedUp(amount: Quantity): string {
  const rounded = parseQuantity(`${milliValue(amount)}m`)
  return compareQuantities(rounded, amount) === 0 ? canonicalQuantity(amount) : canonicalQuantity(rounded)
}

function validateNonNegativeAmount(amount: unknown, path: string, errors: FieldErrors): void {
  const read = readQuantity(amount)
  if (read && read.mantissa < 0n) errors.invalid(path, canonicalQuantity(read), mustBeNonNegative)
}

export function validatePositiveAmount(amount: unknown, path: string, errors: FieldErrors): void {
  const read = readQuantity(amount)
  if (read && read.mantissa <= 0n) errors.invalid(path, canonicalQuantity(read), 'must be greater than zero')
}

/** ValidateResourceQuantityValue. */
export function validateResourceAmount(name: string, amount: unknown, path: string, errors: FieldErrors): void {
  validateNonNegativeAmount(amount, path, errors)
  const read = readQuantity(amount)
  if (read && isIntegerResource(name) && milliValue(read) % 1000 !== 0) {
    errors.invalid(path, canonicalQuantity(read), 'must be an integer')
  }
}
