/**
 * The slow walk over a body, in the order of the body, that finds the words: its first fault as encoding/json and the types'
 * own decoders put it, and its unknown fields as sigs.k8s.io/json lists them in strict mode. `conform` decides whether there is
 * anything to explain; both use the same checks (scalar.ts).
 */
import { DecodeError, jsonKind, maxDepth, tooDeep } from './decode-error.ts'
import { scalarOf, TypeFault } from './scalar.ts'
import type { Property, Schema } from './schema.ts'

export interface Explanation {
  readonly fault: DecodeError | undefined
  readonly unknown: readonly string[]
}

/** kubernetes_patch.go, saveStrictError. */
const maxUnknown = 100

export function explain(body: unknown, schema: Schema): Explanation {
  const unknown: string[] = []
  try {
    walk(body, schema, { struct: '', fields: [], path: '', goType: undefined, depth: 0 }, unknown)
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    return { fault: error, unknown }
  }
  return { fault: undefined, unknown }
}

interface Place {
  /** The Go struct around, without its package. */
  readonly struct: string
  /** Names of fields from the top, without map keys and indexes. */
  readonly fields: readonly string[]
  /** With them: `spec.containers[0].env`. */
  readonly path: string
  /** Of this place, where its schema does not tell. */
  readonly goType: string | undefined
  readonly depth: number
}

function walk(value: unknown, schema: Schema, place: Place, unknown: string[]): void {
  if (place.depth > maxDepth) throw tooDeep()
  const scalar = scalarOf(schema)
  if (scalar !== undefined) {
    try {
      scalar(value)
    } catch (error) {
      throw error instanceof TypeFault ? fault(error.what, schema, place) : error
    }
    return
  }
  if (schema.type === 'array') {
    walkArray(value, schema, place, unknown)
    return
  }
  if (schema.type === 'any') {
    walkUnion(value, schema, place, unknown)
    return
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw fault(jsonKind(value), schema, place)
  walkObject(value as Record<string, unknown>, schema, place, unknown)
}

function walkArray(value: unknown, schema: Schema, place: Place, unknown: string[]): void {
  if (!Array.isArray(value)) throw fault(jsonKind(value), schema, place)
  if (schema.items === undefined) {
    deep(value, place)
    return
  }
  const goType = place.goType?.startsWith('[]') ? place.goType.slice(2) : undefined
  for (const [index, item] of value.entries()) {
    if (item === null) continue
    walk(item, schema.items, { ...place, path: `${place.path}[${index}]`, goType, depth: place.depth + 1 }, unknown)
  }
}

function walkUnion(value: unknown, schema: Schema, place: Place, unknown: string[]): void {
  if (schema.items === undefined) {
    deep(value, place)
    return
  }
  if (Array.isArray(value) && schema.format !== 'schema-or-bool') {
    const items: Schema = schema.format === 'schema-or-array' ? schema.items : { type: 'string' }
    walkArray(value, { type: 'array', items }, place, unknown)
    return
  }
  if (typeof value === 'boolean' && schema.format === 'schema-or-bool') return
  walk(value, schema.items, place, unknown)
}

function walkObject(object: Record<string, unknown>, schema: Schema, place: Place, unknown: string[]): void {
  const inside = (key: string): string => (place.path === '' ? key : `${place.path}.${key}`)
  for (const [key, item] of Object.entries(object)) {
    if (schema.values !== undefined) {
      const goType = /^map\[[^\]]*\](.*)$/.exec(place.goType ?? '')?.[1]
      if (item !== null)
        walk(item, schema.values, { ...place, path: inside(key), goType, depth: place.depth + 1 }, unknown)
      continue
    }
    const property = schema.properties?.get(key)
    if (property !== undefined) {
      if (item !== null) walkField(item, key, property, schema, { ...place, path: inside(key) }, unknown)
    } else if (schema.preserveUnknown) {
      deep(item, place)
    } else if (unknown.length < maxUnknown) {
      unknown.push(`unknown field ${quoteKey(inside(key))}`)
    }
  }
}

function walkField(
  value: unknown,
  name: string,
  property: Property,
  schema: Schema,
  place: Place,
  unknown: string[],
): void {
  const field: Place = {
    struct: shortName(schema.name ?? ''),
    fields: [...place.fields, name],
    path: place.path,
    goType: property.goType,
    depth: place.depth + 1,
  }
  walk(value, property.schema, field, unknown)
}

function fault(what: string, schema: Schema, place: Place): DecodeError {
  const type = place.goType ?? goType(schema)
  if (place.fields.length === 0) return new DecodeError(`json: cannot unmarshal ${what} into Go value of type ${type}`)
  const field = `${place.struct}.${place.fields.join('.')}`
  return new DecodeError(`json: cannot unmarshal ${what} into Go struct field ${field} of type ${type}`)
}

/** As reflect prints the type of the field. */
function goType(schema: Schema): string {
  if (schema.name !== undefined) return schema.name.split('.').slice(-2).join('.')
  if (schema.type === 'array') return `[]${goType(schema.items ?? { type: 'any' })}`
  if (schema.values !== undefined) return `map[string]${goType(schema.values)}`
  switch (schema.type) {
    case 'string':
      return schema.format === 'byte' ? '[]uint8' : 'string'
    case 'integer':
      return schema.format === 'int32' ? 'int32' : 'int64'
    case 'number':
      return 'float64'
    case 'boolean':
      return 'bool'
    default:
      return 'map[string]interface {}'
  }
}

const shortName = (definition: string): string => definition.slice(definition.lastIndexOf('.') + 1)

/** Go's %q is close enough to JSON for what occurs in keys. */
const quoteKey = (path: string): string => JSON.stringify(path)

function deep(value: unknown, place: Place): void {
  const stack: [unknown, number][] = [[value, place.depth]]
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    const [item, depth] = top
    if (typeof item !== 'object' || item === null) continue
    if (depth >= maxDepth) throw tooDeep()
    for (const child of Object.values(item)) stack.push([child, depth + 1])
  }
}
