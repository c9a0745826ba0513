/**
 * Turns a decoded body into the object that Go would have after reading it: types checked, unknown fields and nulls
 * dropped, quantities and times canonical, zero values left out where omitempty says so, fields in struct order and map
 * keys sorted, so that JSON.stringify prints it as upstream does. The input is not changed; what the schema does not look into
 * (RawExtension and the like) is shared with it. On the path of every write: a closure is compiled once per schema, and words are
 * made only when something is wrong (explain.ts).
 */
import { DecodeError, maxDepth, tooDeep } from './decode-error.ts'
import { explain } from './explain.ts'
import { scalarOf, TypeFault } from './scalar.ts'
import type { Property, Schema } from './schema.ts'

export interface ConformOptions {
  /** `collect` names unknown fields; `drop`, the default, is for readers who do not ask. */
  readonly unknown?: 'drop' | 'collect'
}

export interface Conformed<T> {
  readonly object: T
  /** In the order of the body: `unknown field "spec.foo"`. At most 100, as upstream. */
  readonly unknown: readonly string[]
}

/** Throws DecodeError with the first fault of the body in upstream's words. */
export function conform<T>(body: unknown, schema: Schema, options: ConformOptions = {}): Conformed<T> {
  const state: State = { unknown: false, depth: 0 }
  let object: unknown
  try {
    object = compiled(schema)(body, state)
  } catch (error) {
    if (!(error instanceof TypeFault) && !(error instanceof DecodeError)) throw error
    throw explain(body, schema).fault ?? new DecodeError(error.message, { cause: error })
  }
  const unknown = state.unknown && options.unknown === 'collect' ? explain(body, schema).unknown : none
  return { object: object as T, unknown }
}

const none: readonly string[] = []

interface State {
  unknown: boolean
  depth: number
}

type Convert = (value: unknown, state: State) => unknown

const cache = new WeakMap<Schema, Convert>()

function compiled(schema: Schema): Convert {
  let convert = cache.get(schema)
  if (convert === undefined) {
    convert = compile(schema)
    cache.set(schema, convert)
  }
  return convert
}

/** Compiles at the first call: definitions may contain themselves. */
function lazily(schema: Schema): Convert {
  let convert: Convert | undefined
  return (value, state) => {
    convert ??= compiled(schema)
    return convert(value, state)
  }
}

function compile(schema: Schema): Convert {
  const scalar = scalarOf(schema)
  if (scalar !== undefined) return scalar
  switch (schema.format) {
    case 'schema-or-array':
      return compileUnion(schema, value => Array.isArray(value), { type: 'array', items: schema.items! })
    case 'schema-or-bool':
      return compileUnion(schema, value => typeof value === 'boolean', { type: 'boolean' })
    case 'schema-or-strings':
      return compileUnion(schema, value => Array.isArray(value), { type: 'array', items: { type: 'string' } })
  }
  if (schema.type === 'array') return schema.items === undefined ? keep : compileArray(schema.items)
  if (schema.type === 'any') return keep
  if (schema.values !== undefined) return compileMap(schema.values)
  if (schema.properties === undefined) return schema.preserveUnknown ? keepObject : compileStruct(schema, new Map())
  return compileStruct(schema, schema.properties)
}

function compileUnion(schema: Schema, isOther: (value: unknown) => boolean, other: Schema): Convert {
  const first = lazily(schema.items!)
  const second = lazily(other)
  return (value, state) => (isOther(value) ? second : first)(value, state)
}

/** True where reading an absent field would find something of Object.prototype. */
const shadows = (name: string): boolean => name in Object.prototype

function compileStruct(schema: Schema, properties: ReadonlyMap<string, Property>): Convert {
  const names = [...properties.keys()]
  const converts = [...properties.values()].map(property => lazily(property.schema))
  const omits = [...properties.values()].map(omitsZero)
  const count = names.length
  const careful = names.some(shadows)
  const preserves = schema.preserveUnknown === true
  return (value, state) => {
    const input = asObject(value)
    if (++state.depth > maxDepth) throw tooDeep()
    const output: Record<string, unknown> = {}
    let found = 0
    for (let i = 0; i < count; i++) {
      const name = names[i]!
      const field = careful && !Object.hasOwn(input, name) ? undefined : input[name]
      if (field === undefined) continue
      found++
      if (field === null) continue
      const converted = converts[i]!(field, state)
      if (!(omits[i]! && isZero(converted))) set(output, name, converted)
    }
    if (found !== countKeys(input)) {
      if (preserves) keepUnknown(input, output, properties, state)
      else state.unknown = true
    }
    state.depth--
    return output
  }
}

