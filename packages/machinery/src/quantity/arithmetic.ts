/**
 * Arithmetic on quantities, exact; only leaving for numbers rounds, and always away from zero as Quantity.ScaledValue
 * does, so that a request never shrinks. Numbers beyond 2^53 lose digits like any JavaScript number.
 */
import { type Quantity, type QuantityLike, quantity } from './parse.ts'

/** Negative, zero or positive as `a` is less than, equal to or more than `b`. */
export function compareQuantities(a: QuantityLike, b: QuantityLike): number {
  const [left, right] = aligned(quantity(a), quantity(b))
  return left < right ? -1 : left > right ? 1 : 0
}

/** The sum in the notation of `a`, or of `b` when `a` is zero. */
export function addQuantities(a: QuantityLike, b: QuantityLike): Quantity {
  return combine(quantity(a), quantity(b), 1n)
}

/** The difference in the notation of `a`, or of `b` when `a` is zero. */
export function subQuantities(a: QuantityLike, b: QuantityLike): Quantity {
  return combine(quantity(a), quantity(b), -1n)
}

function combine(a: Quantity, b: Quantity, sign: 1n | -1n): Quantity {
  const [left, right] = aligned(a, b)
  return {
    mantissa: left + sign * right,
    exponent: Math.min(a.exponent, b.exponent),
    format: a.mantissa === 0n ? b.format : a.format,
  }
}

function aligned(a: Quantity, b: Quantity): [bigint, bigint] {
  if (a.exponent === b.exponent) return [a.mantissa, b.mantissa]
  return a.exponent > b.exponent
    ? [a.mantissa * 10n ** BigInt(a.exponent - b.exponent), b.mantissa]
    : [a.mantissa, b.mantissa * 10n ** BigInt(b.exponent - a.exponent)]
}

export function isZero(of: QuantityLike): boolean {
  return quantity(of).mantissa === 0n
}

export function isNegative(of: QuantityLike): boolean {
  return quantity(of).mantissa < 0n
}

/** Whole units, rounded away from zero: bytes, pods, cores. */
export function value(of: QuantityLike): number {
  return scaled(of, 0)
}

/** Thousandths, rounded away from zero: millicores. */
export function milliValue(of: QuantityLike): number {
  return scaled(of, 3)
}

/** The nearest number, fraction included. */
export function toNumber(of: QuantityLike): number {
  const { mantissa, exponent } = quantity(of)
  return Number(`${mantissa}e${exponent}`)
}

const units: Readonly<Record<string, number>> = {
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  Ki: 1024,
  Mi: 1048576,
  Gi: 1073741824,
}

/** Amount times 10^digits, rounded away from zero. */
function scaled(of: QuantityLike, digits: 0 | 3): number {
  return (typeof of === 'string' ? plain(of, digits) : undefined) ?? exact(quantity(of), digits)
}

/** The short, plain strings of almost every manifest, without BigInt; undefined for all else. */
function plain(text: string, digits: 0 | 3): number | undefined {
  let at = 0
  let amount = 0
  for (; at < text.length && at < 6; at++) {
    const digit = text.charCodeAt(at) - 48
    if (digit < 0 || digit > 9) break
    amount = amount * 10 + digit
  }
  if (at === 0) return undefined
  const suffix = text.slice(at)
  if (suffix === 'm') return digits === 3 ? amount : Math.ceil(amount / 1000)
  const unit = units[suffix]
  if (unit === undefined) return undefined
  const whole = amount * unit * (digits === 3 ? 1000 : 1)
  return Number.isSafeInteger(whole) ? whole : undefined
}

function exact({ mantissa, exponent }: Quantity, digits: 0 | 3): number {
  const shift = exponent + digits
  if (shift >= 0) return Number(mantissa * 10n ** BigInt(shift))
  const divisor = 10n ** BigInt(-shift)
  const quotient = mantissa / divisor
  const rest = mantissa % divisor
  return Number(rest === 0n ? quotient : quotient + (rest > 0n ? 1n : -1n))
}
