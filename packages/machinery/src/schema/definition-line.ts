/**
 * Reads a definition from its generated line (written by scripts/generate/write-schema.ts):
 * `marks:name numbers type flags key=value…|…`. Marks: `-` not published, `@` has kind and apiVersion, `%` atomic map.
 * A type is a scalar or a definition (`.api.core.v1.Pod`) after `[]` list, `{}` map, `()` named slice.
 */
import type { Property, Schema } from './schema.ts'

type Mutable<T> = { -readonly [key in keyof T]: T[key] }

const scalars: Readonly<Record<string, Schema>> = {
  string: { type: 'string' },
  bool: { type: 'boolean' },
  int32: { type: 'integer', format: 'int32' },
  int64: { type: 'integer', format: 'int64' },
  double: { type: 'number', format: 'double' },
  bytes: { type: 'string', format: 'byte' },
}

const typeMeta: readonly [string, Property][] = [
  ['kind', { schema: scalars['string']!, required: false, proto: 0, omitEmpty: true }],
  ['apiVersion', { schema: scalars['string']!, required: false, proto: 0, omitEmpty: true }],
]

/** The schema of a line; its properties are parsed when first read. `schemaOf` resolves the definitions it refers to. */
export function readDefinition(name: string, line: string, schemaOf: (definition: string) => Schema): Schema {
  const colon = line.indexOf(':')
  const marks = line.slice(0, colon)
  const body = line.slice(colon + 1)
  let properties: ReadonlyMap<string, Property> | undefined
  return {
    type: 'object',
    name,
    published: !marks.includes('-'),
    ...(marks.includes('%') && { mapType: 'atomic' }),
    get properties(): ReadonlyMap<string, Property> {
      properties ??= new Map([
        ...(marks.includes('@') ? typeMeta : []),
        ...(body === '' ? [] : body.split('|').map(field => readField(field, schemaOf))),
      ])
      return properties
    },
  }
}

function readField(text: string, schemaOf: (definition: string) => Schema): [string, Property] {
  const [name, numbers, type, flags, ...extras] = text.split(' ') as [string, string, string, string, ...string[]]
  const path = numbers.split('.').map(Number)
  const property: Mutable<Property> = {
    schema: readType(type, schemaOf),
    required: flags.includes('!'),
    proto: path.pop()!,
    ...(path.length > 0 && { protoVia: path }),
    ...(flags.includes('*') && { pointer: true }),
    ...(flags.includes('?') && { omitEmpty: true }),
  }
  for (const extra of extras) {
    const equals = extra.indexOf('=')
    readExtra(property, extra.slice(0, equals), extra.slice(equals + 1))
  }
  return [name, property]
}

function readExtra(property: Mutable<Property>, key: string, value: string): void {
  if (key === 'lt') property.listType = value as 'atomic' | 'set' | 'map'
  else if (key === 'lk') property.listMapKeys = value.split(',')
  else if (key === 'mt') property.mapType = value as 'atomic' | 'granular'
  else if (key === 'ps') property.patchStrategy = value.split(',')
  else if (key === 'pk') property.patchMergeKey = value
  else if (key === 'g') property.goType = value
  else if (key === 'd') property.default = JSON.parse(value)
  else throw new SyntaxError(`cannot read schema line: unknown key ${JSON.stringify(key)}`)
}

function readType(text: string, schemaOf: (definition: string) => Schema): Schema {
  const mark = text.slice(0, 2)
  if (mark === '[]') return { type: 'array', items: readType(text.slice(2), schemaOf) }
  if (mark === '()') return { type: 'array', items: readType(text.slice(2), schemaOf), protoWrapped: true }
  if (mark === '{}') return { type: 'object', values: readType(text.slice(2), schemaOf) }
  return scalars[text] ?? schemaOf(`io.k8s${text}`)
}
