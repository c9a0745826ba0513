import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { conform, DecodeError, definitionNames, encodeJson, ordered, schemaOf } from './index.ts'

const deployment = schemaOf('io.k8s.api.apps.v1.Deployment')
const configMap = schemaOf('io.k8s.api.core.v1.ConfigMap')
const inContainer = (container: unknown): unknown => ({ spec: { template: { spec: { containers: [container] } } } })

const faults: readonly (readonly [string, unknown, string])[] = [
  [
    'string for int32',
    { spec: { replicas: 'x' } },
    'json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32',
  ],
  [
    'int32 overflow',
    { spec: { replicas: 3e9 } },
    'json: cannot unmarshal number 3000000000 into Go struct field DeploymentSpec.spec.replicas of type int32',
  ],
  [
    'fraction for int32',
    { spec: { replicas: 1.5 } },
    'json: cannot unmarshal number 1.5 into Go struct field DeploymentSpec.spec.replicas of type int32',
  ],
  [
    'string for list',
    inContainerList('x'),
    'json: cannot unmarshal string into Go struct field PodSpec.spec.template.spec.containers of type []v1.Container',
  ],
  [
    'number for string',
    inContainer({ env: [{ name: 'a', value: 1 }] }),
    'json: cannot unmarshal number into Go struct field EnvVar.spec.template.spec.containers.env.value of type string',
  ],
  [
    'number for a named string',
    inContainer({ imagePullPolicy: 1 }),
    'json: cannot unmarshal number into Go struct field Container.spec.template.spec.containers.imagePullPolicy of type v1.PullPolicy',
  ],
  [
    'number for a label',
    { metadata: { labels: { a: 1 } } },
    'json: cannot unmarshal number into Go struct field ObjectMeta.metadata.labels of type string',
  ],
  [
    'array for object',
    { spec: [] },
    'json: cannot unmarshal array into Go struct field Deployment.spec of type v1.DeploymentSpec',
  ],
  [
    'string for bool',
    { spec: { paused: 'yes' } },
    'json: cannot unmarshal string into Go struct field DeploymentSpec.spec.paused of type bool',
  ],
  ['no object at all', [], 'json: cannot unmarshal array into Go value of type v1.Deployment'],
  [
    'bad quantity',
    inContainer({ resources: { limits: { cpu: 'x' } } }),
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
  ],
  [
    'bad time',
    { metadata: { creationTimestamp: 'x' } },
    'parsing time "x" as "2006-01-02T15:04:05Z07:00": cannot parse "x" as "2006"',
  ],
  [
    'time out of range',
    { metadata: { creationTimestamp: '2026-02-30T00:00:00Z' } },
    'parsing time "2026-02-30T00:00:00Z": day out of range',
  ],
  [
    'number for time',
    { metadata: { creationTimestamp: 1 } },
    'json: cannot unmarshal number into Go value of type string',
  ],
  [
    'bool for int-or-string',
    { spec: { strategy: { rollingUpdate: { maxSurge: true } } } },
    'json: cannot unmarshal bool into Go value of type int32',
  ],
]

function inContainerList(containers: unknown): unknown {
  return { spec: { template: { spec: { containers } } } }
}

for (const [name, body, message] of faults) {
  test(`conform() throws upstream's words when given: ${name}`, () => {
    assert.throws(() => conform(body, deployment), new DecodeError(message))
  })
}

test('conform() refuses bad base64 at the byte Go names', () => {
  const secret = schemaOf('io.k8s.api.core.v1.Secret')
  const cases = { hello: 4, aGk: 0, 'a*==': 1, 'aGk=x': 4 }
  for (const [text, at] of Object.entries(cases)) {
    assert.throws(
      () => conform({ data: { k: text } }, secret),
      new DecodeError(`illegal base64 data at input byte ${at}`),
    )
  }
  assert.deepEqual(conform({ data: { k: 'aGVs\nbG8=' } }, secret).object, { data: { k: 'aGVsbG8=' } })
})

test('conform() drops and names unknown fields in the order of the body', () => {
  const body = {
    zone: 1,
    spec: { foo: 1, template: { spec: { containers: [{ a: 1 }, { name: 'b', 'c"': 2 }] } } },
    bar: {},
  }
  const { object, unknown } = conform(body, deployment, { unknown: 'collect' })
  assert.deepEqual(object, { spec: { template: { spec: { containers: [{}, { name: 'b' }] } } } })
  assert.deepEqual(unknown, [
    'unknown field "zone"',
    'unknown field "spec.foo"',
    'unknown field "spec.template.spec.containers[0].a"',
    'unknown field "spec.template.spec.containers[1].c\\""',
    'unknown field "bar"',
  ])
  assert.deepEqual(conform(body, deployment).unknown, [])
})

