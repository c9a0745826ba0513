/**
 * Protobuf to objects in JSON form. The wire cannot tell a zero from nothing where Go has no pointer, so such zeros and the empty
 * structs around them are left out, as somebody who writes JSON leaves them out. Unknown fields are passed over. The result is
 * plain data; `conform` checks and orders it like any other body.
 */
import { DecodeError, formatDuration, joinTime, type Property, type Schema } from '../../schema/index.ts'
import { encodeBase64 } from '../base64.ts'
import { decodeJson } from '../json.ts'
import { type Plan, planOf } from './plan.ts'
import { Reader, wire } from './reader.ts'

const maxDepth = 1_000

/** The object in a message without envelope. Throws DecodeError for bytes that are none. */
export function decodeProtobuf(bytes: Uint8Array, schema: Schema): unknown {
  return readMessage(new Reader(bytes), schema, 0)
}

type Fields = Record<string, unknown>

function readMessage(reader: Reader, schema: Schema, depth: number): unknown {
  if (depth > maxDepth) throw new DecodeError('proto: exceeded max depth')
  if (schema.protoWrapped) return readOnly(reader, { 1: { type: 'array', items: schema.items! } }, depth)[1] ?? []
  switch (schema.format) {
    case 'quantity':
      return readOnly(reader, { 1: string }, depth)[1] || '0'
    case 'date-time':
    case 'micro-time':
      return readTime(reader, schema.format === 'micro-time')
    case 'duration':
      return formatDuration(readDuration(reader))
    case 'int-or-string':
      return readIntOrString(reader, depth)
    case 'raw-extension':
    case 'fields-v1':
    case 'json':
      return readRaw(reader)
    case 'schema-or-array': {
      const parts = readOnly(reader, { 1: schema.items!, 2: { type: 'array', items: schema.items! } }, depth)
      return parts[1] ?? parts[2] ?? []
    }
    case 'schema-or-bool': {
      const parts = readOnly(reader, { 1: { type: 'boolean' }, 2: schema.items! }, depth)
      return parts[2] ?? parts[1] ?? false
    }
    case 'schema-or-strings': {
      const parts = readOnly(reader, { 1: schema.items!, 2: { type: 'array', items: string } }, depth)
      return parts[1] ?? parts[2] ?? []
    }
    default: {
      const object: Fields = {}
      readPlan(reader, planOf(schema), object, depth)
      return object
    }
  }
}

const string: Schema = { type: 'string' }

function readPlan(reader: Reader, plan: Plan, object: Fields, depth: number): void {
  while (!reader.done) {
    const tag = reader.tag()
    const field = plan.byNumber.get(Math.floor(tag / 8))
    const type = tag % 8
    if (field === undefined) {
      reader.skip(type)
    } else if (field.kind === 'embedded') {
      expect(type, wire.bytes, String(field.number))
      readPlan(reader.message(), field.plan, object, depth + 1)
    } else {
      readField(reader, type, field.name, field.property.schema, object, depth)
      if (isAbsent(object[field.name], field.property)) delete object[field.name]
    }
  }
}

/** What a Go field that is no pointer holds when nobody set it; where Go prints even that, it is a value. */
function isAbsent(value: unknown, property: Property): boolean {
  if (value === null) return true
  if (property.pointer === true) return false
  if (value === '' || value === 0 || value === false) return property.omitEmpty === true
  const { type, properties } = property.schema
  return (
    type === 'object' && properties !== undefined && properties.size > 0 && Object.keys(value as object).length === 0
  )
}

/** Reads a small message into its fields by number. */
function readOnly(reader: Reader, fields: Readonly<Record<number, Schema>>, depth: number): Record<number, unknown> {
  const object: Fields = {}
  while (!reader.done) {
    const tag = reader.tag()
    const number = Math.floor(tag / 8)
    const schema = fields[number]
    if (schema === undefined) reader.skip(tag % 8)
    else readField(reader, tag % 8, String(number), schema, object, depth)
  }
  return object
}

