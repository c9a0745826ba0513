/**
 * The OpenAPI v2 document in the protobuf form that clients up to kubectl 1.27 ask for: the messages of
 * github.com/google/gnostic-models, openapiv2/OpenAPIv2.proto, as far as our documents have their fields. Tables of
 * field numbers; extensions travel as YAML, which JSON is.
 */
import { Writer } from '../codec/index.ts'
import type { OpenApiV2 } from './v2.ts'

/** Writes one value as field `number`; the writer runs backwards. */
type Put = (out: Writer, number: number, value: unknown) => void

type Json = Readonly<Record<string, unknown>>

const lengthDelimited = 2

function delimited(out: Writer, number: number, write: () => void): void {
  const end = out.length
  write()
  out.varint(out.length - end)
  out.varint((number << 3) | lengthDelimited)
}

const text: Put = (out, number, value) => delimited(out, number, () => out.text(String(value)))

const flag: Put = (out, number, value) => {
  out.varint(value === true ? 1 : 0)
  out.varint(number << 3)
}

const list =
  (item: Put): Put =>
  (out, number, value) => {
    for (const one of (value as readonly unknown[]).toReversed()) item(out, number, one)
  }

/** The message's fields by the names of JSON, in rising order; `extensions` is the number of vendor_extension, the last. */
function message(fields: Readonly<Record<string, readonly [number, Put]>>, extensions?: number): Put {
  const known = Object.entries(fields).toReversed()
  return (out, number, value) =>
    delimited(out, number, () => {
      const object = value as Json
      for (const name of Object.keys(object).toReversed()) {
        if (Object.hasOwn(fields, name)) continue
        if (extensions === undefined || !name.startsWith('x-'))
          throw new TypeError(`Cannot encode OpenAPI v2: no field is known for ${JSON.stringify(name)}`)
        extension(out, extensions, [name, object[name]])
      }
      for (const [name, [inner, put]] of known) if (object[name] !== undefined) put(out, inner, object[name])
    })
}

/** A message of one field that JSON does not show. */
const within =
  (inner: number, put: Put): Put =>
  (out, number, value) =>
    delimited(out, number, () => put(out, inner, value))

/** A repeated pair of name and value, which is what maps are. */
const pair =
  (value: Put): Put =>
  (out, number, entry) =>
    delimited(out, number, () => {
      const [name, part] = entry as readonly [string, unknown]
      value(out, 2, part)
      text(out, 1, name)
    })

const extension: Put = pair(within(2, (out, number, value) => text(out, number, `${JSON.stringify(value)}\n`)))

const map = (value: Put, inner = 1): Put => {
  const entries = list(pair(value))
  return within(inner, (out, number, object) => entries(out, number, Object.entries(object as Json)))
}

const texts = list(text)

const schema: Put = (out, number, value) => schemaMessage(out, number, value)

const schemaMessage = message(
  {
    $ref: [1, text],
    format: [2, text],
    description: [4, text],
    required: [19, texts],
    additionalProperties: [21, within(1, schema)],
    type: [22, within(1, text)],
    items: [23, within(1, schema)],
    allOf: [24, list(schema)],
    properties: [25, map(schema)],
  },
  31,
)

const bodyParameter = message({
  description: [1, text],
  name: [2, text],
  in: [3, text],
  required: [4, flag],
  schema: [5, schema],
})
const namedParameter = { required: [1, flag], in: [2, text], description: [3, text], name: [4, text] } as const
const queryParameter = message({ ...namedParameter, type: [6, text], uniqueItems: [20, flag] })
const pathParameter = message({ ...namedParameter, type: [5, text], uniqueItems: [19, flag] })

const parameter = within(1, (out, number, value) => {
  const place = (value as { in?: unknown }).in
  if (place === 'body') within(1, bodyParameter)(out, number, value)
  else if (place === 'path') within(2, within(4, pathParameter))(out, number, value)
  else within(2, within(3, queryParameter))(out, number, value)
})

const response = within(1, message({ description: [1, text], schema: [2, within(1, schema)] }))

const operation = message(
  {
    tags: [1, texts],
    description: [3, text],
    operationId: [5, text],
    produces: [6, texts],
    consumes: [7, texts],
    parameters: [8, list(parameter)],
    responses: [9, map(response)],
    schemes: [10, texts],
  },
  13,
)

const pathItem = message({
  get: [2, operation],
  put: [3, operation],
  post: [4, operation],
  delete: [5, operation],
  options: [6, operation],
  head: [7, operation],
  patch: [8, operation],
  parameters: [9, list(parameter)],
})

const apiKey = message({ type: [1, text], name: [2, text], in: [3, text], description: [4, text] })

const document = message({
  swagger: [1, text],
  info: [2, message({ title: [1, text], version: [2, text] })],
  paths: [8, map(pathItem, 2)],
  definitions: [9, map(schema)],
  security: [12, list(map((out, number, scopes) => delimited(out, number, () => texts(out, 1, scopes))))],
  securityDefinitions: [13, map(within(2, apiKey))],
})

/** The bytes of a gnostic `Document`. Throws TypeError for what the tables do not know. */
export function openapiV2Protobuf(openapi: OpenApiV2): Uint8Array {
  const out = new Writer()
  // The outermost message stands alone, without the field that `message` would make it.
  document(out, 1, openapi)
  return withoutHead(out.finish())
}

/** Cuts off the tag and the length of a field. */
function withoutHead(field: Uint8Array): Uint8Array {
  let at = 1
  while ((field[at]! & 0x80) !== 0) at++
  return field.subarray(at + 1)
}
