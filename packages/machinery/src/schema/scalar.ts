/**
 * Checks and canonicalises single values as the UnmarshalJSON and MarshalJSON of Go's types do: a quantity is printed
 * canonically, a time in UTC. A value of the wrong JSON type throws a TypeFault (the walker knows the field), a value
 * that its own type refuses a DecodeError in that type's words.
 */
import { canonicalQuantity } from '../quantity/index.ts'
import { checkBase64 } from './base64.ts'
import { DecodeError, jsonKind } from './decode-error.ts'
import type { Schema } from './schema.ts'
import { canonicalDuration, canonicalMicroTime, canonicalTime } from './time.ts'

/** The JSON type or range is not that of the field: `what` is encoding/json's Value. */
export class TypeFault extends Error {
  readonly what: string
  /** Set where the type itself decodes and so hides the field. */
  readonly goType: string | undefined

  constructor(value: unknown, goType?: string) {
    super('value does not fit')
    this.what = typeof value === 'number' && goType !== 'string' ? `number ${value}` : jsonKind(value)
    this.goType = goType
  }
}

export type Scalar = (value: unknown) => unknown

const int32 = (value: unknown): number => {
  if (typeof value !== 'number') throw new TypeFault(value)
  if ((value | 0) !== value) throw new TypeFault(value)
  return value | 0
}

const int64 = (value: unknown): number => {
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw new TypeFault(value)
  return value + 0
}

const float = (value: unknown): number => {
  if (typeof value !== 'number') throw new TypeFault(value)
  return value
}

const boolean = (value: unknown): boolean => {
  if (typeof value !== 'boolean') throw new TypeFault(value)
  return value
}

const string = (value: unknown): string => {
  if (typeof value !== 'string') throw new TypeFault(value, typeof value === 'number' ? 'string' : undefined)
  return value
}

/** The string of a type that unmarshals itself: a fault names the Go value, not the field. */
const ownString = (value: unknown): string => {
  if (typeof value === 'string') return value
  throw new DecodeError(`json: cannot unmarshal ${jsonKind(value)} into Go value of type string`)
}

const intOrString = (value: unknown): number | string => {
  if (typeof value === 'string') return value
  if (typeof value === 'number' && (value | 0) === value) return value | 0
  const what = typeof value === 'number' ? `number ${value}` : jsonKind(value)
  throw new DecodeError(`json: cannot unmarshal ${what} into Go value of type int32`)
}

const quantities = new Map<string, string>()
const maxQuantities = 4096

/** Canonical texts are few and return often, so the last ones are remembered; the memory is emptied when full. */
const quantity = (value: unknown): string => {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  const known = quantities.get(text)
  if (known !== undefined) return known
  let canonical: string
  try {
    canonical = canonicalQuantity(text)
  } catch (error) {
    if (error instanceof SyntaxError) throw new DecodeError(error.message, { cause: error })
    throw error
  }
  if (quantities.size >= maxQuantities) quantities.clear()
  if (text.length <= 32) quantities.set(text, canonical)
  return canonical
}

const formats: Readonly<Record<string, Scalar>> = {
  byte: value => (typeof value === 'string' ? checkBase64(value) : string(value)),
  'date-time': value => canonicalTime(ownString(value)),
  'micro-time': value => canonicalMicroTime(ownString(value)),
  duration: value => canonicalDuration(ownString(value)),
  quantity,
}

/** The checker of a node that is neither object nor array; undefined for those and for `any`. */
export function scalarOf(schema: Schema): Scalar | undefined {
  switch (schema.type) {
    case 'string':
      return formats[schema.format ?? ''] ?? string
    case 'integer':
      return schema.format === 'int32' ? int32 : int64
    case 'number':
      return float
    case 'boolean':
      return boolean
    case 'int-or-string':
      return intOrString
    default:
      return undefined
  }
}
