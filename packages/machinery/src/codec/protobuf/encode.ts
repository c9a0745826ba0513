/**
 * Objects to protobuf, byte for byte as gogo's generated code for Kubernetes writes them: fields by number, maps by key, no
 * packing. Absent fields are left out, where Go writes zeros for those that are no pointers; readers cannot tell.
 */

import { parseDuration, type Schema, splitTime } from '../../schema/index.ts'
import { decodeBase64 } from '../base64.ts'
import { type Plan, planOf } from './plan.ts'
import { wire } from './reader.ts'
import { Writer } from './writer.ts'

/** The message of `object`, without envelope. The object must conform to the schema. */
export function encodeProtobuf(object: unknown, schema: Schema): Uint8Array {
  const writer = new Writer()
  writeMessage(writer, object, schema)
  return writer.finish()
}

type Fields = Readonly<Record<string, unknown>>

function writeMessage(writer: Writer, value: unknown, schema: Schema): void {
  // The zero time inside a map or a list: the empty message.
  if (value === null) return
  if (schema.protoWrapped) {
    writeRepeated(writer, 1, value as readonly unknown[], schema.items!)
    return
  }
  switch (schema.format) {
    case 'quantity':
      writeText(writer, 1, String(value))
      return
    case 'date-time':
    case 'micro-time':
      writeTime(writer, String(value))
      return
    case 'duration':
      writer.bigVarint(parseDuration(String(value)))
      writer.tag(1, wire.varint)
      return
    case 'int-or-string':
      writeIntOrString(writer, value as number | string)
      return
    case 'raw-extension':
    case 'fields-v1':
    case 'json':
      writeText(writer, 1, JSON.stringify(value))
      return
    case 'schema-or-array':
      if (Array.isArray(value)) writeRepeated(writer, 2, value, schema.items!)
      else writeNested(writer, 1, value, schema.items!)
      return
    case 'schema-or-bool':
      writeSchemaOrBool(writer, value, schema.items!)
      return
    case 'schema-or-strings':
      if (Array.isArray(value)) writeRepeated(writer, 2, value, { type: 'string' })
      else writeNested(writer, 1, value, schema.items!)
      return
    default:
      writePlan(writer, value as Fields, planOf(schema))
      return
  }
}

function writePlan(writer: Writer, object: Fields, plan: Plan): void {
  for (const field of plan.falling) {
    if (field.kind === 'embedded') {
      const end = writer.length
      writePlan(writer, object, field.plan)
      if (writer.length > end) writer.prefix(field.number, end)
      continue
    }
    const value = object[field.name]
    if (value !== undefined && value !== null) writeField(writer, field.number, value, field.property.schema)
  }
}

function writeField(writer: Writer, number: number, value: unknown, schema: Schema): void {
  if (schema.type === 'array' && !schema.protoWrapped) {
    writeRepeated(writer, number, value as readonly unknown[], schema.items!)
  } else if (schema.values !== undefined) {
    writeMap(writer, number, value as Fields, schema.values)
  } else {
    writeSingle(writer, number, value, schema)
  }
}

function writeRepeated(writer: Writer, number: number, values: readonly unknown[], items: Schema): void {
  for (let i = values.length - 1; i >= 0; i--) writeSingle(writer, number, values[i], items)
}

function writeMap(writer: Writer, number: number, map: Fields, values: Schema): void {
  const keys = Object.keys(map).sort()
  for (let i = keys.length - 1; i >= 0; i--) {
    const end = writer.length
    writeSingle(writer, 2, map[keys[i]!], values)
    writeText(writer, 1, keys[i]!)
    writer.prefix(number, end)
  }
}

function writeSingle(writer: Writer, number: number, value: unknown, schema: Schema): void {
  switch (schema.type) {
    case 'boolean':
      writer.varint(value === true ? 1 : 0)
      writer.tag(number, wire.varint)
      return
    case 'integer':
      writer.varint(value as number)
      writer.tag(number, wire.varint)
      return
    case 'number':
      writer.double(value as number)
      writer.tag(number, wire.fixed64)
      return
    case 'string':
      if (schema.format === 'byte') {
        writeBytes(writer, number, decodeBase64(value as string))
        return
      }
      if (schema.format === undefined) {
        writeText(writer, number, value as string)
        return
      }
      writeNested(writer, number, value, schema)
      return
    default:
      writeNested(writer, number, value, schema)
      return
  }
}

function writeNested(writer: Writer, number: number, value: unknown, schema: Schema): void {
  const end = writer.length
  writeMessage(writer, value, schema)
  writer.prefix(number, end)
}

function writeText(writer: Writer, number: number, text: string): void {
  const end = writer.length
  writer.text(text)
  writer.prefix(number, end)
}

function writeBytes(writer: Writer, number: number, bytes: Uint8Array): void {
  const end = writer.length
  writer.raw(bytes)
  writer.prefix(number, end)
}

/** Timestamp: both fields always, as gogo writes what is no pointer. */
function writeTime(writer: Writer, text: string): void {
  const { seconds, nanos } = splitTime(text)
  writer.varint(nanos)
  writer.tag(2, wire.varint)
  writer.varint(seconds)
  writer.tag(1, wire.varint)
}

function writeIntOrString(writer: Writer, value: number | string): void {
  const isText = typeof value === 'string'
  writeText(writer, 3, isText ? value : '')
  writer.varint(isText ? 0 : value)
  writer.tag(2, wire.varint)
  writer.varint(isText ? 1 : 0)
  writer.tag(1, wire.varint)
}

function writeSchemaOrBool(writer: Writer, value: unknown, items: Schema): void {
  if (typeof value !== 'boolean') writeNested(writer, 2, value, items)
  writer.varint(value === false ? 0 : 1)
  writer.tag(1, wire.varint)
}
