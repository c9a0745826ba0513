import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { conform, DecodeError, encodeJson, schemaOf } from '../schema/index.ts'
import {
  decodeBase64,
  decodeProtobuf,
  encodeBase64,
  encodeProtobuf,
  encodeProtobufList,
  encodeWatchFrame,
  isProtobuf,
  openEnvelope,
  sealEnvelope,
} from './index.ts'

const pod = schemaOf('io.k8s.api.core.v1.Pod')
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const examplePod = {
  metadata: { name: 'wéb', labels: { b: '2', a: '1' }, creationTimestamp: '2026-01-02T03:04:05Z', generation: 3 },
  spec: {
    volumes: [
      { name: 'v', emptyDir: {} },
      { name: 'c', configMap: { name: 'cm', defaultMode: 420 } },
    ],
    containers: [
      {
        name: 'main',
        image: 'x'.repeat(300),
        resources: { limits: { cpu: '500m' } },
        livenessProbe: { httpGet: { path: '/', port: 'http' }, periodSeconds: 10 },
      },
    ],
    terminationGracePeriodSeconds: 0,
    tolerations: [{ tolerationSeconds: -1 }],
  },
}

test('decodeProtobuf() inverts encodeProtobuf(), with embedded structs, maps, negative and explicit zero values', () => {
  const { object } = conform(examplePod, pod)
  const decoded = conform(decodeProtobuf(encodeProtobuf(object, pod), pod), pod).object
  assert.equal(encodeJson(decoded, pod), encodeJson(object, pod))
})

test('decodeProtobuf() leaves out the zeros that Go writes for fields that are no pointers', () => {
  const zeros = {
    metadata: { name: 'a', generateName: '', namespace: '', generation: 0 },
    spec: { hostNetwork: false, nodeName: '' },
    status: {},
  }
  assert.deepEqual(decodeProtobuf(encodeProtobuf(zeros, pod), pod), { metadata: { name: 'a' } })
})

test('decodeProtobuf() keeps the zeros that Go prints', () => {
  const status = schemaOf('io.k8s.api.core.v1.ContainerStatus')
  const zeros = { name: '', ready: false, restartCount: 0, image: '', imageID: '', started: false, containerID: '' }
  const kept = { name: '', ready: false, restartCount: 0, image: '', imageID: '', started: false }
  assert.deepEqual(decodeProtobuf(encodeProtobuf(zeros, status), status), kept)
})

test('decodeProtobuf() passes over unknown fields and takes packed numbers', () => {
  const unknown = Uint8Array.of(
    0x98,
    0x06,
    5,
    0x9a,
    0x06,
    1,
    7,
    0x9b,
    0x06,
    0x08,
    1,
    0x9c,
    0x06,
    0x9d,
    0x06,
    1,
    2,
    3,
    4,
  )
  const context = schemaOf('io.k8s.api.core.v1.PodSecurityContext')
  const packed = Uint8Array.of(0x22, 3, 1, 0x80, 0x01)
  assert.deepEqual(decodeProtobuf(Uint8Array.from([...unknown, ...packed]), context), { supplementalGroups: [1, 128] })
})

const broken: Readonly<Record<string, [readonly number[], string]>> = {
  'a length beyond the end': [[0x0a, 0xff, 0xff, 0xff, 0x7f, 1], 'unexpected EOF'],
  'an endless varint': [[0x0a, ...Array(12).fill(0xff)], 'proto: integer overflow'],
  'field zero': [[0x02, 0], 'proto: illegal tag 0 (wire type 2)'],
  'wire type seven': [[0x0f], 'proto: illegal wireType 7'],
  'a wrong wire type': [[0x08, 1], 'proto: wrong wireType = 0 for field metadata'],
  'an end of group alone': [[0x9c, 0x06], 'proto: unexpected end of group'],
}

for (const [name, [bytes, message]] of Object.entries(broken)) {
  test(`decodeProtobuf() refuses ${name}`, () => {
    assert.throws(() => decodeProtobuf(Uint8Array.from(bytes), pod), new DecodeError(message))
  })
}

test('openEnvelope() inverts sealEnvelope() and refuses what has no magic', () => {
  const sealed = sealEnvelope('apps/v1', 'Deployment', Uint8Array.of(1, 2), Uint8Array.of(3))
  assert.ok(isProtobuf(sealed))
  const { apiVersion, kind, raw } = openEnvelope(sealed)
  assert.deepEqual([apiVersion, kind, hex(raw)], ['apps/v1', 'Deployment', '010203'])
  assert.throws(() => openEnvelope(Uint8Array.of(1, 2, 3, 4)), /expected prefix/)
})

test('encodeProtobufList() is what encoding the whole list gives', () => {
  const list = schemaOf('io.k8s.api.core.v1.PodList')
  const metadata = { resourceVersion: '7', continue: 'c', remainingItemCount: 2 }
  const items = [examplePod, { metadata: { name: 'b' } }].map(item => conform(item, pod).object)
  const whole = sealEnvelope('v1', 'PodList', encodeProtobuf({ metadata, items }, list))
  assert.equal(
    hex(
      encodeProtobufList(
        'v1',
        'PodList',
        metadata,
        items.map(item => encodeProtobuf(item, pod)),
      ),
    ),
    hex(whole),
  )
})

test('encodeWatchFrame() frames a WatchEvent around the sealed object', () => {
  const object = sealEnvelope('v1', 'Pod', encodeProtobuf({ metadata: { name: 'a' } }, pod))
  const frame = encodeWatchFrame('ADDED', object)
  assert.equal(new DataView(frame.buffer, frame.byteOffset).getUint32(0), frame.length - 4)
  const inner = object.length
  const head = [0x0a, 5, ...Buffer.from('ADDED'), 0x12, inner + 2, 0x0a, inner]
  assert.equal(hex(frame.subarray(4)), hex(Uint8Array.from([...head, ...object])))
})

test('base64 of any bytes is that of the platform', () => {
  fc.assert(
    fc.property(fc.uint8Array(), bytes => {
      const text = Buffer.from(bytes).toString('base64')
      assert.equal(encodeBase64(bytes), text)
      assert.deepEqual([...decodeBase64(text)], [...bytes])
    }),
  )
})

test('no mutated body does anything but decode or throw DecodeError', () => {
  const seed = encodeProtobuf(conform(examplePod, pod).object, pod)
  const crd = schemaOf('io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps')
  const edits = fc.array(fc.tuple(fc.nat(seed.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 })
  const attempt = (bytes: Uint8Array, schema: typeof pod): void => {
    try {
      conform(decodeProtobuf(bytes, schema), schema)
      openEnvelope(Uint8Array.from([0x6b, 0x38, 0x73, 0, ...bytes]))
    } catch (error) {
      assert.ok(error instanceof DecodeError, String(error))
    }
  }
  fc.assert(
    fc.property(edits, fc.nat(seed.length), (changes, end) => {
      const bytes = seed.slice()
      for (const [at, byte] of changes) bytes[at] = byte
      attempt(bytes, pod)
      attempt(bytes.subarray(0, end), pod)
      attempt(bytes, crd)
    }),
    { numRuns: 3_000 },
  )
})
