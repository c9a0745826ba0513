/** What clients send wrong, over HTTP: each gets a Status with upstream's code, reason and words, and the server goes on. */
import assert from 'node:assert/strict'
import { request } from 'node:http'
import { after, before, test } from 'node:test'
import { sealEnvelope } from '@petrel/machinery/codec'
import { systemClock } from '../../base/index.ts'
import { type Body, startServer, type TestServer } from '../testing/start-server.ts'
import type { Listener } from './listen.ts'

let server: TestServer
let listener: Listener
const maps = '/api/v1/namespaces/ns/configmaps'
const pods = '/api/v1/namespaces/ns/pods'
const deployments = '/apis/apps/v1/namespaces/ns/deployments'
const patchOf = (kind: string): string => `application/${kind}-patch+json`
const limitBytes = 3 * 1024 * 1024

before(async () => {
  server = startServer({ clock: systemClock })
  listener = await server.listen()
  await server.call('POST', maps, { metadata: { name: 'seed' }, data: { a: 'b' } })
  await server.call('POST', deployments, {
    metadata: { name: 'seed' },
    spec: {
      selector: { matchLabels: { a: 'b' } },
      template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } },
    },
  })
})
after(() => server.close())

interface Case {
  readonly what: string
  readonly at: string
  readonly method?: string
  readonly type?: string
  readonly body?: string | Uint8Array
  readonly code: number
  readonly reason: string
  readonly message: RegExp
}

const deep = (open: string, close: string, times: number): string => open.repeat(times) + close.repeat(times)
const yaml = 'application/yaml'
const proto = 'application/vnd.kubernetes.protobuf'
const bad = { code: 400, reason: 'BadRequest' } as const
const invalid = { code: 422, reason: 'Invalid' } as const
const post = { method: 'POST', type: 'application/json', at: maps } as const
const patch = { method: 'PATCH', at: `${maps}/seed` } as const
const pod = (spec: object, metadata: object = { name: 'p' }): string => JSON.stringify({ metadata, spec })
const container = { name: 'c', image: 'i' }

