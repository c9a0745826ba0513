/** Thousands of generated requests against a live server: the answer is always an API object, and the server goes on. */
import assert from 'node:assert/strict'
import { Agent, request } from 'node:http'
import { test } from 'node:test'
import { encodeProtobuf, sealEnvelope } from '@petrel/machinery/codec'
import { pods } from '@petrel/machinery/kinds'
import fc from 'fast-check'
import { systemClock } from '../../base/index.ts'
import { startServer } from '../testing/start-server.ts'

const valid = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name: 'p',
    labels: { a: 'b' },
    annotations: { c: 'd' },
    finalizers: ['x/y'],
    ownerReferences: [{ apiVersion: 'v1', kind: 'K', name: 'n', uid: 'u' }],
  },
  spec: {
    containers: [
      {
        name: 'c',
        image: 'i',
        ports: [{ containerPort: 80 }],
        env: [{ name: 'A', value: 'b' }],
        resources: { limits: { cpu: '1' } },
        livenessProbe: { httpGet: { path: '/', port: 80 } },
      },
    ],
    volumes: [{ name: 'v', emptyDir: {} }],
    tolerations: [{ key: 'k', operator: 'Exists' }],
    terminationGracePeriodSeconds: 30,
  },
}

/** Any JSON, with keys that code trips over. */
const anything = fc.jsonValue({ maxDepth: 4 })
const key = fc.constantFrom(
  'metadata',
  'name',
  'namespace',
  '__proto__',
  'constructor',
  'toString',
  'kind',
  'apiVersion',
  'resourceVersion',
  'uid',
  'spec',
  '$patch',
  'finalizers',
  '',
)

/** The valid object with some places replaced, removed or added. */
const broken = fc
  .array(fc.tuple(fc.nat(), fc.oneof(fc.constant(undefined), anything), key), { minLength: 1, maxLength: 5 })
  .map(changes => {
    const object = structuredClone(valid) as unknown
    for (const [at, value, name] of changes) {
      const places: [Record<string, unknown>, string][] = []
      walk(object, places)
      const place = places[at % Math.max(1, places.length)]
      if (!place) continue
      if (value === undefined) delete place[0][place[1]]
      else if (at % 3 === 0)
        Object.defineProperty(place[0], name, { value, enumerable: true, configurable: true, writable: true })
      else place[0][place[1]] = value
    }
    return JSON.stringify(object) ?? ''
  })

function walk(value: unknown, places: [Record<string, unknown>, string][]): void {
  if (typeof value !== 'object' || value === null) return
  for (const name of Object.keys(value)) {
    places.push([value as Record<string, unknown>, name])
    walk((value as Record<string, unknown>)[name], places)
  }
}

const text = JSON.stringify(valid)
const proto = Buffer.from(sealEnvelope('v1', 'Pod', encodeProtobuf(valid, pods.schema)))

/** A prefix, with some bytes changed. */
const damaged = (whole: Buffer): fc.Arbitrary<Buffer> =>
  fc
    .tuple(fc.nat(whole.length), fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 8 }))
    .map(([length, flips]) => {
      const bytes = Buffer.from(whole)
      for (const [at, byte] of flips) bytes[at] = byte
      return bytes.subarray(0, Math.max(length, 1))
    })

const patch = fc.oneof(
  fc.array(
    fc.record(
      {
        op: fc.constantFrom('add', 'remove', 'replace', 'move', 'copy', 'test', 'nix'),
        path: fc.constantFrom(
          '/spec/containers/0',
          '/metadata/name',
          '/a/b',
          '',
          '/-1',
          '/spec/containers/-',
          '/__proto__/x',
        ),
        from: fc.constantFrom('/spec', '/nix', ''),
        value: anything,
      },
      { requiredKeys: ['op'] },
    ),
    { maxLength: 5 },
  ),
  fc.dictionary(key, anything),
  anything,
)

interface Sent {
  readonly method: string
  readonly path: string
  readonly type: string
  readonly body: Buffer | string
}

