/** Who gets what over HTTP, with the authorizer and the roles of a real cluster: nobody, an impersonator, a node. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { connect } from 'node:http2'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { builtinKinds } from '@petrel/machinery/kinds'
import { openPki, systemClock } from '../../base/index.ts'
import { createAuthenticator } from '../authn/index.ts'
import { createAuthorizer } from '../authz/index.ts'
import { bootstrap, nodeRules } from '../bootstrap/index.ts'
import type { Authenticator, ObjectReader } from '../contract.ts'
import type { Security } from '../server.ts'
import { type Body, startServer, type TestServer } from '../testing/start-server.ts'
import type { Listener } from './listen.ts'

/** The user is who the header says, as if a certificate had said it; tokens are looked at as ever. */
const certificates = createAuthenticator({ tokens: [] })
const authenticator: Authenticator = {
  authenticate({ headers, certificate }) {
    const name = headers['x-user']
    if (typeof name !== 'string') return certificates.authenticate({ headers, certificate })
    return { username: name, groups: [String(headers['x-group'] ?? 'none'), 'system:authenticated'] }
  },
}
const secured = (reader: ObjectReader): Partial<Security> => ({
  authenticator,
  authorizer: createAuthorizer({ reader, nodeRules: nodeRules() }),
})

let server: TestServer
let listener: Listener
before(async () => {
  server = startServer({ clock: systemClock, security: secured })
  await bootstrap(server.server.self)
  listener = await server.listen()
})
after(() => server.close())

test('without credentials, health and version are all there is', async () => {
  const open = ['/healthz', '/livez', '/readyz', '/version', '/version/', '/readyz?verbose']
  for (const path of open) assert.equal((await fetch(listener.url + path)).status, 200, path)
  const groups = [...new Set(builtinKinds.map(kind => kind.group))]
  const kinds = builtinKinds.flatMap(({ group, version, plural }) => {
    const base = group === '' ? `/api/${version}` : `/apis/${group}/${version}`
    return [`${base}/${plural}`, `${base}/namespaces/default/${plural}`, `${base}/namespaces/default/${plural}/x`]
  })
  const closed = [
    '/',
    '/api',
    '/api/',
    '/api/v1',
    '/apis',
    '/metrics',
    '/openapi/v2',
    '/openapi/v3',
    '/openapi/v3/api/v1',
    '/openid/v1/jwks',
    '/.well-known/openid-configuration',
    '/livez/store',
    '/logs',
    '/debug/pprof/',
    '/nix',
    '/healthz/../api',
    '/%68ealthz/',
    ...groups.filter(group => group !== '').flatMap(group => [`/apis/${group}`, `/apis/${group}/v1`]),
    ...kinds,
    '/api/v1/namespaces/default/pods/p/log',
    '/api/v1/namespaces/default/pods/p/exec?command=sh',
    '/api/v1/nodes/n/proxy/metrics',
    '/api/v1/watch/secrets',
    '/api/v1/secrets?watch=1',
  ]
  for (const path of closed) {
    const response = await fetch(listener.url + path)
    const status = (await response.json()) as Body
    assert.deepEqual([response.status, status.kind, status.reason], [403, 'Status', 'Forbidden'], path)
    assert.match(status.message, /User "system:anonymous" cannot /)
    assert.equal(response.headers.get('x-content-type-options'), 'nosniff')
  }
  assert.ok(closed.length > 250)
})

test('without credentials nothing is written, and a refusal says what was asked', async () => {
  const cases: [string, string, string][] = [
    ['GET', '/', 'forbidden: User "system:anonymous" cannot get path "/"'],
    [
      'GET',
      '/api/v1/secrets',
      'secrets is forbidden: User "system:anonymous" cannot list resource "secrets" in API group "" at the cluster scope',
    ],
    [
      'POST',
      '/api/v1/namespaces/default/pods',
      'pods is forbidden: User "system:anonymous" cannot create resource "pods" in API group "" in the namespace "default"',
    ],
    [
      'DELETE',
      '/apis/apps/v1/namespaces/default/deployments/d',
      'deployments.apps "d" is forbidden: User "system:anonymous" cannot delete resource "deployments" in API group "apps" in the namespace "default"',
    ],
    [
      'POST',
      '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
      'selfsubjectaccessreviews.authorization.k8s.io is forbidden: User "system:anonymous" cannot create resource "selfsubjectaccessreviews" in API group "authorization.k8s.io" at the cluster scope',
    ],
    ['POST', '/version', 'forbidden: User "system:anonymous" cannot post path "/version"'],
  ]
  for (const [method, path, message] of cases) {
    const response = await fetch(listener.url + path, { method, ...(method === 'POST' && { body: '{}' }) })
    const status = (await response.json()) as Body
    assert.deepEqual([response.status, status.message, status.code], [403, message, 403])
  }
})

