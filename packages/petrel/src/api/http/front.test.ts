import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { connect as connectHttp2 } from 'node:http2'
import { request as httpsRequest } from 'node:https'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { decodeProtobuf, encodeProtobuf, openEnvelope, sealEnvelope } from '@petrel/machinery/codec'
import { configMaps } from '@petrel/machinery/kinds'
import { WebSocket } from 'ws'
import { FakeClock, openPki, systemClock } from '../../base/index.ts'
import { createAuthenticator } from '../authn/index.ts'
import { startServer, type TestServer } from '../testing/start-server.ts'
import type { Listener } from './listen.ts'

let server: TestServer
let listener: Listener
const base = '/api/v1/namespaces/ns/configmaps'
const json = { 'content-type': 'application/json' }

before(async () => {
  server = startServer({ clock: systemClock })
  listener = await server.listen()
})
after(() => server.close())

const configMap = (name: string, data: Record<string, string> = {}): string =>
  JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data })

const post = (name: string, data?: Record<string, string>): Promise<Response> =>
  fetch(listener.url + base, { method: 'POST', headers: json, body: configMap(name, data) })

test("an object comes as JSON with upstream's field order and a newline, as YAML, and pretty", async () => {
  await post('form', { k: 'v' })
  const text = await (await fetch(`${listener.url}${base}/form`)).text()
  assert.match(
    text,
    /^\{"kind":"ConfigMap","apiVersion":"v1","metadata":\{"name":"form","namespace":"ns","uid":"[^"]+","resourceVersion":"\d+","creationTimestamp":"[^"]+"\},"data":\{"k":"v"\}\}\n$/,
  )
  const yaml = await fetch(`${listener.url}${base}/form`, { headers: { accept: 'application/yaml' } })
  assert.equal(yaml.headers.get('content-type'), 'application/yaml')
  assert.match(await yaml.text(), /^kind: ConfigMap\napiVersion: v1\n/)
  assert.match(await (await fetch(`${listener.url}${base}/form?pretty=true`)).text(), /^\{\n {2}"kind": "ConfigMap",\n/)
})

test('protobuf goes in and comes out, object, list and Status', async () => {
  const object = { metadata: { name: 'proto' }, data: { k: 'v' } }
  const body = sealEnvelope('v1', 'ConfigMap', encodeProtobuf(object, configMaps.schema))
  const type = 'application/vnd.kubernetes.protobuf'
  const created = await fetch(listener.url + base, {
    method: 'POST',
    headers: { 'content-type': type, accept: `${type},application/json` },
    body,
  })
  assert.deepEqual([created.status, created.headers.get('content-type')], [201, type])
  const envelope = openEnvelope(new Uint8Array(await created.arrayBuffer()))
  const stored = decodeProtobuf(envelope.raw, configMaps.schema) as { data: unknown }
  assert.deepEqual([envelope.kind, stored.data], ['ConfigMap', { k: 'v' }])
  const list = await fetch(listener.url + base, { headers: { accept: type } })
  assert.equal(openEnvelope(new Uint8Array(await list.arrayBuffer())).kind, 'ConfigMapList')
  const missing = await fetch(`${listener.url}${base}/nix`, { headers: { accept: type } })
  assert.equal(openEnvelope(new Uint8Array(await missing.arrayBuffer())).kind, 'Status')
})

test('Table and PartialObjectMetadata come as the Accept header asks', async () => {
  await post('shown', { k: 'v' })
  const get = async (path: string, as: string): Promise<Record<string, unknown>> =>
    (await (
      await fetch(listener.url + path, {
        headers: { accept: `application/json;as=${as};v=v1;g=meta.k8s.io,application/json` },
      })
    ).json()) as Record<string, unknown>
  const table = await get(`${base}?fieldSelector=metadata.name%3Dshown`, 'Table')
  assert.deepEqual(
    (table['columnDefinitions'] as { name: string }[]).map(({ name }) => name),
    ['Name', 'Data', 'Age'],
  )
  const [row] = table['rows'] as { cells: unknown[]; object: { kind: string } }[]
  assert.deepEqual([row?.cells.slice(0, 2), row?.object.kind], [['shown', 1], 'PartialObjectMetadata'])
  const partial = await get(`${base}/shown`, 'PartialObjectMetadata')
  assert.deepEqual(
    [partial['kind'], partial['apiVersion'], 'data' in partial],
    ['PartialObjectMetadata', 'meta.k8s.io/v1', false],
  )
  assert.equal((await get(base, 'PartialObjectMetadataList'))['kind'], 'PartialObjectMetadataList')
  const without = await fetch(`${listener.url}${base}/shown?includeObject=None`, {
    headers: { accept: 'application/json;as=Table;v=v1beta1;g=meta.k8s.io' },
  })
  const rows = ((await without.json()) as { rows: { object: unknown }[] }).rows
  assert.deepEqual(
    rows.map(({ object }) => object),
    [null],
  )
})

test('a scale is shown with what is wanted and what there is', async () => {
  const path = '/apis/apps/v1/namespaces/default/replicasets'
  const labels = { app: 'a' }
  const template = { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'i' }] } }
  const spec = { replicas: 3, selector: { matchLabels: labels }, template }
  const body = JSON.stringify({ apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata: { name: 'scaled' }, spec })
  assert.equal((await fetch(listener.url + path, { method: 'POST', headers: json, body })).status, 201)
  const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io'
  const response = await fetch(`${listener.url}${path}/scaled/scale`, { headers: { accept } })
  const { columnDefinitions, rows } = (await response.json()) as {
    columnDefinitions: { name: string }[]
    rows: { cells: unknown[] }[]
  }
  assert.deepEqual(
    columnDefinitions.map(({ name }) => name),
    ['Name', 'Desired', 'Available', 'Age'],
  )
  assert.deepEqual(rows[0]?.cells.slice(0, 3), ['scaled', 3, 0])
})

