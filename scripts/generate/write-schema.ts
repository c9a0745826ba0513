/**
 * The definitions as one compact JSON file: a line of text per definition, which `schemaOf` parses when it is first
 * asked for. A line is `marks` then fields joined by `|`, each `name numbers type flags key=value…`; see
 * packages/machinery/src/schema/definition-line.ts, its reader.
 */
import type { Definition, Field, TypeRef } from './build-definitions.ts'

export function writeSchema(definitions: readonly Definition[]): string {
  const lines = definitions.map(d => `${JSON.stringify(d.name)}:${JSON.stringify(writeDefinition(d))}`)
  return `{\n${lines.join(',\n')}\n}\n`
}

function writeDefinition(definition: Definition): string {
  const marks = [definition.published ? '' : '-', definition.typeMeta ? '@' : '', definition.atomic ? '%' : ''].join('')
  return `${marks}:${definition.fields.map(writeField).join('|')}`
}

const typeMarks: Readonly<Record<TypeRef['shape'], string>> = {
  one: '',
  list: '[]',
  map: '{}',
  wrapped: '()',
  'map-of-wrapped': '{}()',
}

function writeField(field: Field): string {
  const flags = [field.required && '!', field.pointer && '*', field.omitEmpty && '?'].filter(Boolean).join('') || '-'
  const extras = Object.entries(field.extras).map(([key, value]) => `${key}=${value}`)
  const type = `${typeMarks[field.type.shape]}${field.type.base.replace(/^io\.k8s\./, '.')}`
  return [field.name, field.proto.join('.') || '0', type, flags, ...extras].join(' ')
}