test('credentials that do not hold get 401 everywhere, even for health', async () => {
  for (const path of ['/', '/version', '/livez', '/api/v1/pods', '/metrics']) {
    const response = await fetch(listener.url + path, { headers: { authorization: 'Bearer nix' } })
    const status = (await response.json()) as Body
    assert.deepEqual([response.status, status.kind, status.message], [401, 'Status', 'Unauthorized'], path)
  }
})

const review = '/apis/authentication.k8s.io/v1/selfsubjectreviews'
const reviewBody = JSON.stringify({ kind: 'SelfSubjectReview', apiVersion: 'authentication.k8s.io/v1' })
const expected = { username: 'bob', uid: '7', groups: ['a,b', 'c', 'system:authenticated'], extra: { k: ['1,2', '3'] } }

const asBob = {
  'Impersonate-User': 'bob',
  'Impersonate-Uid': '7',
  'Impersonate-Group': ['a,b', 'c'],
  'Impersonate-Extra-K': ['1,2', '3'],
  'content-type': 'application/json',
}

test('impersonation over HTTP/1.1 takes a group for each header, commas and all', async () => {
  const headers = { ...asBob, 'x-user': 'admin', 'x-group': 'system:masters' }
  const answer = await new Promise<string>((resolve, reject) => {
    const out = request(listener.url + review, { method: 'POST', headers }, response => {
      void text(response).then(resolve, reject)
    })
    out.once('error', reject)
    out.end(reviewBody)
  })
  assert.deepEqual((JSON.parse(answer) as Body).status['userInfo'], expected)
})

test('impersonation over HTTP/2 takes a group for each header, commas and all', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'callers-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const pki = await openPki({ folder, clock: systemClock })
  const { certificate: cert, key } = pki.identity('apiserver')
  const tls = { cert, key, clientCa: pki.clusterAuthority }
  const at = await server.server.listen({ host: '127.0.0.1', port: 0, tls })
  const admin = pki.identity('admin')
  const session = connect(at.url, { ca: pki.clusterAuthority, cert: admin.certificate, key: admin.key })
  t.after(() => session.destroy())
  const stream = session.request({ ':method': 'POST', ':path': review, ...asBob })
  stream.end(reviewBody)
  assert.deepEqual((JSON.parse(await text(stream)) as Body).status['userInfo'], expected)
})

test('impersonation needs leave for every part', async () => {
  const response = await fetch(listener.url + review, {
    method: 'POST',
    headers: { 'x-user': 'eve', 'impersonate-user': 'bob', 'content-type': 'application/json' },
    body: reviewBody,
  })
  const status = (await response.json()) as Body
  assert.equal(response.status, 403)
  assert.match(status.message, /users "bob" is forbidden: User "eve" cannot impersonate resource "users"/)
})

test('a node may list and watch the pods bound to it, and no others', async () => {
  const headers = { 'x-user': 'system:node:n1', 'x-group': 'system:nodes' }
  const cases: [string, number][] = [
    ['/api/v1/pods', 403],
    ['/api/v1/pods?watch=1', 403],
    ['/api/v1/pods?fieldSelector=spec.nodeName%3Dn2', 403],
    ['/api/v1/namespaces/default/pods', 403],
    ['/api/v1/pods?fieldSelector=spec.nodeName!%3Dn1', 403],
    ['/api/v1/pods?fieldSelector=spec.nodeName%3Dn1', 200],
    ['/api/v1/pods?fieldSelector=spec.nodeName%3Dn1,status.phase%3DRunning', 200],
    ['/api/v1/nodes', 403],
  ]
  for (const [path, code] of cases) {
    const response = await fetch(listener.url + path, { headers })
    await response.text()
    assert.equal(response.status, code, path)
  }
})

async function text(stream: AsyncIterable<Buffer | string>): Promise<string> {
  let all = ''
  for await (const chunk of stream) all += String(chunk)
  return all
}