test('a list is the stored objects without their type, and is gzipped above 128 KB', async () => {
  const path = '/api/v1/namespaces/large/configmaps'
  for (let i = 0; i < 40; i++) {
    const response = await fetch(listener.url + path, {
      method: 'POST',
      headers: json,
      body: configMap(`c${i}`, { d: 'x'.repeat(60_000) }),
    })
    assert.equal(response.status, 201)
  }
  for (const encoding of ['gzip', 'identity']) {
    const response = await fetch(listener.url + path, { headers: { 'accept-encoding': encoding } })
    assert.equal(response.headers.get('content-encoding'), encoding === 'gzip' ? 'gzip' : null)
    const list = (await response.json()) as { kind: string; items: { kind?: string; data: { d: string } }[] }
    assert.deepEqual(
      [list.kind, list.items.length, list.items[0]?.kind, list.items[39]?.data.d.length],
      ['ConfigMapList', 40, undefined, 60_000],
    )
  }
  const small = await fetch(`${listener.url}${path}?limit=1`, { headers: { 'accept-encoding': 'gzip' } })
  assert.equal(small.headers.get('content-encoding'), null)
})

interface Frame {
  readonly type: string
  readonly object: {
    readonly metadata?: { readonly name?: string }
    readonly code?: number
    readonly rows?: { cells: unknown[] }[]
  }
}

/** Reads frames of a watch until `count` are there. */
async function frames(
  path: string,
  count: number,
  act: () => Promise<unknown>,
  accept = 'application/json',
): Promise<Frame[]> {
  const controller = new AbortController()
  const response = await fetch(listener.url + path, { headers: { accept }, signal: controller.signal })
  assert.equal(response.status, 200)
  const found: Frame[] = []
  await act()
  let rest = ''
  for await (const chunk of response.body ?? []) {
    const lines = (rest + Buffer.from(chunk).toString()).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) found.push(JSON.parse(line) as Frame)
    if (found.length >= count) break
  }
  controller.abort()
  return found
}

test('a watch is one JSON object a line, and as Table has its columns once', async () => {
  const path = '/api/v1/namespaces/watched/configmaps'
  const act = async (): Promise<void> => {
    await fetch(listener.url + path, { method: 'POST', headers: json, body: configMap('w') })
    await fetch(`${listener.url}${path}/w`, { method: 'DELETE' })
  }
  const plain = await frames(`${path}?watch=1`, 2, act)
  assert.deepEqual(
    plain.map(({ type, object }) => [type, object.metadata?.name]),
    [
      ['ADDED', 'w'],
      ['DELETED', 'w'],
    ],
  )
  const tables = await frames(`${path}?watch=1`, 2, act, 'application/json;as=Table;v=v1;g=meta.k8s.io')
  assert.deepEqual(
    tables.map(({ object }) => [
      object.rows?.[0]?.cells[0],
      (object as { columnDefinitions?: unknown[] | null }).columnDefinitions?.length,
    ]),
    [
      ['w', 3],
      ['w', undefined],
    ],
  )
  const old = await frames(`/api/v1/watch/namespaces/watched/configmaps`, 1, act)
  assert.equal(old[0]?.type, 'ADDED')
})