const cases: readonly Case[] = [
  { what: 'nothing as YAML', ...post, type: yaml, body: '', ...bad, message: /./ },
  { what: 'two YAML documents', ...post, type: yaml, body: 'a: 1\n---\nb: 1\n', ...bad, message: /one document/ },
  { what: 'a YAML alias bomb', ...post, type: yaml, body: bomb(), ...bad, message: /yaml: .*alias/ },
  { what: 'YAML nested deeply', ...post, type: yaml, body: `a: ${deep('[', ']', 5_000)}`, ...bad, message: /yaml: / },
  {
    what: 'a long YAML with a key given twice',
    ...post,
    type: yaml,
    body: `data:\n${Array.from({ length: 5_000 }, (_, i) => `  k${i}: v\n`).join('')}  k1: w\n`,
    ...bad,
    message: /line 5002: key "k1" already set in map/,
  },
  { what: 'protobuf without its magic', ...post, type: proto, body: 'nix', ...bad, message: /./ },
  {
    what: 'protobuf cut short',
    ...post,
    type: proto,
    body: sealEnvelope('v1', 'ConfigMap', Uint8Array.of(10, 200, 1)),
    ...bad,
    message: /./,
  },
  {
    what: 'protobuf of another kind',
    ...post,
    type: proto,
    body: sealEnvelope('v1', 'Secret', new Uint8Array(0)),
    ...bad,
    message: /Secret.*ConfigMap/,
  },
  {
    what: 'protobuf groups without end',
    ...post,
    type: proto,
    body: sealEnvelope('v1', 'ConfigMap', new Uint8Array(100_000).fill(0x0b)),
    ...bad,
    message: /./,
  },
  {
    what: 'a patch that is no JSON',
    ...patch,
    type: patchOf('merge'),
    body: '{',
    ...bad,
    message: /error decoding patch: unexpected end of JSON input/,
  },
  { what: 'a JSON patch that is no list', ...patch, type: patchOf('json'), body: '{}', ...bad, message: /./ },
  {
    what: 'a JSON patch with an unknown operation',
    ...patch,
    type: patchOf('json'),
    body: '[{"op":"nix","path":"/a"}]',
    code: 422,
    reason: 'Invalid',
    message: /./,
  },
  {
    what: 'a JSON patch of a path that is not there',
    ...patch,
    type: patchOf('json'),
    body: '[{"op":"remove","path":"/nix/nix"}]',
    ...invalid,
    message: /the server rejected our request/,
  },
  {
    what: 'a JSON patch of too many steps',
    ...patch,
    type: patchOf('json'),
    body: JSON.stringify(Array.from({ length: 10_001 }, () => ({ op: 'test', path: '/kind', value: 'ConfigMap' }))),
    code: 413,
    reason: 'RequestEntityTooLarge',
    message: /The allowed maximum operations in a JSON patch is 10000, got 10001/,
  },
  { what: 'a merge patch that is a list', ...patch, type: patchOf('merge'), body: '[]', ...bad, message: /./ },
  {
    what: 'a merge patch nested deeply',
    ...patch,
    type: patchOf('merge'),
    body: deep('{"a":', '}', 50_000).replace('}', '1}'),
    ...bad,
    message: /./,
  },
  {
    what: 'a strategic patch without its merge key',
    method: 'PATCH',
    at: `${deployments}/seed`,
    type: patchOf('strategic-merge'),
    body: '{"spec":{"template":{"spec":{"containers":[{"image":"j"}]}}}}',
    ...bad,
    message: /does not contain declared merge key: name/,
  },
  {
    what: 'a patch of no known type',
    ...patch,
    type: 'application/json',
    body: '{}',
    code: 415,
    reason: 'UnsupportedMediaType',
    message:
      /the body of the request was in an unknown format - accepted media types include: application\/json-patch\+json/,
  },
  {
    what: 'a patch that changes the name',
    ...patch,
    type: patchOf('merge'),
    body: '{"metadata":{"name":"other"}}',
    ...bad,
    message: /./,
  },
  {
    what: 'an unknown field, strictly',
    ...post,
    at: `${maps}?fieldValidation=Strict`,
    body: '{"metadata":{"name":"x"},"nix":1}',
    ...bad,
    message: /ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "nix"/,
  },
  {
    what: 'a field given twice, strictly',
    ...post,
    at: `${maps}?fieldValidation=Strict`,
    body: '{"metadata":{"name":"x","name":"x"}}',
    ...bad,
    message: /strict decoding error: duplicate field "metadata.name"/,
  },
  {
    what: 'an unknown way of field validation',
    ...post,
    at: `${maps}?fieldValidation=Nix`,
    body: '{}',
    ...invalid,
    message: /fieldValidation: Unsupported value: "Nix"/,
  },
  {
    what: 'a number where text belongs',
    ...post,
    body: '{"metadata":{"name":1}}',
    ...bad,
    message: /json: cannot unmarshal number into Go struct field .*metadata\.name of type string/,
  },
  {
    what: 'text where a number belongs',
    ...post,
    at: deployments,
    body: '{"metadata":{"name":"x"},"spec":{"replicas":"2"}}',
    ...bad,
    message: /cannot unmarshal string into Go struct field .*spec\.replicas of type int32/,
  },
  {
    what: 'a number out of range',
    ...post,
    at: deployments,
    body: '{"metadata":{"name":"x"},"spec":{"replicas":5000000000}}',
    ...bad,
    message: /cannot unmarshal number 5000000000 into Go struct field .*replicas of type int32/,
  },
  {
    what: 'a bad quantity',
    ...post,
    at: pods,
    body: pod({ containers: [{ ...container, resources: { limits: { cpu: 'much' } } }] }),
    ...bad,
    message: /quantities must match the regular expression/,
  },
  {
    what: 'a bad name',
    ...post,
    body: '{"metadata":{"name":"Not_A_Name"}}',
    ...invalid,
    message: /metadata\.name: Invalid value: "Not_A_Name": a lowercase RFC 1123 subdomain must consist of/,
  },
  {
    what: 'a name that is a path',
    ...post,
    body: '{"metadata":{"name":"../x"}}',
    ...invalid,
    message: /metadata\.name: Invalid value: "\.\.\/x"/,
  },
  { what: 'no name at all', ...post, body: '{}', ...invalid, message: /name or generateName is required/ },
  {
    what: 'a bad label',
    ...post,
    body: '{"metadata":{"name":"x","labels":{"a b":"c"}}}',
    ...invalid,
    message: /metadata\.labels: Invalid value: "a b"/,
  },
  {
    what: 'a pod without containers',
    ...post,
    at: pods,
    body: pod({}),
    ...invalid,
    message: /spec\.containers: Required value/,
  },
  {
    what: 'a resourceVersion on a create',
    ...post,
    body: '{"metadata":{"name":"x","resourceVersion":"5"}}',
    code: 500,
    reason: '',
    message: /resourceVersion should not be set on objects to be created/,
  },
  {
    what: 'a resourceVersion that is no number',
    method: 'PUT',
    type: 'application/json',
    at: `${maps}/seed`,
    body: '{"metadata":{"name":"seed","resourceVersion":"x"}}',
    ...bad,
    message: /./,
  },
  {
    what: 'another version than that of the URL',
    ...post,
    body: '{"apiVersion":"v2","kind":"ConfigMap","metadata":{"name":"x"}}',
    ...bad,
    message: /the API version in the data \(v2\) does not match the expected API version \(v1\)/,
  },
  {
    what: 'a version that is not served',
    at: '/apis/apps/v9/deployments',
    code: 404,
    reason: 'NotFound',
    message: /could not find the requested resource/,
  },
  {
    what: 'a bad label selector',
    at: `${maps}?labelSelector=${encodeURIComponent('a in (')}`,
    ...bad,
    message: /unable to parse requirement/,
  },
  {
    what: 'a bad field selector',
    at: `${maps}?fieldSelector=nix`,
    ...bad,
    message: /invalid selector: 'nix'; can't understand 'nix'/,
  },
  {
    what: 'a continue token that is none',
    at: `${maps}?limit=1&continue=nix`,
    ...bad,
    message: /continue key is not valid/,
  },
  {
    what: 'a continue token from outside the collection',
    at: `${maps}?limit=1&continue=${token({ v: 'meta.k8s.io/v1', rv: 1, start: '../../secrets/' })}`,
    ...bad,
    message: /continue key is not valid/,
  },
  {
    what: 'a limit that is no number',
    at: `${maps}?limit=many`,
    ...bad,
    message: /strconv\.ParseInt: parsing "many": invalid syntax/,
  },
  { what: 'a resourceVersion that is none', at: `${maps}?resourceVersion=nix`, ...bad, message: /nix/ },
  {
    what: 'a version match without a version',
    at: `${maps}?resourceVersionMatch=Exact`,
    ...invalid,
    message: /resourceVersionMatch is forbidden unless resourceVersion is provided/,
  },
  {
    what: 'an unknown dry run',
    ...post,
    at: `${maps}?dryRun=Some`,
    body: '{"metadata":{"name":"x"}}',
    ...invalid,
    message: /dryRun: Unsupported value: \["Some"\]: supported values: "All"/,
  },
  { what: 'a negative grace period', method: 'DELETE', at: `${maps}/seed?gracePeriodSeconds=x`, ...bad, message: /./ },
  {
    what: 'an unknown propagation',
    method: 'DELETE',
    at: `${maps}/seed?propagationPolicy=Nix`,
    ...invalid,
    message: /propagationPolicy: Unsupported value: "Nix"/,
  },
]