function readField(reader: Reader, type: number, name: string, schema: Schema, object: Fields, depth: number): void {
  if (schema.type === 'array' && !schema.protoWrapped) {
    const items = schema.items!
    object[name] ??= []
    const list = object[name] as unknown[]
    if (type === wire.bytes && (items.type === 'integer' || items.type === 'boolean')) {
      for (const packed = reader.message(); !packed.done; )
        list.push(readSingle(packed, wire.varint, name, items, depth))
    } else {
      list.push(readSingle(reader, type, name, items, depth))
    }
  } else if (schema.values !== undefined) {
    expect(type, wire.bytes, name)
    object[name] ??= {}
    readEntry(reader.message(), object[name] as Fields, schema.values, depth)
  } else {
    object[name] = readSingle(reader, type, name, schema, depth)
  }
}

function readEntry(reader: Reader, map: Fields, values: Schema, depth: number): void {
  const { 1: key = '', 2: value = zero(values) } = readOnly(reader, { 1: string, 2: values }, depth + 1)
  Object.defineProperty(map, key as string, { value, enumerable: true, writable: true, configurable: true })
}

function zero(values: Schema): unknown {
  if (values.type === 'string') return values.format === 'quantity' ? '0' : ''
  if (values.type === 'boolean') return false
  return values.type === 'integer' ? 0 : values.type === 'array' ? [] : {}
}

function readSingle(reader: Reader, type: number, name: string, schema: Schema, depth: number): unknown {
  switch (schema.type) {
    case 'boolean':
      expect(type, wire.varint, name)
      return reader.int64() !== 0n
    case 'integer':
      expect(type, wire.varint, name)
      return schema.format === 'int32' ? reader.int32() : reader.integer()
    case 'number':
      expect(type, wire.fixed64, name)
      return reader.double()
    case 'string':
      expect(type, wire.bytes, name)
      if (schema.format === 'byte') return encodeBase64(reader.bytes())
      if (schema.format === undefined) return reader.text()
      return readMessage(reader.message(), schema, depth + 1)
    default:
      expect(type, wire.bytes, name)
      return readMessage(reader.message(), schema, depth + 1)
  }
}

function expect(type: number, wanted: number, name: string): void {
  if (type !== wanted) throw new DecodeError(`proto: wrong wireType = ${type} for field ${name}`)
}

/** Null for the empty message: Go's zero time. */
function readTime(reader: Reader, micro: boolean): string | null {
  if (reader.done) return null
  const parts = readOnly(
    reader,
    { 1: { type: 'integer', format: 'int64' }, 2: { type: 'integer', format: 'int32' } },
    0,
  )
  const seconds = (parts[1] ?? 0) as number
  const nanos = (parts[2] ?? 0) as number
  const text = nanos < 0 || nanos > 999_999_999 ? undefined : joinTime(seconds, micro ? nanos : undefined)
  if (text === undefined)
    throw new DecodeError(`cannot decode time: ${seconds} seconds and ${nanos} nanoseconds are out of range`)
  return text
}

function readDuration(reader: Reader): bigint {
  let nanos = 0n
  while (!reader.done) {
    const tag = reader.tag()
    if (tag === 8) nanos = reader.int64()
    else reader.skip(tag % 8)
  }
  return nanos
}

function readIntOrString(reader: Reader, depth: number): number | string {
  const int: Schema = { type: 'integer', format: 'int32' }
  const parts = readOnly(reader, { 1: int, 2: int, 3: string }, depth)
  return parts[1] === 1 ? String(parts[3] ?? '') : ((parts[2] ?? 0) as number)
}

/** The JSON inside a RawExtension, FieldsV1 or JSON message; null when there is none. */
function readRaw(reader: Reader): unknown {
  let raw: Uint8Array | undefined
  while (!reader.done) {
    const tag = reader.tag()
    if (tag === 10) raw = reader.bytes()
    else reader.skip(tag % 8)
  }
  return raw === undefined || raw.length === 0 ? null : decodeJson(raw)
}
