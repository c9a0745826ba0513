import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { configMaps } from '@petrel/machinery/kinds'
import { StatusError } from '@petrel/machinery/status'
import { FakeClock, seededRng } from '../base/index.ts'
import { type HttpClient, httpClient } from './http-client.ts'
import type { ClientConfig } from './kubeconfig.ts'

/** A server that misbehaves as the test says: what the real one does not do on demand. */
async function withServer(
  answer: RequestListener,
  check: (client: HttpClient, clock: FakeClock) => Promise<void>,
  config: Partial<ClientConfig> = {},
): Promise<void> {
  const server = createServer(answer)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const clock = new FakeClock()
  const { port } = server.address() as AddressInfo
  const client = httpClient(
    { server: `http://127.0.0.1:${port}`, ...config },
    { clock, rng: seededRng(1), http2: false, timeoutMs: 2000 },
  )
  try {
    await check(client, clock)
  } finally {
    await client.close()
    server.closeAllConnections()
    await new Promise(resolve => server.close(resolve))
  }
}

const key = { namespace: 'a', name: 'one' }
const body = JSON.stringify({ kind: 'ConfigMap', apiVersion: 'v1', metadata: key })

/** Moves time on until the promise has settled. */
async function passing<T>(clock: FakeClock, promise: Promise<T>): Promise<T> {
  let settled = false
  const done = (): void => {
    settled = true
  }
  promise.then(done, done)
  while (!settled) {
    await new Promise(resolve => setImmediate(resolve))
    if (clock.pending > 0) await clock.advance(100)
  }
  return promise
}

test('a 429 is tried again after Retry-After, for writes too', async () => {
  const seen: string[] = []
  await withServer(
    (request, response) => {
      seen.push(request.method ?? '')
      if (seen.length < 3) response.writeHead(429, { 'retry-after': '2' }).end('slow down')
      else response.writeHead(201, { 'content-type': 'application/json' }).end(body)
    },
    async (client, clock) => {
      const before = clock.now()
      await passing(clock, client.create(configMaps, { metadata: key }))
      assert.equal(clock.now() - before, 4000)
      assert.deepEqual(seen, ['POST', 'POST', 'POST'])
    },
  )
})

const refusals: readonly { name: string; method: 'GET' | 'POST'; code: number; tries: number }[] = [
  { name: 'a 503 of a read', method: 'GET', code: 503, tries: 4 },
  { name: 'a 503 of a write', method: 'POST', code: 503, tries: 1 },
  { name: 'a 404', method: 'GET', code: 404, tries: 1 },
  { name: 'a 429 without end', method: 'GET', code: 429, tries: 10 },
]

for (const { name, method, code, tries } of refusals) {
  test(`${name} is sent ${tries} times, then thrown as a StatusError made of the words of the answer`, async () => {
    let calls = 0
    await withServer(
      (_request, response) => {
        calls++
        response.writeHead(code).end('words of a proxy')
      },
      async (client, clock) => {
        const call = method === 'GET' ? client.get(configMaps, key) : client.create(configMaps, { metadata: key })
        await assert.rejects(passing(clock, call), error => {
          assert.ok(error instanceof StatusError)
          assert.deepEqual([error.code, error.message], [code, 'words of a proxy'])
          return true
        })
        assert.equal(calls, tries)
      },
    )
  })
}

test('a connection that breaks repeats a read once, and a write never', async () => {
  let calls = 0
  await withServer(
    request => {
      calls++
      request.socket.destroy()
    },
    async (client, clock) => {
      await assert.rejects(passing(clock, client.get(configMaps, key)), { reason: 'ServiceUnavailable' })
      assert.equal(calls, 2)
      await assert.rejects(passing(clock, client.create(configMaps, { metadata: key })), {
        reason: 'ServiceUnavailable',
      })
      assert.equal(calls, 3)
    },
  )
})

const identities: readonly { name: string; config: Partial<ClientConfig>; headers: Record<string, string> }[] = [
  { name: 'a token', config: { token: 'secret' }, headers: { authorization: 'Bearer secret' } },
  { name: 'a password', config: { username: 'u', password: 'p' }, headers: { authorization: 'Basic dTpw' } },
  {
    name: 'impersonation',
    config: { impersonate: { user: 'other', groups: ['g1', 'g2'] } },
    headers: { 'impersonate-user': 'other', 'impersonate-group': 'g1, g2' },
  },
]

for (const { name, config, headers } of identities) {
  test(`requests carry ${name}`, async () => {
    let request: IncomingMessage | undefined
    await withServer(
      (incoming, response) => {
        request = incoming
        response.writeHead(200, { 'content-type': 'application/json' }).end(body)
      },
      async client => {
        await client.get(configMaps, key)
        for (const [header, value] of Object.entries(headers)) assert.equal(request?.headers[header], value)
      },
      config,
    )
  })
}

test('a watch yields what came before the connection broke, then throws; an ERROR event is thrown as its Status', async () => {
  const event = (type: string, object: unknown): string => `${JSON.stringify({ type, object })}\n`
  const expired = {
    kind: 'Status',
    status: 'Failure',
    reason: 'Expired',
    message: 'too old resource version',
    code: 410,
  }
  await withServer(
    (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.write(event('ADDED', { kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: 'one' } }))
      response.end(event('ERROR', expired))
    },
    async client => {
      const seen: string[] = []
      await assert.rejects(
        async () => {
          for await (const item of client.watch(configMaps)) seen.push(item.type)
        },
        { reason: 'Expired' },
      )
      assert.deepEqual(seen, ['ADDED'])
    },
  )
})