test('a watch in protobuf is framed by lengths', async () => {
  const path = '/api/v1/namespaces/framed/configmaps'
  await fetch(listener.url + path, { method: 'POST', headers: json, body: configMap('w') })
  const controller = new AbortController()
  const accept = 'application/vnd.kubernetes.protobuf;stream=watch'
  const response = await fetch(`${listener.url}${path}?watch=1`, { headers: { accept }, signal: controller.signal })
  assert.equal(response.headers.get('content-type'), accept)
  const { value } = (await response.body?.getReader().read()) ?? {}
  const bytes = Buffer.from(value ?? [])
  assert.equal(bytes.readUInt32BE(0), bytes.length - 4)
  assert.ok(bytes.includes(Buffer.from('k8s\0')))
  controller.abort()
})

test('a watch over WebSocket is one event a message', async () => {
  const path = '/api/v1/namespaces/socket/configmaps'
  const socket = new WebSocket(`${listener.url.replace('http', 'ws')}${path}?watch=1`)
  await once(socket, 'open')
  const message = once(socket, 'message')
  await fetch(listener.url + path, { method: 'POST', headers: json, body: configMap('w') })
  const [data] = (await message) as [Buffer]
  assert.equal((JSON.parse(data.toString()) as Frame).type, 'ADDED')
  const closed = once(socket, 'close')
  socket.close()
  await closed
})

const refusals: [string, string, string, Record<string, string>, string | undefined, number, RegExp][] = [
  ['an unknown resource', 'GET', '/api/v1/nix', {}, undefined, 404, /could not find the requested resource/],
  ['an unknown path', 'GET', '/nix', {}, undefined, 404, /could not find the requested resource/],
  ['a bad escape', 'GET', '/api/v1/%zz/x', {}, undefined, 400, /invalid URL escape/],
  ['a method that the collection has not', 'PUT', base, json, '{}', 405, /does not allow this method/],
  ['a create on a name', 'POST', `${base}/a`, json, '{}', 405, /does not allow this method/],
  [
    'a media type nobody reads',
    'POST',
    base,
    { 'content-type': 'text/plain' },
    'x',
    415,
    /accepted media types include: application\/json/,
  ],
  [
    'an Accept nobody serves',
    'GET',
    base,
    { accept: 'image/png' },
    undefined,
    406,
    /only the following media types are accepted/,
  ],
  [
    'a watch in an encoding without frames',
    'GET',
    `${base}?watch=1`,
    { accept: 'application/cbor' },
    undefined,
    406,
    /stream=watch/,
  ],
  ['half a JSON', 'POST', base, json, '{"kind":', 400, /unexpected end of JSON input/],
  ['an array', 'POST', base, json, '[]', 400, /must be of type ConfigMap/],
  ['too deep a JSON', 'POST', base, json, '['.repeat(100_000), 400, /./],
  [
    'too deep a field',
    'POST',
    base,
    json,
    `{"metadata":{"name":"x"},"data":${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}}`,
    400,
    /./,
  ],
  ['bad YAML', 'POST', base, { 'content-type': 'application/yaml' }, 'a: [', 400, /yaml/],
  ['bad protobuf', 'POST', base, { 'content-type': 'application/vnd.kubernetes.protobuf' }, 'k8s\0xyz', 400, /./],
  ['no body', 'POST', base, json, undefined, 400, /./],
  ['a bad timeout', 'GET', `${base}?timeout=soon`, {}, undefined, 400, /invalid duration/],
  [
    'a body above 3 MiB',
    'POST',
    base,
    json,
    'x'.repeat(3 * 1024 * 1024 + 1),
    413,
    /Request entity too large: limit is 3145728/,
  ],
]
for (const [what, method, path, headers, body, code, message] of refusals) {
  test(`${what} gets a Status ${code}`, async () => {
    const response = await fetch(listener.url + path, { method, headers, ...(body !== undefined && { body }) })
    const status = (await response.json()) as { kind: string; code: number; message: string }
    assert.deepEqual([response.status, status.kind, status.code], [code, 'Status', code])
    assert.match(status.message, message)
    assert.match(response.headers.get('audit-id') ?? '', /./)
  })
}

test('warnings come as headers of code 299', async () => {
  const response = await fetch(listener.url + base, {
    method: 'POST',
    headers: json,
    body: '{"metadata":{"name":"warned"},"nix":1}',
  })
  assert.deepEqual([response.status, response.headers.get('warning')], [201, '299 - "unknown field \\"nix\\""'])
})

