/**
 * The definitions of Kubernetes v1.36 by name. Nothing is built before it is asked for, and a node is built once, so
 * that schemas may be compared and cached by identity.
 */
import { readDefinition } from './definition-line.ts'
import generated from './k8s.gen.json' with { type: 'json' }
import type { Schema } from './schema.ts'

const lines = generated as Readonly<Record<string, string>>
const apiextensions = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1'
const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1'

/** Types whose JSON form is not an object of their own fields. */
const special: readonly Schema[] = [
  { type: 'string', format: 'quantity', name: 'io.k8s.apimachinery.pkg.api.resource.Quantity' },
  { type: 'string', format: 'duration', name: `${meta}.Duration` },
  { type: 'object', format: 'fields-v1', name: `${meta}.FieldsV1`, preserveUnknown: true },
  { type: 'string', format: 'micro-time', name: `${meta}.MicroTime` },
  { type: 'string', format: 'date-time', name: `${meta}.Time` },
  {
    type: 'object',
    format: 'raw-extension',
    name: 'io.k8s.apimachinery.pkg.runtime.RawExtension',
    preserveUnknown: true,
  },
  { type: 'int-or-string', format: 'int-or-string', name: 'io.k8s.apimachinery.pkg.util.intstr.IntOrString' },
  { type: 'any', format: 'json', name: `${apiextensions}.JSON`, preserveUnknown: true },
  union('schema-or-array', 'JSONSchemaPropsOrArray'),
  union('schema-or-bool', 'JSONSchemaPropsOrBool'),
  union('schema-or-strings', 'JSONSchemaPropsOrStringArray'),
]

function union(format: string, name: string): Schema {
  return {
    type: 'any',
    format,
    name: `${apiextensions}.${name}`,
    preserveUnknown: true,
    get items(): Schema {
      return schemaOf(`${apiextensions}.JSONSchemaProps`)
    },
  }
}

const schemas = new Map<string, Schema>(special.map(schema => [schema.name!, schema]))

/** The schema of a definition, by its full name as in OpenAPI. Throws RangeError for an unknown one. */
export function schemaOf(definition: string): Schema {
  let schema = schemas.get(definition)
  if (schema === undefined) {
    const line = Object.hasOwn(lines, definition) ? lines[definition] : undefined
    if (line === undefined) throw new RangeError(`no schema is known for definition ${JSON.stringify(definition)}`)
    schema = readDefinition(definition, line, schemaOf)
    schemas.set(definition, schema)
  }
  return schema
}

/** Every name that `schemaOf` takes, sorted. */
export function definitionNames(): string[] {
  return [...Object.keys(lines), ...special.map(schema => schema.name!)].sort()
}