const forms: readonly (readonly [string, string, unknown, unknown])[] = [
  [
    'drops nulls',
    'apps.v1.Deployment',
    { spec: null, metadata: { labels: null, name: 'a' } },
    { metadata: { name: 'a' } },
  ],
  ['keeps the zero of a pointer', 'apps.v1.DeploymentSpec', { replicas: 0, minReadySeconds: 0 }, { replicas: 0 }],
  [
    'keeps empty structs, drops empty maps and lists',
    'core.v1.PodSpec',
    { securityContext: {}, nodeSelector: {}, volumes: [], containers: [] },
    { containers: [], securityContext: {} },
  ],
  ['keeps what has no omitempty', 'core.v1.Container', { name: '', image: '' }, { name: '' }],
  [
    'prints quantities canonically',
    'core.v1.ResourceRequirements',
    { limits: { memory: '1024Mi', cpu: 0.5 } },
    { limits: { cpu: '500m', memory: '1Gi' } },
  ],
  [
    'prints times in UTC',
    'core.v1.PodStatus',
    { startTime: '2026-01-02T03:04:05.6+01:00' },
    { startTime: '2026-01-02T02:04:05Z' },
  ],
  ['reads null in a map as the zero value', 'core.v1.ConfigMap', { data: { a: null } }, { data: { a: '' } }],
  [
    'keeps raw extensions as they are',
    'apps.v1.ControllerRevision',
    { data: { b: null, a: [{}] }, revision: 1 },
    { data: { b: null, a: [{}] }, revision: 1 },
  ],
]

for (const [name, type, body, want] of forms) {
  test(`conform() ${name}`, () => {
    const schema = schemaOf(`io.k8s.api.${type}`)
    const { object } = conform(body, schema)
    assert.equal(JSON.stringify(object), JSON.stringify(want))
    assert.equal(JSON.stringify(conform(object, schema).object), JSON.stringify(want), 'and again')
  })
}

test('conform() puts fields in struct order and keys in order, and encodeJson does the same for what is out of order', () => {
  const body = {
    data: { b: '2', a: '1' },
    metadata: { labels: { z: '', y: '' }, namespace: 'n', name: 'a' },
    apiVersion: 'v1',
    kind: 'ConfigMap',
  }
  const want =
    '{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"a","namespace":"n","labels":{"y":"","z":""}},"data":{"a":"1","b":"2"}}'
  const { object } = conform(body, configMap)
  assert.equal(JSON.stringify(object), want)
  assert.equal(encodeJson(body, configMap), want)
  assert.equal(ordered(object, configMap), object, 'no copy where nothing moves')
  assert.equal(encodeJson({ ...body, immutable: undefined, binaryData: null }, configMap), want)
})

test('conform() survives hostile keys and deep nesting', () => {
  const body = JSON.parse(
    '{"metadata":{"labels":{"__proto__":"x","constructor":"y"}},"__proto__":{"kind":"evil"},"toString":1}',
  )
  const { object, unknown } = conform<{ kind?: string; metadata: { labels: object } }>(body, configMap, {
    unknown: 'collect',
  })
  assert.equal(object.kind, undefined)
  assert.deepEqual(Object.keys(object.metadata.labels).sort(), ['__proto__', 'constructor'])
  assert.deepEqual(unknown, ['unknown field "__proto__"', 'unknown field "toString"'])

  const crd = schemaOf('io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps')
  for (const open of ['{"not":', '{"default":{"a":', '{"items":[', '{"example":[']) {
    const close = [...open]
      .flatMap(c => (c === '{' ? ['}'] : c === '[' ? [']'] : []))
      .reverse()
      .join('')
    const deep = JSON.parse(`${open.repeat(10_000)}{}${close.repeat(10_000)}`)
    assert.throws(() => conform(deep, crd), new DecodeError('json: exceeded max depth'))
  }
})

test('conform() gives an object that conforms to itself, for anything', () => {
  const names = definitionNames()
  fc.assert(
    fc.property(
      fc.constantFrom(...names),
      fc.object({ maxDepth: 3, key: fc.constantFrom('metadata', 'spec', 'name', 'items', 'status') }),
      (name, body) => {
        const schema = schemaOf(name)
        let first: unknown
        try {
          first = conform(JSON.parse(JSON.stringify(body)), schema).object
        } catch (error) {
          assert.ok(error instanceof DecodeError)
          return
        }
        assert.deepEqual(conform(first, schema, { unknown: 'collect' }), { object: first, unknown: [] })
      },
    ),
    { numRuns: 500 },
  )
})
