import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { systemClock } from '../../base/index.ts'
import { startServer } from '../testing/start-server.ts'

const root = join(import.meta.dirname, '../../../../..')
const golden = join(root, process.env['PETREL_GOLDEN'] ?? '../shared/golden/kubernetes-v1.36', 'discovery')
const skip = existsSync(golden) ? false : `no golden data at ${golden}`

/** `apis__apps__v1.json` → `/apis/apps/v1`. */
function pathOf(file: string): string {
  return `/${file.replace(/\.json$/, '').replaceAll('__', '/')}`
}

test('legacy discovery says what upstream says', { skip }, async t => {
  const server = startServer()
  for (const file of readdirSync(golden)) {
    if (file === 'aggregated_v2.json' || file === 'api.json') continue
    await t.test(pathOf(file), async () => {
      const expected = JSON.parse(readFileSync(join(golden, file), 'utf8')) as unknown
      const { body } = await server.call('GET', pathOf(file))
      assert.deepEqual(sorted(ours(JSON.parse(String(body)))), sorted(ours(expected)))
    })
  }
  await server.close()
})

/** Of these kinds upstream stores another version than we do, and storageVersionHash says so. */
const storedOtherwise = /^(mutatingadmissionpolic|customresourcedefinition|devicetaintrule)/

function ours(document: unknown): unknown {
  const { resources = [] } = document as { resources?: { name: string; storageVersionHash?: string }[] }
  for (const resource of resources) if (storedOtherwise.test(resource.name)) delete resource.storageVersionHash
  return document
}

/** The order of fields and of set-like lists does not matter. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => [key, sorted(item)]),
  )
}

test('aggregated discovery says what upstream says, with an ETag that answers 304', { skip }, async () => {
  const server = startServer()
  const listener = await server.listen()
  const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json'
  const response = await fetch(`${listener.url}/apis`, { headers: { accept } })
  assert.equal(
    response.headers.get('content-type'),
    'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList',
  )
  const expected = JSON.parse(readFileSync(join(golden, 'aggregated_v2.json'), 'utf8')) as unknown
  assert.deepEqual(sorted(await response.json()), sorted(expected))
  const etag = response.headers.get('etag') ?? ''
  const again = await fetch(`${listener.url}/apis`, { headers: { accept, 'if-none-match': etag } })
  assert.equal(again.status, 304)
  const old = await fetch(`${listener.url}/api`, { headers: { accept: accept.replace('v=v2', 'v=v2beta1') } })
  assert.equal(((await old.json()) as { apiVersion: string }).apiVersion, 'apidiscovery.k8s.io/v2beta1')
  await server.close()
})

test('the root names every path there is something at', async () => {
  const server = startServer()
  const { code, body } = await server.call('GET', '/')
  const { paths } = JSON.parse(String(body)) as { paths: string[] }
  assert.equal(code, 200)
  assert.deepEqual(paths, [...paths].sort())
  for (const path of paths) {
    if (path !== '/metrics') assert.equal((await server.call('GET', path)).code, 200, path)
  }
  for (const path of ['/api/v1', '/apis/apps', '/apis/apps/v1', '/healthz/ping', '/openapi/v3', '/readyz/store']) {
    assert.ok(paths.includes(path), path)
  }
  await server.close()
})

test('every use of a deprecated API is answered with a warning', async () => {
  const server = startServer()
  const why = 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice'
  assert.deepEqual((await server.call('GET', '/api/v1/endpoints')).warnings, [why])
  assert.deepEqual((await server.call('GET', '/api/v1/namespaces/default/endpoints/none')).warnings, [why])
  assert.deepEqual((await server.call('GET', '/api/v1/componentstatuses')).warnings, [
    'v1 ComponentStatus is deprecated in v1.19+',
  ])
  assert.deepEqual((await server.call('GET', '/api/v1/services')).warnings, [])
  await server.close()
})

test('discovery follows kinds that come and go', async () => {
  const server = startServer()
  const [kind] = [...(await import('@petrel/machinery/kinds')).builtinKinds].filter(
    ({ plural }) => plural === 'configmaps',
  )
  server.server.addKind({
    ...kind!,
    group: 'example.com',
    kind: 'Widget',
    plural: 'widgets',
    singular: 'widget',
    shortNames: [],
  })
  assert.match(String((await server.call('GET', '/apis/example.com/v1')).body), /"name":"widgets"/)
  server.server.removeKind({ group: 'example.com', version: 'v1', kind: 'Widget', plural: 'widgets', namespaced: true })
  assert.equal((await server.call('GET', '/apis/example.com/v1')).code, 404)
  await server.close()
})

test('openapi v3 has an index and a document for every group version', async () => {
  const server = startServer()
  const listener = await server.listen()
  const index = (await (await fetch(`${listener.url}/openapi/v3`)).json()) as {
    paths: Record<string, { serverRelativeURL: string }>
  }
  assert.ok(index.paths['api/v1'] && index.paths['apis/apps/v1'])
  const url = `${listener.url}${index.paths['apis/apps/v1']?.serverRelativeURL}`
  const response = await fetch(url)
  assert.match(response.headers.get('cache-control') ?? '', /immutable/)
  const document = (await response.json()) as { openapi: string; paths: Record<string, unknown> }
  assert.ok(document.paths['/apis/apps/v1/namespaces/{namespace}/deployments/{name}'])
  assert.equal((await fetch(url, { headers: { 'if-none-match': response.headers.get('etag') ?? '' } })).status, 304)
  assert.equal((await fetch(`${listener.url}/openapi/v3/apis/nix/v1`)).status, 404)
  await server.close()
})

test('openapi v2 comes as JSON, or as protobuf to who asks for it first', async t => {
  const server = startServer({ clock: systemClock })
  t.after(() => server.close())
  const { url } = await server.listen()
  const asked = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf'
  const answered = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf'
  const cases: [accept: string, type: string][] = [
    ['*/*', 'application/json'],
    [`application/json, ${asked}`, 'application/json'],
    [asked, answered],
    [answered, answered],
  ]
  const tags = new Map<string, string | null>()
  for (const [accept, type] of cases) {
    const response = await fetch(`${url}/openapi/v2`, { headers: { accept } })
    assert.deepEqual([response.status, response.headers.get('content-type')], [200, type])
    const bytes = new Uint8Array(await response.arrayBuffer())
    // Field 1, `swagger`, or the brace of JSON.
    assert.equal(bytes[0], type === answered ? 0x0a : 0x7b)
    tags.set(type, response.headers.get('etag'))
  }
  assert.equal(new Set(tags.values()).size, 2)
  const refused = await fetch(`${url}/openapi/v2`, { headers: { accept: 'text/html' } })
  assert.equal(refused.status, 406)
  await refused.text()
})
