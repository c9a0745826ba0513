import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { encodeJsonBytes, readResourceVersion, schemaOf, stampResourceVersion } from './index.ts'

const configMap = schemaOf('io.k8s.api.core.v1.ConfigMap')
const decoder = new TextDecoder()

/** Texts that try to look like the field. */
const hostile = fc.oneof(
  fc.string(),
  fc.constantFrom(
    '"resourceVersion":""',
    '\\"resourceVersion":"',
    'resourceVersion',
    '","resourceVersion":"7',
    '\u2028"',
  ),
)

test('stampResourceVersion() fills metadata.resourceVersion and nothing else, whatever the texts around it', () => {
  const record = fc.record({
    kind: hostile,
    apiVersion: hostile,
    metadata: fc.record({
      name: hostile,
      generateName: hostile,
      namespace: hostile,
      selfLink: hostile,
      uid: hostile,
      resourceVersion: fc.constant(''),
      labels: fc.dictionary(hostile, hostile),
    }),
    data: fc.dictionary(hostile, hostile),
  })
  fc.assert(
    fc.property(record, fc.nat(Number.MAX_SAFE_INTEGER), (object, revision) => {
      const bytes = encodeJsonBytes(object, configMap)
      const before = bytes.slice()
      const stamped = stampResourceVersion(bytes, revision)
      assert.deepEqual(bytes, before)
      const want = { ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } }
      assert.deepEqual(JSON.parse(decoder.decode(stamped)), JSON.parse(JSON.stringify(want)))
      assert.equal(readResourceVersion(stamped), String(revision))
      assert.equal(readResourceVersion(bytes), '')
    }),
  )
})

test('stampResourceVersion() refuses bytes without the field and bytes that are stamped', () => {
  const bytes = encodeJsonBytes({ metadata: { name: 'a', resourceVersion: '' } }, configMap)
  assert.throws(() => stampResourceVersion(stampResourceVersion(bytes, 1), 2), /is not empty/)
  assert.throws(() => stampResourceVersion(encodeJsonBytes({ metadata: { name: 'a' } }, configMap), 1), RangeError)
  assert.throws(() => readResourceVersion(new Uint8Array(0)), RangeError)
})
