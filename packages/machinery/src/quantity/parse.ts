/**
 * Reads resource.Quantity (k8s.io/apimachinery/pkg/api/resource): sign, digits, fraction and one suffix of three
 * families. The value is exact down to 1n; what is smaller is rounded away from zero, so that a wish is never lost.
 */

export type QuantityFormat = 'DecimalSI' | 'BinarySI' | 'DecimalExponent'

/** `mantissa × 10^exponent`; immutable. */
export interface Quantity {
  readonly mantissa: bigint
  /** -9 or more. */
  readonly exponent: number
  readonly format: QuantityFormat
  /** How it was written, where that is already canonical: printing returns it as it is. */
  readonly text?: string
}

/** What every function here takes: JSON carries quantities as strings, and numbers are accepted. */
export type QuantityLike = Quantity | string | number

const decimalSuffixes: ReadonlyMap<string, number> = new Map([
  ['n', -9],
  ['u', -6],
  ['m', -3],
  ['', 0],
  ['k', 3],
  ['M', 6],
  ['G', 9],
  ['T', 12],
  ['P', 15],
  ['E', 18],
])

const binarySuffixes: ReadonlyMap<string, bigint> = new Map([
  ['Ki', 10n],
  ['Mi', 20n],
  ['Gi', 30n],
  ['Ti', 40n],
  ['Pi', 50n],
  ['Ei', 60n],
])

const nano = -9
const maxInt64 = (1n << 63n) - 1n
/** Not upstream's: a longer text or a larger exponent buys nothing but processor time. */
const maxLength = 1024
const maxExponent = 4096

const wrongFormat = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
const wrongNumber = 'unable to parse numeric part of quantity'
const wrongSuffix = "unable to parse quantity's suffix"

/** Sign, whole part, fraction, suffix. Every part may be empty, as upstream's scanner has it: `-` and `Mi` are zero. */
const pattern = /^([+-]?)([0-9]*)(?:\.([0-9]*))?([eEinumkKMGTP]*[-+]?[0-9]*)$/

/** Parses or throws a SyntaxError in upstream's words. */
export function parseQuantity(text: string): Quantity {
  if (text.length > maxLength) throw new SyntaxError(wrongNumber)
  const parts = text === '' ? null : pattern.exec(text)
  if (!parts) throw new SyntaxError(wrongFormat)
  const [, sign = '', whole = '', fraction = '', suffix = ''] = parts
  const negative = sign === '-'
  const digits = `${whole.replace(/^0+/, '') || '0'}${fraction}`
  const magnitude = BigInt(digits)

  const bits = binarySuffixes.get(suffix)
  if (bits !== undefined) return parseBinary(text, negative, magnitude, bits, fraction.length, digits)

  const { exponent, format } = decimalSuffix(suffix)
  const scale = exponent - fraction.length
  if (scale < nano) return signed(negative, roundUp(magnitude, scale), nano, format)
  // Upstream prints these as they were written (ParseQuantity's fast path), 18 digits being its limit.
  const canonical = digits.length <= 18 && scale % 3 === 0 && !digits.endsWith('000') && !digits.startsWith('0')
  return signed(negative, magnitude, scale, format, canonical ? text : undefined)
}

function parseBinary(
  text: string,
  negative: boolean,
  digitsValue: bigint,
  bits: bigint,
  fractionDigits: number,
  digits: string,
): Quantity {
  const scaled = digitsValue << bits
  if (fractionDigits === 0) {
    const canonical = digitsValue % 8n !== 0n && digits.length + Math.trunc((Number(bits) * 3) / 10) <= 14
    const capped = scaled > maxInt64 ? maxInt64 : scaled
    return signed(negative, capped, 0, 'BinarySI', canonical ? text : undefined)
  }
  const exponent = Math.max(-fractionDigits, nano)
  const mantissa = -fractionDigits < nano ? roundUp(scaled, -fractionDigits) : scaled
  const one = 10n ** BigInt(-exponent)
  if (mantissa > maxInt64 * one) return signed(negative, maxInt64, 0, 'BinarySI')
  return signed(negative, mantissa, exponent, mantissa > 0n && mantissa < one ? 'DecimalSI' : 'BinarySI')
}

function decimalSuffix(suffix: string): { exponent: number; format: QuantityFormat } {
  const known = decimalSuffixes.get(suffix)
  if (known !== undefined) return { exponent: known, format: 'DecimalSI' }
  if (!/^[eE][-+]?[0-9]+$/.test(suffix)) throw new SyntaxError(wrongSuffix)
  const exponent = Number(suffix.slice(1))
  if (exponent > maxExponent) throw new SyntaxError(wrongSuffix)
  return { exponent: Math.max(exponent, -maxExponent), format: 'DecimalExponent' }
}

/** `magnitude × 10^scale` in billionths, rounded up; `scale` is below -9. */
function roundUp(magnitude: bigint, scale: number): bigint {
  const divisor = 10n ** BigInt(nano - scale)
  return (magnitude + divisor - 1n) / divisor
}

function signed(
  negative: boolean,
  magnitude: bigint,
  exponent: number,
  format: QuantityFormat,
  text?: string,
): Quantity {
  const mantissa = negative ? -magnitude : magnitude
  return text === undefined ? { mantissa, exponent, format } : { mantissa, exponent, format, text }
}

/** A quantity of a string (parsed), a number (its decimal digits) or a quantity (itself). */
export function quantity(of: QuantityLike): Quantity {
  if (typeof of === 'object') return of
  return parseQuantity(typeof of === 'number' ? String(of) : of.trim())
}