test('what is no HTTP gets a 400 and its connection is closed', async () => {
  const socket = connect(listener.port, '127.0.0.1')
  socket.write('NONSENSE\r\n\r\n')
  const chunks: Buffer[] = []
  for await (const chunk of socket) chunks.push(chunk as Buffer)
  assert.match(Buffer.concat(chunks).toString(), /^HTTP\/1\.1 400 .*"kind":"Status"/s)
})

test('a request that takes too long gets 504', async () => {
  const clock = new FakeClock()
  const slow = startServer({
    clock,
    security: { admission: [{ name: 'Slow', admit: () => new Promise<void>(() => {}) }] },
  })
  const at = await slow.listen()
  const answer = fetch(`${at.url}${base}?timeout=5s`, { method: 'POST', headers: json, body: configMap('a') })
  while (clock.pending === 0) await new Promise(resolve => setImmediate(resolve))
  await clock.advance(6_000)
  const response = await answer
  assert.equal(response.status, 504)
  assert.match(
    ((await response.json()) as { message: string }).message,
    /request did not complete within requested timeout/,
  )
  const closing = slow.close()
  while (clock.pending === 0) await new Promise(resolve => setImmediate(resolve))
  await clock.advance(10_000)
  await closing
})

test('a watcher that never reads is cut, and others go on', async () => {
  const path = '/api/v1/namespaces/slow/configmaps'
  const sockets: Socket[] = []
  const deaf = connect(listener.port, '127.0.0.1')
  sockets.push(deaf)
  deaf.write(`GET ${path}?watch=1 HTTP/1.1\r\nhost: x\r\n\r\n`)
  await once(deaf, 'readable')
  deaf.pause()
  const closed = once(deaf, 'close')
  let cut = false
  for (let i = 0; i < 200 && !cut; i++) {
    await fetch(listener.url + path, {
      method: 'POST',
      headers: json,
      body: configMap(`c${i}`, { d: 'x'.repeat(900_000) }),
    })
    cut = /apiserver_registered_watchers 0/.test(server.server.metrics.render())
  }
  assert.ok(cut, 'the watcher is still registered')
  deaf.destroy()
  await closed
})

test('TLS serves HTTP/2 and HTTP/1.1, and knows clients by their certificates', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'api-tls-'))
  const pki = await openPki({ folder, clock: systemClock })
  const secure = startServer({ clock: systemClock, security: { authenticator: createAuthenticator({ tokens: [] }) } })
  const { certificate: cert, key } = pki.identity('apiserver')
  const at = await secure.server.listen({
    host: '127.0.0.1',
    port: 0,
    tls: { cert, key, clientCa: pki.clusterAuthority },
  })
  const admin = pki.identity('admin')
  const client = { ca: pki.clusterAuthority, cert: admin.certificate, key: admin.key }
  const body = JSON.stringify({ kind: 'SelfSubjectReview', apiVersion: 'authentication.k8s.io/v1' })
  const path = '/apis/authentication.k8s.io/v1/selfsubjectreviews'

  const session = connectHttp2(at.url, client)
  const stream = session.request({ ':method': 'POST', ':path': path, 'content-type': 'application/json' })
  stream.end(body)
  const overHttp2 = await text(stream)
  assert.match(overHttp2, /"username":"[^"]*admin[^"]*"/)
  assert.match(overHttp2, /system:masters/)
  session.close()

  const overHttp1 = await new Promise<string>((resolve, reject) => {
    const request = httpsRequest(
      `${at.url}${path}`,
      { ...client, method: 'POST', headers: json },
      response => void text(response).then(resolve, reject),
    )
    request.once('error', reject)
    request.end(body)
  })
  assert.match(overHttp1, /system:masters/)
  const nobody = await new Promise<string>((resolve, reject) => {
    const request = httpsRequest(
      `${at.url}${path}`,
      { ca: client.ca, method: 'POST', headers: json, agent: false },
      response => void text(response).then(resolve, reject),
    )
    request.once('error', reject)
    request.end(body)
  })
  assert.match(nobody, /"username":"system:anonymous"/)
  await secure.close()
  rmSync(folder, { recursive: true })
})

async function text(stream: AsyncIterable<Buffer | string>): Promise<string> {
  let all = ''
  for await (const chunk of stream) all += String(chunk)
  return all
}

test('close() lets a watch end cleanly and closes idle connections', async () => {
  const closing = startServer({ clock: systemClock })
  const at = await closing.listen()
  const ended = new Promise<string>((resolve, reject) => {
    const request = httpRequest(`${at.url}${base}?watch=1`, response => {
      void text(response).then(resolve, reject)
      void closing.close()
    })
    request.once('error', reject)
    request.end()
  })
  assert.equal(await ended, '')
})
