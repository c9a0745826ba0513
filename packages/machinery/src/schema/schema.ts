/**
 * The shape of data: one structural node type for built-in kinds (generated) and for CRDs alike. It is a tree of
 * nodes with shared, named definitions; cycles exist (JSONSchemaProps), so walk lazily.
 */
export type SchemaType = 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean' | 'int-or-string' | 'any'

/**
 * Formats with meaning here: `int32 int64 double byte date-time micro-time duration quantity int-or-string`, and for
 * what is kept as it came `raw-extension fields-v1 json`. `date-time` is metav1.Time, `micro-time` metav1.MicroTime,
 * `quantity` resource.Quantity, `duration` metav1.Duration. `schema-or-array schema-or-bool schema-or-strings` are the
 * unions inside JSONSchemaProps; `items` is then the schema of JSONSchemaProps. Others are annotations.
 */
export interface Schema {
  readonly type: SchemaType
  readonly format?: string
  /** Full definition name where the node is a named type: `io.k8s.api.core.v1.Pod`. */
  readonly name?: string
  /** Stands in the published OpenAPI. */
  readonly published?: boolean
  /** Known fields, in the order in which they are encoded (that of the protobuf declaration, as upstream's structs). */
  readonly properties?: ReadonlyMap<string, Property>
  /** Maps: the schema of the values. */
  readonly values?: Schema
  /** Arrays. */
  readonly items?: Schema
  /** The array is a named slice in Go: in protobuf a message of its own, with the items as field 1. */
  readonly protoWrapped?: boolean
  readonly listType?: 'atomic' | 'set' | 'map'
  readonly listMapKeys?: readonly string[]
  readonly mapType?: 'atomic' | 'granular'
  /** Unknown fields are kept and not looked into (RawExtension, x-kubernetes-preserve-unknown-fields). */
  readonly preserveUnknown?: boolean
}

export interface Property {
  readonly schema: Schema
  readonly required: boolean
  /** Protobuf field number; 0 where the type has no protobuf form. */
  readonly proto: number
  /** Field numbers of the embedded messages that lie between the type and this field, outermost first. */
  readonly protoVia?: readonly number[]
  /** A zero value says something else than no value. */
  readonly pointer?: boolean
  /** Zero values of fields that are no pointers are left out of JSON, as Go's omitempty does. */
  readonly omitEmpty?: boolean
  /** The Go type where it follows neither from the schema nor from its name: type faults name it. */
  readonly goType?: string
  /** Strategic merge patch: `merge`, `replace`, `retainKeys`. */
  readonly patchStrategy?: readonly string[]
  readonly patchMergeKey?: string
  /** Defaults that the published schema carries. */
  readonly default?: unknown
  /** These override the node's own where the field says otherwise than its type. */
  readonly listType?: 'atomic' | 'set' | 'map'
  readonly listMapKeys?: readonly string[]
  readonly mapType?: 'atomic' | 'granular'
}
