/** Proxies to a pod and to a service, with a real listener at the far end. */
import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import { networkInterfaces } from 'node:os'
import { after, before, test } from 'node:test'
import { WebSocket, WebSocketServer } from 'ws'
import { systemClock } from '../../base/index.ts'
import type { Listener } from '../http/listen.ts'
import { type Body, startServer, type TestServer } from '../testing/start-server.ts'

/** Loopback is refused, so that the far end has to be at an address of its own. */
const address = Object.values(networkInterfaces())
  .flat()
  .find(one => one?.family === 'IPv4' && !one.internal && !one.address.startsWith('169.254.'))?.address
const skip = address === undefined ? 'this machine has no address but loopback' : false

let server: TestServer
let listener: Listener
let backend: Server
let port = 0

before(async () => {
  if (address === undefined) return
  backend = createServer((request, response) => {
    if (request.url === '/away') {
      response.writeHead(302, { location: '/home?x=1' }).end()
      return
    }
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => void chunks.push(chunk))
    request.on('end', () => {
      const { method, url, headers } = request
      response.writeHead(method === 'PUT' ? 418 : 200, { 'content-type': 'application/json', 'x-far': 'yes' })
      response.end(JSON.stringify({ method, url, headers, body: Buffer.concat(chunks).toString() }))
    })
  })
  const echo = new WebSocketServer({ server: backend })
  echo.on('connection', socket => socket.on('message', data => socket.send(`echo ${String(data)}`)))
  await new Promise<void>(resolve => void backend.listen(0, address, resolve))
  port = (backend.address() as { port: number }).port
  server = startServer({ clock: systemClock })
  listener = await server.listen()
  const pod = {
    metadata: { name: 'p' },
    spec: { containers: [{ name: 'c', image: 'i', ports: [{ containerPort: port }] }] },
  }
  await server.call('POST', '/api/v1/namespaces/x/pods', pod)
  await server.call(
    'PATCH',
    '/api/v1/namespaces/x/pods/p/status',
    { status: { phase: 'Running', podIP: address, podIPs: [{ ip: address }] } },
    'application/merge-patch+json',
  )
  const ports = [{ name: 'web', port: 80, targetPort: port }]
  await server.call('POST', '/api/v1/namespaces/x/services', { metadata: { name: 'y' }, spec: { ports } })
  await server.call('POST', '/api/v1/namespaces/x/services', { metadata: { name: 'empty' }, spec: { ports } })
  await server.call('POST', '/apis/discovery.k8s.io/v1/namespaces/x/endpointslices', {
    metadata: { name: 'y-1', labels: { 'kubernetes.io/service-name': 'y' } },
    addressType: 'IPv4',
    endpoints: [{ addresses: [address], conditions: { ready: true } }],
    ports: [{ name: 'web', port }],
  })
})
after(async () => {
  if (address === undefined) return
  await server.close()
  backend.closeAllConnections()
  await new Promise(resolve => backend.close(resolve))
})

interface Far {
  readonly method: string
  readonly url: string
  readonly headers: Record<string, string>
  readonly body: string
}

const base = '/api/v1/namespaces/x'

for (const to of ['services/y:80/proxy', 'services/y:web/proxy', 'services/http:y:80/proxy', 'services/y/proxy']) {
  test(`${to} passes path, query, method, headers and body on, and the answer back`, { skip }, async () => {
    const response = await fetch(`${listener.url}${base}/${to}/a%20b/c/?q=1&q=2`, {
      method: 'PUT',
      headers: { authorization: 'Bearer secret', 'x-own': 'kept', 'impersonate-user': 'me' },
      body: 'hello',
    })
    const far = (await response.json()) as Far
    assert.deepEqual([response.status, response.headers.get('x-far')], [418, 'yes'])
    assert.deepEqual([far.method, far.url, far.body], ['PUT', '/a%20b/c/?q=1&q=2', 'hello'])
    const { authorization, 'impersonate-user': impersonated, 'x-own': own } = far.headers
    assert.deepEqual([authorization, impersonated, own], [undefined, undefined, 'kept'])
  })
}

test('pods/proxy reaches the first port of the pod, or the one that is named', { skip }, async () => {
  for (const name of ['p', `p:${port}`]) {
    const far = (await (await fetch(`${listener.url}${base}/pods/${name}/proxy/`)).json()) as Far
    assert.equal(far.url, '/')
  }
})

test('a redirect of the far end stays inside the proxy', { skip }, async () => {
  const response = await fetch(`${listener.url}${base}/services/y:80/proxy/away`, { redirect: 'manual' })
  assert.deepEqual([response.status, response.headers.get('location')], [302, `${base}/services/y:80/proxy/home?x=1`])
})

test('a WebSocket goes through the proxy of a service', { skip }, async () => {
  const socket = new WebSocket(`${listener.url.replace('http', 'ws')}${base}/services/y:80/proxy/ws`)
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
  socket.send('hello')
  assert.equal(await new Promise(resolve => socket.once('message', data => resolve(String(data)))), 'echo hello')
  const closed = new Promise(resolve => socket.once('close', resolve))
  socket.close()
  await closed
})

const refusals: [path: string, code: number, reason: string, message: RegExp][] = [
  ['services/none/proxy/', 404, 'NotFound', /services "none" not found/],
  ['services/empty:80/proxy/', 503, 'ServiceUnavailable', /no endpoints available for service "empty:80"/],
  ['services/y:81/proxy/', 503, 'ServiceUnavailable', /no service port "81" found for service "y"/],
  ['services/ftp:y:80/proxy/', 400, 'BadRequest', /invalid /],
  ['pods/none/proxy/', 404, 'NotFound', /pods "none" not found/],
  ['pods/p:1/proxy/', 503, 'ServiceUnavailable', /error trying to reach service: .*ECONNREFUSED/],
  ['pods/p:nix/proxy/', 400, 'BadRequest', /./],
]
for (const [path, code, reason, message] of refusals) {
  test(`${path} is refused with ${code}`, { skip }, async () => {
    const response = await fetch(`${listener.url}${base}/${path}`)
    const status = (await response.json()) as Body
    assert.deepEqual([response.status, status.kind, status.reason], [code, 'Status', reason])
    assert.match(status.message, message)
  })
}
