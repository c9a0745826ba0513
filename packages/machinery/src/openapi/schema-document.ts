/**
 * Schemas as OpenAPI writes them, after kube-openapi: references for named types, x-kubernetes extensions for merge semantics, and
 * for what Go cannot leave out its zero value as default. v2 and v3 differ in the reference and in the types that are two.
 */
import type { Property, Schema } from '../schema/index.ts'
import type { Docs, GroupVersionKind, JsonSchema } from './document.ts'

export interface Dialect {
  /** `#/components/schemas/` or `#/definitions/`. */
  readonly refPrefix: string
  readonly version: 2 | 3
}

export const v3: Dialect = { refPrefix: '#/components/schemas/', version: 3 }
export const v2: Dialect = { refPrefix: '#/definitions/', version: 2 }

/** Types that are written by themselves and not as objects of their fields. */
function special(format: string | undefined, dialect: Dialect): JsonSchema | undefined {
  const both = dialect.version === 3
  switch (format) {
    case 'quantity':
      return both ? { oneOf: [{ type: 'string' }, { type: 'number' }] } : { type: 'string' }
    case 'int-or-string':
      return both
        ? { format: 'int-or-string', oneOf: [{ type: 'integer' }, { type: 'string' }] }
        : { format: 'int-or-string', type: 'string' }
    case 'date-time':
    case 'micro-time':
      return { format: 'date-time', type: 'string' }
    case 'duration':
      return { type: 'string' }
    case 'raw-extension':
    case 'fields-v1':
      return { type: 'object' }
    case 'json':
    case 'schema-or-array':
    case 'schema-or-bool':
    case 'schema-or-strings':
      return {}
    default:
      return undefined
  }
}

/** The document of a named type. */
export function describeDefinition(
  schema: Schema,
  dialect: Dialect,
  kinds: readonly GroupVersionKind[],
  docs: Docs | undefined,
): JsonSchema {
  const extension = kinds.length === 0 ? {} : { 'x-kubernetes-group-version-kind': kinds }
  const description = docs?.description === undefined ? {} : { description: docs.description }
  const own = special(schema.format, dialect)
  if (own !== undefined) return { ...description, ...own, ...extension }
  const properties = [...(schema.properties ?? [])]
  const required = properties.filter(([, property]) => property.required).map(([name]) => name)
  return {
    ...description,
    ...(properties.length > 0 && { properties: describeProperties(properties, dialect, docs) }),
    ...(required.length > 0 && { required }),
    type: 'object',
    ...extension,
    ...(schema.mapType !== undefined && { 'x-kubernetes-map-type': schema.mapType }),
  }
}

function describeProperties(
  properties: readonly (readonly [string, Property])[],
  dialect: Dialect,
  docs: Docs | undefined,
): JsonSchema {
  const sorted = [...properties].sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(
    sorted.map(([name, property]) => [name, describeProperty(property, dialect, docs?.fields?.[name])]),
  )
}

function describeProperty(property: Property, dialect: Dialect, description: string | undefined): JsonSchema {
  const node = describeNode(property.schema, dialect)
  const around: JsonSchema = {
    ...(description !== undefined && { description }),
    ...(dialect.version === 3 && defaultOf(property)),
    ...mergeExtensions(property),
  }
  if (node['$ref'] === undefined || Object.keys(around).length === 0) return { ...node, ...around }
  return dialect.version === 3 ? { allOf: [node], ...around } : { ...node, ...around }
}

function mergeExtensions(property: Property): JsonSchema {
  const { schema } = property
  const listType = property.listType ?? schema.listType
  const keys = property.listMapKeys ?? schema.listMapKeys
  const mapType = property.mapType ?? (schema.name === undefined ? schema.mapType : undefined)
  return {
    ...(keys !== undefined && { 'x-kubernetes-list-map-keys': keys }),
    ...(listType !== undefined && { 'x-kubernetes-list-type': listType }),
    ...(mapType !== undefined && { 'x-kubernetes-map-type': mapType }),
    ...(property.patchMergeKey !== undefined && { 'x-kubernetes-patch-merge-key': property.patchMergeKey }),
    ...(property.patchStrategy !== undefined && { 'x-kubernetes-patch-strategy': property.patchStrategy.join(',') }),
  }
}

/** A default of its own, or the zero that Go prints where a field cannot be absent. */
function defaultOf(property: Property): JsonSchema {
  if (property.default !== undefined) return { default: property.default }
  const { schema } = property
  if (property.pointer === true || property.proto === 0) return {}
  if (schema.name !== undefined) return schema.properties === undefined ? {} : { default: {} }
  if (property.omitEmpty === true || schema.format === 'byte') return {}
  if (schema.type === 'string') return { default: '' }
  if (schema.type === 'integer' || schema.type === 'number') return { default: 0 }
  return schema.type === 'boolean' ? { default: false } : {}
}

/** A node inside another: named types by reference. */
function describeNode(schema: Schema, dialect: Dialect): JsonSchema {
  if (schema.name !== undefined) return { $ref: dialect.refPrefix + schema.name }
  if (schema.type === 'array') return { items: describeNode(schema.items!, dialect), type: 'array' }
  if (schema.values !== undefined) {
    return { additionalProperties: describeNode(schema.values, dialect), type: 'object' }
  }
  return { ...(schema.format !== undefined && { format: schema.format }), type: schema.type }
}

/** Names of the types that a type refers to, itself included. */
export function reachable(from: Schema, found: Map<string, Schema>): void {
  if (from.name !== undefined) {
    if (found.has(from.name)) return
    found.set(from.name, from)
  }
  const isUnion = from.type === 'any'
  for (const property of from.properties?.values() ?? []) reachable(property.schema, found)
  if (from.items !== undefined && !isUnion) reachable(from.items, found)
  if (from.values !== undefined) reachable(from.values, found)
}