const path = '/api/v1/namespaces/ns/pods'
const query = fc.constantFrom(
  '',
  '?dryRun=All',
  '?fieldValidation=Strict',
  '?dryRun=x',
  '?fieldManager=%00',
  '?limit=-1',
  '?continue=eyJ2',
  '?resourceVersion=-1',
  '?labelSelector=%3D',
  '?pretty=1',
  '?timeoutSeconds=9999999999999',
)
const sent: fc.Arbitrary<Sent> = fc.oneof(
  fc.record({
    method: fc.constantFrom('POST', 'PUT'),
    path: fc.constant(''),
    type: fc.constant('application/json'),
    body: fc.oneof(
      broken,
      anything.map(value => JSON.stringify(value)),
      damaged(Buffer.from(text)),
    ),
  }),
  fc.record({
    method: fc.constant('POST'),
    path: fc.constant(''),
    type: fc.constant('application/yaml'),
    body: fc.oneof(fc.string(), damaged(Buffer.from(text))),
  }),
  fc.record({
    method: fc.constant('POST'),
    path: fc.constant(''),
    type: fc.constant('application/vnd.kubernetes.protobuf'),
    body: damaged(proto),
  }),
  fc.record({
    method: fc.constant('PATCH'),
    path: fc.constantFrom('/seed', '/seed/status', '/nix'),
    type: fc.constantFrom(
      'application/json-patch+json',
      'application/merge-patch+json',
      'application/strategic-merge-patch+json',
    ),
    body: patch.map(value => JSON.stringify(value)),
  }),
  fc.record({
    method: fc.constantFrom('GET', 'DELETE', 'HEAD', 'OPTIONS', 'PUT'),
    path: fc.oneof(fc.webPath(), fc.constantFrom('/seed/log', '/seed/exec', '/x/y/z', '/seed/binding', '/%2e%2e')),
    type: fc.constantFrom('application/json', 'nix', ''),
    body: fc.constant(''),
  }),
  fc.record({
    method: fc.constant('POST'),
    path: fc.constantFrom('/seed/binding', '/seed/eviction', '/seed/nix'),
    type: fc.constant('application/json'),
    body: fc.oneof(
      anything.map(value => JSON.stringify(value)),
      fc.constant('{"target":{}}'),
    ),
  }),
)

test('every generated request gets an API object, and the server goes on', async t => {
  const server = startServer({ clock: systemClock })
  const { port } = await server.listen()
  const agent = new Agent({ keepAlive: true, maxSockets: 8 })
  t.after(() => {
    agent.destroy()
    return server.close()
  })
  await server.call('POST', path, { ...valid, metadata: { name: 'seed' } })
  const problems: string[] = []
  const codes = new Map<number, number>()
  const send = (one: Sent, search: string): Promise<void> =>
    new Promise(resolve => {
      const target = one.path.startsWith('/') && one.path.includes('?') ? path + one.path : path + one.path + search
      const out = request(
        {
          port,
          agent,
          method: one.method,
          path: target,
          headers: {
            ...(one.type !== '' && { 'content-type': one.type }),
            'content-length': Buffer.byteLength(one.body),
          },
        },
        response => {
          const chunks: Buffer[] = []
          response.on('data', (chunk: Buffer) => void chunks.push(chunk))
          response.on('end', () => {
            const code = response.statusCode ?? 0
            codes.set(code, (codes.get(code) ?? 0) + 1)
            const problem = judge(one.method, code, Buffer.concat(chunks).toString())
            if (problem)
              problems.push(`${problem}: ${one.method} ${target} ${one.type} ${String(one.body).slice(0, 200)}`)
            resolve()
          })
        },
      )
      out.on('error', error => {
        problems.push(`${error.message}: ${one.method} ${target}`)
        resolve()
      })
      out.end(one.body)
    })
  const cases = fc.sample(fc.tuple(sent, query), { numRuns: 3000, seed: 7 })
  const queue = cases.values()
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      for (const [one, search] of queue) await send(one, search)
    }),
  )
  assert.deepEqual(problems.slice(0, 5), [])
  // The bodies reached every way in which a request ends, not one gate in front of all of them.
  for (const code of [200, 201, 400, 404, 405, 409, 415, 422]) assert.ok(codes.has(code), `${code}: ${codes.get(code)}`)
  assert.equal((await server.call('GET', '/readyz')).code, 200)
})

function judge(method: string, code: number, body: string): string | undefined {
  if (method === 'HEAD') return undefined
  if (code >= 500 && code !== 503 && !(code === 500 && body.includes('resourceVersion should not be set')))
    return `answered ${code} ${body.slice(0, 300)}`
  try {
    const { kind, code: inside } = JSON.parse(body) as { kind?: string; code?: number }
    if (typeof kind !== 'string') return `no kind in ${body.slice(0, 200)}`
    if (code >= 400 && (kind !== 'Status' || inside !== code)) return `a ${code} that is no Status`
    return undefined
  } catch {
    return code === 200 && body === '' ? undefined : `no JSON: ${body.slice(0, 200)}`
  }
}
