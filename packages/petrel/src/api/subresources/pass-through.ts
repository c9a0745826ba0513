/**
 * Requests that another server answers: a kubelet through its dialer, a pod or service by address. Answers stream
 * through; upgrades are passed on as bytes, so that SPDY and WebSocket are understood at the far end alone.
 */
import type { IncomingMessage } from 'node:http'
import type { Duplex, Readable } from 'node:stream'
import { StatusError, unavailable } from '@petrel/machinery/status'
import type { ApiRequest, RawResult, StreamResult, UpgradedResult } from '../request.ts'

export interface Target {
  readonly method: string
  /** Path and query. */
  readonly path: string
  /** Value of the Host header. */
  readonly host: string
  /** A connection made already; else `address` and `port` are dialled. */
  readonly socket?: Duplex
  readonly address?: string
  readonly port?: number
  readonly tls?: boolean
  /** Rewrites what only makes sense at the far end, such as a Location. */
  rewriteHeaders?(headers: Record<string, string | readonly string[]>): void
}

/** RFC 9110 §7.6.1, and what is for this server alone: who asks must not become who is asked. */
const notPassedOn: ReadonlySet<string> = new Set([
  'authorization',
  'connection',
  'host',
  'impersonate-user',
  'impersonate-group',
  'impersonate-uid',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

const dialTimeoutMs = 10_000

export function passThrough(request: ApiRequest, target: Target): Promise<RawResult | StreamResult | UpgradedResult> {
  return new Promise((resolve, reject) => {
    const headers = passedOn(request, target)
    // Not imported: see http/listen.ts.
    const { request: send } = process.getBuiltinModule(target.tls ? 'node:https' : 'node:http')
    const out = send({
      method: target.method,
      path: target.path,
      headers,
      ...(target.socket
        ? { createConnection: () => target.socket as never }
        : { host: target.address, port: target.port, agent: false }),
      ...(target.tls && { rejectUnauthorized: false }),
    })
    const giveUp = (): void => void out.destroy(new Error('the client has gone'))
    request.signal.addEventListener('abort', giveUp, { once: true })
    out.setTimeout(target.socket ? 0 : dialTimeoutMs, () => {
      if (!out.socket || out.socket.connecting) out.destroy(new Error('the connection timed out'))
    })
    out.once('error', error => reject(unavailable(`error trying to reach service: ${error.message}`, error)))
    out.once('response', response => {
      if (request.upgrade) {
        resolve(refusal(response))
        return
      }
      resolve(streamed(response, target, () => request.signal.removeEventListener('abort', giveUp)))
    })
    out.once('upgrade', (response, socket, head) => {
      if (!request.upgrade) {
        socket.destroy()
        reject(unavailable('error trying to reach service: it switched protocols unasked'))
        return
      }
      join(request.upgrade.socket, request.upgrade.head, response, socket, head)
      resolve({ type: 'upgraded' })
    })
    if (request.upgrade) out.end()
    else if (request.stream) request.stream().pipe(out)
    else out.end()
  })
}

function passedOn(request: ApiRequest, target: Target): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = { host: target.host }
  for (const [name, value] of Object.entries(request.headers)) {
    if (value === undefined || name.startsWith(':') || notPassedOn.has(name) || name.startsWith('impersonate-extra-'))
      continue
    headers[name] = typeof value === 'string' ? value : [...value]
  }
  const { upgrade } = request.headers
  if (request.upgrade && typeof upgrade === 'string') Object.assign(headers, { connection: 'Upgrade', upgrade })
  return headers
}

/** Why the far end did not switch protocols: the client's connection has no response of its own to stream into. */
async function refusal(response: IncomingMessage): Promise<RawResult> {
  const body = await text(response)
  return {
    type: 'raw',
    code: response.statusCode ?? 502,
    mediaType: response.headers['content-type'] ?? 'text/plain',
    body,
  }
}

function streamed(response: IncomingMessage, target: Target, done: () => void): StreamResult {
  const headers: Record<string, string | readonly string[]> = {}
  for (const [name, value] of Object.entries(response.headers)) {
    if (value === undefined || notPassedOn.has(name)) continue
    headers[name] = value
  }
  target.rewriteHeaders?.(headers)
  response.once('close', done)
  return { type: 'stream', code: response.statusCode ?? 502, headers, body: response }
}

/** Two sockets become one: the answer to the upgrade is written as it came, then bytes go both ways until either ends. */
function join(
  client: Duplex,
  clientHead: Uint8Array,
  response: IncomingMessage,
  server: Duplex,
  serverHead: Uint8Array,
): void {
  let head = `HTTP/1.1 ${response.statusCode} ${response.statusMessage}\r\n`
  for (let i = 0; i < response.rawHeaders.length; i += 2)
    head += `${response.rawHeaders[i]}: ${response.rawHeaders[i + 1]}\r\n`
  client.write(`${head}\r\n`)
  if (serverHead.length > 0) client.write(serverHead)
  if (clientHead.length > 0) server.write(clientHead)
  client.pipe(server)
  server.pipe(client)
  const end = (): void => {
    client.destroy()
    server.destroy()
  }
  for (const side of [client, server]) {
    side.on('error', end)
    side.once('close', end)
  }
}

/** The whole of a small answer, for errors that are to become a Status. */
export async function text(body: Readable | AsyncIterable<Uint8Array>, limitBytes = 64 * 1024): Promise<string> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    length += chunk.length
    if (length > limitBytes) break
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

/** What a far end that is no API server said no with, as upstream's generic server response. */
export function farEndError(code: number, message: string): StatusError {
  return new StatusError({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    reason: code === 404 ? 'NotFound' : code < 500 ? 'BadRequest' : 'InternalError',
    details: {},
    code,
  })
}
