/**
 * JSON text in schema order: kind, apiVersion, metadata, … as Go prints structs, map keys sorted. What `conform` gave is in
 * order already and costs one look per key; objects that code has added to since are put into order first.
 */
import { set, sortedKeys } from './conform.ts'
import type { Property, Schema } from './schema.ts'

/** Absent, undefined and null fields are left out. Nothing else is: zero values are the caller's matter. */
export function encodeJson(object: unknown, schema: Schema): string {
  return JSON.stringify(ordered(object, schema))
}

const encoder = new TextEncoder()

/** `encodeJson` as UTF-8. */
export function encodeJsonBytes(object: unknown, schema: Schema): Uint8Array {
  return encoder.encode(encodeJson(object, schema))
}

/** The object itself where every key below is in order, else a copy of what is not. */
export function ordered(value: unknown, schema: Schema): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return schema.items === undefined ? value : orderedArray(value, schema.items)
  const object = value as Record<string, unknown>
  if (schema.type === 'any' && schema.items !== undefined) return ordered(value, schema.items)
  if (schema.values !== undefined) return orderedMap(object, schema.values)
  if (schema.properties !== undefined) return orderedStruct(object, schema.properties, indexOf(schema))
  return value
}

function orderedArray(array: readonly unknown[], items: Schema): readonly unknown[] {
  let copy: unknown[] | undefined
  for (let i = 0; i < array.length; i++) {
    const item = ordered(array[i], items)
    if (item === array[i]) continue
    copy ??= [...array]
    copy[i] = item
  }
  return copy ?? array
}

function orderedMap(object: Record<string, unknown>, values: Schema): Record<string, unknown> {
  const flat = values.type === 'string' || values.type === 'integer'
  let previous = ''
  let sorted = true
  for (const key in object) {
    if (key < previous || (!flat && ordered(object[key], values) !== object[key])) {
      sorted = false
      break
    }
    previous = key
  }
  if (sorted) return object
  const copy: Record<string, unknown> = {}
  for (const key of sortedKeys(object)) set(copy, key, ordered(object[key], values))
  return copy
}

type Index = ReadonlyMap<string, number>

const indexes = new WeakMap<Schema, Index>()

function indexOf(schema: Schema): Index {
  let index = indexes.get(schema)
  if (index === undefined) {
    index = new Map([...schema.properties!.keys()].map((name, i) => [name, i]))
    indexes.set(schema, index)
  }
  return index
}

function orderedStruct(
  object: Record<string, unknown>,
  properties: ReadonlyMap<string, Property>,
  index: Index,
): Record<string, unknown> {
  let previous = -1
  for (const key in object) {
    const position = index.get(key) ?? properties.size
    const value = object[key]
    if (position < previous || value === null || (typeof value === 'object' && isMoved(value, properties.get(key)))) {
      return copyStruct(object, properties)
    }
    previous = position
  }
  return object
}

const isMoved = (value: object, property: Property | undefined): boolean =>
  property !== undefined && ordered(value, property.schema) !== value

function copyStruct(
  object: Record<string, unknown>,
  properties: ReadonlyMap<string, Property>,
): Record<string, unknown> {
  const copy: Record<string, unknown> = {}
  for (const [name, property] of properties) {
    const value = Object.hasOwn(object, name) ? object[name] : undefined
    if (value !== undefined && value !== null) set(copy, name, ordered(value, property.schema))
  }
  for (const key of Object.keys(object)) {
    if (!properties.has(key) && object[key] !== null) set(copy, key, object[key])
  }
  return copy
}
