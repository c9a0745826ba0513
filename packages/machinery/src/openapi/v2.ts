/**
 * The OpenAPI v2 document of everything, as `/openapi/v2` serves it to clients that do not ask for v3. The paths are those of the v3
 * documents in the older notation; parameters are written out where upstream shares some.
 */
import type { Kind } from '../kinds/index.ts'
import type { Schema } from '../schema/index.ts'
import type { AllDocs, JsonSchema, Operation, Parameter, PathItem } from './document.ts'
import { v2 } from './schema-document.ts'
import { describeSchemas, type GroupVersion, openapiV3, sortKeys, usedSchemas } from './v3.ts'

export interface GroupVersionKinds extends GroupVersion {
  readonly kinds: readonly Kind[]
}

export interface OpenApiV2 {
  readonly definitions: Readonly<Record<string, JsonSchema>>
  readonly info: { readonly title: string; readonly version: string }
  readonly paths: Readonly<Record<string, unknown>>
  readonly security: unknown
  readonly securityDefinitions: unknown
  readonly swagger: '2.0'
}

export function openapiV2(served: readonly GroupVersionKinds[], docs: AllDocs = {}): OpenApiV2 {
  const schemas = new Map<string, Schema>()
  const paths: Record<string, unknown> = {}
  for (const { group, version, kinds } of served) {
    const document = openapiV3(group, version, kinds)
    for (const [name, schema] of usedSchemas(kinds, document.paths)) schemas.set(name, schema)
    for (const [path, item] of Object.entries(document.paths)) paths[path] = convertPath(item)
  }
  return {
    definitions: describeSchemas(schemas, v2, served, docs),
    info: { title: 'Kubernetes', version: 'unversioned' },
    paths: sortKeys(paths),
    security: [{ BearerToken: [] }],
    securityDefinitions: {
      BearerToken: { description: 'Bearer Token authentication', in: 'header', name: 'authorization', type: 'apiKey' },
    },
    swagger: '2.0',
  }
}

function convertPath(item: PathItem): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(item).map(([method, part]) => [
      method,
      'operationId' in part ? convertOperation(part) : part.map(convertParameter),
    ]),
  )
}

function convertParameter({ schema, ...parameter }: Parameter): unknown {
  return { ...parameter, ...schema }
}

type Content = Readonly<Record<string, { readonly schema: unknown }>>

function convertOperation(operation: Operation): Record<string, unknown> {
  const { parameters = [], requestBody, responses, ...rest } = operation
  const body = requestBody as { content: Content; required?: true } | undefined
  const ok = (responses['200'] as { content: Content } | undefined)?.content ?? {}
  const produces = Object.keys(ok)
  const all = [...(body === undefined ? [] : [bodyParameter(body)]), ...parameters.map(convertParameter)]
  // The list of resources is no operation on an object: it "consumes" what it produces.
  const consumes =
    operation['x-kubernetes-action'] === undefined ? produces : Object.keys(body?.content ?? { '*/*': {} })
  return {
    consumes,
    ...rest,
    ...(all.length > 0 && { parameters: all }),
    produces,
    responses: Object.fromEntries(
      Object.entries(responses).map(([code, response]) => [code, convertResponse(response)]),
    ),
    schemes: ['https'],
  }
}

function bodyParameter(body: { content: Content; required?: true }): unknown {
  const schema = convertRef(Object.values(body.content)[0]!.schema)
  return { in: 'body', name: 'body', ...(body.required && { required: true }), schema }
}

function convertResponse(response: unknown): unknown {
  const { content, ...rest } = response as { content?: Content }
  return content === undefined ? rest : { ...rest, schema: convertRef(Object.values(content)[0]!.schema) }
}

function convertRef(schema: unknown): unknown {
  const { $ref } = schema as { $ref?: string }
  return $ref === undefined ? schema : { $ref: $ref.replace('#/components/schemas/', v2.refPrefix) }
}