function keepUnknown(
  input: Record<string, unknown>,
  output: Record<string, unknown>,
  properties: ReadonlyMap<string, Property>,
  state: State,
): void {
  for (const key of Object.keys(input)) {
    if (!properties.has(key)) set(output, key, keep(input[key], state))
  }
}

function countKeys(input: Record<string, unknown>): number {
  let count = 0
  for (const _ in input) count++
  return count
}

/** Structs of Go are never empty to omitempty; strings, numbers, booleans, slices and maps are. */
function omitsZero(property: Property): boolean {
  if (property.omitEmpty !== true || property.pointer === true) return false
  const { type, format, values } = property.schema
  if (type === 'object') return values !== undefined
  return type !== 'any' && type !== 'int-or-string' && !selfEncoding.has(format ?? '')
}

const selfEncoding: ReadonlySet<string> = new Set(['quantity', 'date-time', 'micro-time', 'duration'])

function isZero(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) {
    if (Array.isArray(value)) return value.length === 0
    for (const _ in value) return false
    return true
  }
  return value === '' || value === 0 || value === false
}

function compileArray(items: Schema): Convert {
  const convert = lazily(items)
  const zero = zeroOf(items)
  return (value, state) => {
    if (!Array.isArray(value)) throw new TypeFault(value)
    if (++state.depth > maxDepth) throw tooDeep()
    const input: readonly unknown[] = value
    const output = new Array<unknown>(input.length)
    for (let i = 0; i < input.length; i++) output[i] = input[i] === null ? zero() : convert(input[i], state)
    state.depth--
    return output
  }
}

function compileMap(values: Schema): Convert {
  const convert = lazily(values)
  const zero = zeroOf(values)
  return (value, state) => {
    const input = asObject(value)
    if (++state.depth > maxDepth) throw tooDeep()
    const output: Record<string, unknown> = {}
    for (const key of sortedKeys(input)) {
      const item = input[key]
      set(output, key, item === null ? zero() : convert(item, state))
    }
    state.depth--
    return output
  }
}

/** What null is to Go inside a slice or a map: the zero value of the element. */
function zeroOf(schema: Schema): () => unknown {
  switch (schema.type) {
    case 'string':
      return () =>
        schema.format === 'quantity' ? '0' : schema.format === undefined || schema.format === 'byte' ? '' : null
    case 'integer':
    case 'number':
    case 'int-or-string':
      return () => 0
    case 'boolean':
      return () => false
    case 'array':
      return () => []
    case 'object':
      return () => ({})
    case 'any':
      return () => null
  }
}

export function sortedKeys(input: Record<string, unknown>): string[] {
  const keys = Object.keys(input)
  for (let i = 1; i < keys.length; i++) {
    if (keys[i - 1]! > keys[i]!) return keys.sort()
  }
  return keys
}

/** Assignment that cannot reach a prototype. */
export function set(output: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__')
    Object.defineProperty(output, key, { value, enumerable: true, writable: true, configurable: true })
  else output[key] = value
}

function asObject(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new TypeFault(value)
  return value as Record<string, unknown>
}

const keepObject: Convert = (value, state) => keep(asObject(value), state)

/** Kept as it is, once it is known to be no deeper than may be walked. */
const keep: Convert = (value, state) => {
  if (exceeds(value, maxDepth - state.depth)) throw tooDeep()
  return value
}

function exceeds(value: unknown, left: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (left <= 0) return true
  if (Array.isArray(value)) return value.some(item => exceeds(item, left - 1))
  const object = value as Record<string, unknown>
  for (const key in object) if (exceeds(object[key], left - 1)) return true
  return false
}
