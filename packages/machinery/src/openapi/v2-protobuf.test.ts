import assert from 'node:assert/strict'
import { test } from 'node:test'
import { configMaps } from '../kinds/index.ts'
import { openapiV2, openapiV2Protobuf } from './index.ts'

type Field = { readonly number: number; readonly value: number | Uint8Array }

/** Reads the wire format alone: numbers, varints and lengths. */
function* fields(bytes: Uint8Array): Generator<Field> {
  let at = 0
  const varint = (): number => {
    for (let value = 0, scale = 1; ; scale *= 128) {
      const byte = bytes[at++]!
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value
    }
  }
  while (at < bytes.length) {
    const tag = varint()
    if ((tag & 7) === 0) yield { number: tag >> 3, value: varint() }
    else {
      assert.equal(tag & 7, 2)
      const length = varint()
      yield { number: tag >> 3, value: bytes.subarray(at, at + length) }
      at += length
    }
  }
  assert.equal(at, bytes.length)
}

/** What lies under a path of field numbers, as text. */
function texts(bytes: Uint8Array, path: readonly number[]): string[] {
  const [head, ...rest] = path
  return [...fields(bytes)]
    .filter(({ number }) => number === head)
    .flatMap(({ value }) => {
      if (typeof value === 'number') return [String(value)]
      return rest.length > 0 ? texts(value, rest) : [new TextDecoder().decode(value)]
    })
}

/** The value of a repeated pair of name and value. */
function named(bytes: Uint8Array, path: readonly number[], name: string): Uint8Array {
  let level = [bytes]
  for (const number of path) {
    level = level.flatMap(part => [...fields(part)].filter(f => f.number === number).map(f => f.value as Uint8Array))
  }
  const found = level.find(pair => texts(pair, [1])[0] === name)
  assert.ok(found, `there is no ${name}`)
  return [...fields(found)].find(({ number }) => number === 2)!.value as Uint8Array
}

const docs = { 'io.k8s.api.core.v1.ConfigMap': { description: 'Text.', fields: { data: 'The data.' } } }
const document = openapiV2([{ group: '', version: 'v1', kinds: [configMaps] }], docs)
const bytes = openapiV2Protobuf(document)

test('openapiV2Protobuf() puts head, definitions and security under the numbers of OpenAPIv2.proto', () => {
  assert.deepEqual(texts(bytes, [1]), ['2.0'])
  assert.deepEqual([texts(bytes, [2, 1]), texts(bytes, [2, 2])], [['Kubernetes'], ['unversioned']])
  assert.deepEqual(texts(bytes, [9, 1, 1]), Object.keys(document.definitions))
  assert.deepEqual(texts(bytes, [12, 1, 1]), ['BearerToken'])
  assert.deepEqual(texts(named(bytes, [13, 1], 'BearerToken'), [2, 1]), ['apiKey'])
})

test('openapiV2Protobuf() writes schemas with types, references, maps and extensions as YAML', () => {
  const configMap = named(bytes, [9, 1], 'io.k8s.api.core.v1.ConfigMap')
  assert.deepEqual([texts(configMap, [4]), texts(configMap, [22, 1])], [['Text.'], ['object']])
  const data = named(configMap, [25, 1], 'data')
  assert.deepEqual([texts(data, [4]), texts(data, [21, 1, 22, 1])], [['The data.'], ['string']])
  assert.deepEqual(texts(named(configMap, [25, 1], 'metadata'), [1]), [
    '#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta',
  ])
  const kinds = named(configMap, [31], 'x-kubernetes-group-version-kind')
  assert.deepEqual(JSON.parse(texts(kinds, [2])[0]!), [{ group: '', kind: 'ConfigMap', version: 'v1' }])
  const list = named(bytes, [9, 1], 'io.k8s.api.core.v1.ConfigMapList')
  assert.deepEqual(texts(named(list, [25, 1], 'items'), [23, 1, 1]), ['#/definitions/io.k8s.api.core.v1.ConfigMap'])
  assert.deepEqual(texts(list, [19]), ['items'])
})

test('openapiV2Protobuf() writes operations with body, query and path parameters', () => {
  const path = named(bytes, [8, 2], '/api/v1/namespaces/{namespace}/configmaps')
  assert.deepEqual(texts(path, [4, 5]), ['createCoreV1NamespacedConfigMap'])
  assert.deepEqual(texts(path, [4, 8, 1, 1, 5, 1]), ['#/definitions/io.k8s.api.core.v1.ConfigMap'])
  assert.ok(texts(path, [2, 8, 1, 2, 3, 4]).includes('labelSelector'))
  assert.deepEqual(texts(path, [9, 1, 2, 4, 4]), ['namespace'])
  const created = [...fields(path)].find(({ number }) => number === 4)!.value as Uint8Array
  assert.ok(texts(named(created, [9, 1], '201'), [1, 2, 1, 1]).includes('#/definitions/io.k8s.api.core.v1.ConfigMap'))
})

test('openapiV2Protobuf() refuses what it has no number for', () => {
  const odd = { ...document, definitions: { a: { pattern: 'x' } } }
  assert.throws(() => openapiV2Protobuf(odd), /no field is known for "pattern"/)
})