function token(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

function bomb(): string {
  const level = (i: number): string => `a${i}: &a${i} [${Array.from({ length: 10 }, () => `*a${i - 1}`).join(', ')}]\n`
  return `a0: &a0 [x]\n${Array.from({ length: 9 }, (_, i) => level(i + 1)).join('')}`
}

for (const { what, at, method = 'GET', type, body, code, reason, message } of cases) {
  test(`${what} gets ${code} ${reason}`, async () => {
    const response = await fetch(listener.url + at, {
      method,
      headers: type === undefined ? {} : { 'content-type': type },
      ...(body !== undefined && { body: body as string }),
    })
    const status = (await response.json()) as Body
    assert.deepEqual(
      [response.status, status.kind, status.apiVersion, status.status, status.code, status.reason ?? ''],
      [code, 'Status', 'v1', 'Failure', code, reason],
      status.message,
    )
    assert.match(status.message, message)
    if (code === 422) assert.ok((status.details.causes?.length ?? 0) > 0 || method === 'PATCH', 'no causes')
  })
}

test('a body above 3 MiB is refused however its length is told, and the next request is served', async () => {
  for (const chunked of [false, true]) {
    const code = await new Promise<number>((resolve, reject) => {
      const headers = {
        'content-type': 'application/json',
        ...(chunked ? { 'transfer-encoding': 'chunked' } : { 'content-length': String(limitBytes + 1) }),
      }
      const out = request(listener.url + maps, { method: 'POST', headers }, response => {
        response.resume()
        resolve(response.statusCode ?? 0)
      })
      // The server may close while the rest is still on its way; without an answer that is a fault.
      out.on('error', reject)
      const piece = Buffer.alloc(64 * 1024, 'x')
      for (let sent = 0; sent <= limitBytes; sent += piece.length) out.write(piece.subarray(0, limitBytes + 1 - sent))
      out.end()
    })
    assert.equal(code, 413, chunked ? 'chunked' : 'declared')
  }
  assert.equal((await fetch(`${listener.url}${maps}/seed`)).status, 200)
})

test('three megabytes of the worst JSON are answered, and others are served meanwhile', async () => {
  const bodies = [
    `{"data":{${'"a":"b",'.repeat(380_000)}"z":"z"}}`,
    `{"data":[${'[],'.repeat(1_000_000)}[]]}`,
    `{"metadata":{"name":"x","annotations":{${Array.from({ length: 150_000 }, (_, i) => `"k${i}":"v"`).join()}}}}`,
  ]
  for (const body of bodies) {
    const answer = fetch(`${listener.url}${maps}?fieldValidation=Strict`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    })
    const [refused, served] = await Promise.all([answer, fetch(`${listener.url}${maps}/seed`)])
    assert.equal(served.status, 200)
    assert.ok(refused.status >= 400 && refused.status < 500, String(refused.status))
    assert.equal(((await refused.json()) as Body).kind, 'Status')
  }
})
