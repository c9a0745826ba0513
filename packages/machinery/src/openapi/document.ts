/** The parts of an OpenAPI document as this folder writes them, and the descriptions it may be given. */
export interface Docs {
  readonly description?: string
  readonly fields?: Readonly<Record<string, string>>
}

/** Definition name to its descriptions. */
export type AllDocs = Readonly<Record<string, Docs>>

export interface GroupVersionKind {
  readonly group: string
  readonly kind: string
  readonly version: string
}

/** A schema object of JSON; keys are written in alphabetical order, as upstream serves them. */
export type JsonSchema = Record<string, unknown>

export interface Parameter {
  readonly description?: string
  readonly in: 'path' | 'query'
  readonly name: string
  readonly required?: true
  readonly schema: { readonly type: string; readonly uniqueItems: true }
}

export interface Operation {
  readonly operationId: string
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: unknown
  readonly responses: Readonly<Record<string, unknown>>
  readonly tags: readonly string[]
  readonly 'x-kubernetes-action'?: string
  readonly 'x-kubernetes-group-version-kind'?: GroupVersionKind
}

/** Methods in lower case, and `parameters` that all of them have. */
export type PathItem = Record<string, Operation | readonly Parameter[]>

export interface OpenApiV3 {
  readonly components: {
    readonly schemas: Readonly<Record<string, JsonSchema>>
    readonly securitySchemes: unknown
  }
  readonly info: { readonly title: string; readonly version: string }
  readonly openapi: '3.0.0'
  readonly paths: Readonly<Record<string, PathItem>>
}
