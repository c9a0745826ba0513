/**
 * Prints quantities in the canonical form of resource.Quantity: no fraction, the largest suffix that needs none, the
 * family it was written in. An amount that a binary suffix cannot carry exactly is printed as a decimal one.
 */
import { type Quantity, type QuantityLike, quantity } from './parse.ts'

const decimal: Readonly<Record<number, string>> = {
  [-9]: 'n',
  [-6]: 'u',
  [-3]: 'm',
  0: '',
  3: 'k',
  6: 'M',
  9: 'G',
  12: 'T',
  15: 'P',
  18: 'E',
}
const binary = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'] as const

/** As Go's Quantity.String: `1500m`, `1Gi`, `1e3`, `0`. */
export function formatQuantity(of: Quantity): string {
  if (of.text !== undefined) return of.text
  if (of.mantissa === 0n) return '0'
  if (of.format === 'BinarySI') {
    const whole = wholeNumber(of)
    if (whole !== undefined && (whole >= 1024n || whole <= -1024n)) return formatBinary(whole)
  }
  return formatDecimal(of)
}

/** Parses and prints: the form in which a server returns what it was sent. */
export function canonicalQuantity(of: QuantityLike): string {
  return formatQuantity(quantity(of))
}

function formatBinary(whole: bigint): string {
  let amount = whole
  let step = 0
  while (step < binary.length - 1 && amount % 1024n === 0n) {
    amount /= 1024n
    step++
  }
  return `${amount}${binary[step]}`
}

function formatDecimal(of: Quantity): string {
  let { mantissa, exponent } = of
  while (mantissa % 10n === 0n) {
    mantissa /= 10n
    exponent++
  }
  const limit = of.format === 'DecimalExponent' ? exponent : Math.min(exponent, 18)
  const target = Math.floor(limit / 3) * 3
  mantissa *= 10n ** BigInt(exponent - target)
  if (of.format !== 'DecimalExponent') return `${mantissa}${decimal[target]}`
  return target === 0 ? `${mantissa}` : `${mantissa}e${target}`
}

/** Undefined where there is a fraction. */
function wholeNumber(of: Quantity): bigint | undefined {
  if (of.exponent >= 0) return of.mantissa * 10n ** BigInt(of.exponent)
  const one = 10n ** BigInt(-of.exponent)
  return of.mantissa % one === 0n ? of.mantissa / one : undefined
}
