/** The OpenAPI v3 document of one group version, as `/openapi/v3/apis/GROUP/VERSION` serves it. */
import type { Kind } from '../kinds/index.ts'
import { definitionNames, groupOf, type Schema, schemaOf } from '../schema/index.ts'
import type { AllDocs, GroupVersionKind, JsonSchema, OpenApiV3, PathItem } from './document.ts'
import { basePath, camel, capital, pathsOf, tagOf } from './operations.ts'
import { type Dialect, describeDefinition, reachable, v3 } from './schema-document.ts'

const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1'

/** Built from the kinds of that group version. `docs` adds descriptions where it has them. */
export function openapiV3(group: string, version: string, kinds: readonly Kind[], docs: AllDocs = {}): OpenApiV3 {
  const paths: Record<string, PathItem> = { [`${basePath(group, version)}/`]: resourceListPath(group, version) }
  for (const kind of kinds) Object.assign(paths, pathsOf(kind))
  return {
    components: {
      schemas: describeSchemas(usedSchemas(kinds, paths), v3, [{ group, version }], docs),
      securitySchemes: {
        BearerToken: {
          description: 'Bearer Token authentication',
          in: 'header',
          name: 'authorization',
          type: 'apiKey',
        },
      },
    },
    info: { title: 'Kubernetes', version: 'unversioned' },
    openapi: '3.0.0',
    paths: sortKeys(paths),
  }
}

function resourceListPath(group: string, version: string): PathItem {
  const schema = { $ref: `${v3.refPrefix}${meta}.APIResourceList` }
  const types = ['application/cbor', 'application/json', 'application/vnd.kubernetes.protobuf', 'application/yaml']
  return {
    get: {
      operationId: `get${camel(group)}${capital(version)}APIResources`,
      responses: {
        200: { content: Object.fromEntries(types.map(type => [type, { schema }])) },
        401: { description: 'Unauthorized' },
      },
      tags: [tagOf(group, version)],
    },
  }
}

/** Every named schema that the kinds and their operations refer to. */
export function usedSchemas(kinds: readonly Kind[], paths: unknown): Map<string, Schema> {
  const found = new Map<string, Schema>()
  const known = new Set(definitionNames())
  const own = new Map(kinds.map(kind => [kind.schema.name, kind.schema]))
  for (const [, name] of JSON.stringify(paths).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)) {
    if (name === patch.name) found.set(name, patch)
    else if (known.has(name!)) reachable(schemaOf(name!), found)
    else if (own.has(name)) reachable(own.get(name)!, found)
  }
  return found
}

const patch: Schema & { name: string } = { type: 'object', name: `${meta}.Patch` }

export interface GroupVersion {
  readonly group: string
  readonly version: string
}

export function describeSchemas(
  schemas: ReadonlyMap<string, Schema>,
  dialect: Dialect,
  served: readonly GroupVersion[],
  docs: AllDocs,
): Record<string, JsonSchema> {
  const described = [...schemas].map(([name, schema]) => {
    return [name, describeDefinition(schema, dialect, kindsOf(name, schema, served), docs[name])] as const
  })
  return sortKeys(Object.fromEntries(described))
}

/** Registered in every group version (apimachinery/pkg/apis/meta/v1, AddToGroupVersion). */
const everywhere: ReadonlySet<string> = new Set([`${meta}.DeleteOptions`, `${meta}.WatchEvent`])

function kindsOf(name: string, schema: Schema, served: readonly GroupVersion[]): GroupVersionKind[] {
  const kind = name.slice(name.lastIndexOf('.') + 1)
  if (everywhere.has(name)) {
    const others = served.filter(({ group, version }) => group !== '' || version !== 'v1')
    return [{ group: '', version: 'v1' }, ...others].map(({ group, version }) => ({ group, kind, version }))
  }
  // Fields of that name in references are data: they have a protobuf number.
  const isKind = schema.properties?.get('kind')?.proto === 0 && schema.properties.has('apiVersion')
  const group = isKind ? groupOf(name) : undefined
  return group === undefined ? [] : [{ group, kind, version: name.split('.').at(-2)! }]
}

export function sortKeys<T>(object: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1)))
}
