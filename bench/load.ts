/** Load: `clients` callers, each sending its next request when the last one was answered; latency of every request. */
import { Client } from 'undici'
import type { Running } from './target.ts'

export interface LoadResult {
  readonly perSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
}

export interface Call {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'
  readonly path: string
  readonly body?: string
  readonly contentType?: string
}

/** One TLS connection with HTTP/1.1 keep-alive. */
export function connect(server: Running): Client {
  return new Client(server.url, {
    connect: { ca: server.ca, cert: server.cert, key: server.key },
    pipelining: 1,
    headersTimeout: 60_000,
    bodyTimeout: 0,
  })
}

/** Sends `call` and drains the answer; anything but 2xx is an error with the body's words. */
export async function send(client: Client, call: Call): Promise<Buffer> {
  const { statusCode, body } = await client.request({
    method: call.method,
    path: call.path,
    headers: {
      accept: 'application/json',
      ...(call.body && { 'content-type': call.contentType ?? 'application/json' }),
    },
    body: call.body ?? null,
  })
  const bytes = Buffer.from(await body.arrayBuffer())
  if (statusCode >= 300) throw new Error(`${call.method} ${call.path}: ${statusCode} ${bytes.toString().slice(0, 300)}`)
  return bytes
}

/** Runs `total` calls over `clients` connections; `make` is given 0, 1, 2, … */
export async function runLoad(
  server: Running,
  clients: number,
  total: number,
  make: (i: number) => Call,
): Promise<LoadResult> {
  const connections = Array.from({ length: clients }, () => connect(server))
  await Promise.all(connections.map(client => send(client, { method: 'GET', path: '/version' })))
  const latencies = new Float64Array(total)
  let next = 0
  const started = performance.now()
  await Promise.all(
    connections.map(async client => {
      while (next < total) {
        const i = next++
        const sent = performance.now()
        await send(client, make(i))
        latencies[i] = performance.now() - sent
      }
    }),
  )
  const seconds = (performance.now() - started) / 1000
  await Promise.all(connections.map(client => client.close()))
  latencies.sort()
  return {
    perSecond: total / seconds,
    p50Ms: latencies[Math.floor(total * 0.5)]!,
    p99Ms: latencies[Math.floor(total * 0.99)]!,
  }
}
