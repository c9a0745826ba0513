/**
 * Requests to one API server over kept-alive connections: credentials, time limits, and when a request may be sent
 * again. A 429 or a Retry-After says that the server did nothing, so any method is repeated; other 5xx and broken
 * connections repeat reads alone, because a write may have happened.
 */
import { readFileSync } from 'node:fs'
import { type Status, StatusError, type StatusReason, statusCodes } from '@petrel/machinery/status'
import type { Pool } from 'undici'
import { type Clock, type Rng, sleep } from '../base/index.ts'
import type { ClientConfig } from './kubeconfig.ts'

export interface HttpRequest {
  readonly method: string
  readonly path: string
  readonly body?: string
  readonly contentType?: string
  readonly accept?: string
  readonly signal?: AbortSignal | undefined
}

export interface TransportOptions {
  readonly clock: Clock
  readonly rng: Rng
  readonly userAgent: string
  /** Until the whole answer is there; watches have no limit. */
  readonly timeoutMs: number
  /** Speaks HTTP/2 where the server offers it. */
  readonly http2: boolean
  /** Connections for requests; watches have as many as they need: over HTTP/2 one for a hundred of them. */
  readonly connections: number
}

type Body = Awaited<ReturnType<Pool['request']>>['body']

interface Pools {
  readonly requests: Pool
  readonly watches: Pool
}

interface Answer {
  readonly code: number
  readonly contentType: string
  readonly text: string
}

const maxTries = 10
const tokenFileMs = 60_000

export class HttpTransport {
  readonly #config: ClientConfig
  readonly #options: TransportOptions
  readonly #prefix: string
  #pools: Promise<Pools> | undefined
  #fileToken: { readonly token: string; readonly at: number } | undefined

  constructor(config: ClientConfig, options: TransportOptions) {
    this.#config = config
    this.#options = options
    const { pathname } = new URL(config.server)
    this.#prefix = pathname === '/' ? '' : pathname
  }

  /** The decoded JSON, or the text where it is not JSON. Rejects with StatusError. */
  async send(request: HttpRequest): Promise<unknown> {
    for (let tries = 1; ; tries++) {
      const answer = await this.#try(request, tries)
      if (answer instanceof StatusError) {
        const waitMs = retryAfterMs(request.method, answer, tries, this.#options.rng)
        if (waitMs === undefined) throw answer
        await sleep(this.#options.clock, waitMs, request.signal)
        continue
      }
      if (!answer.contentType.includes('json')) return answer.text
      return JSON.parse(answer.text)
    }
  }

  /** The bytes of a watch as they come. Rejects with StatusError before the first. */
  async stream(request: HttpRequest): Promise<AsyncIterable<Uint8Array>> {
    const { statusCode, headers, body } = await this.#request('watches', request, undefined)
    if (statusCode >= 200 && statusCode < 300) return body
    throw statusOf(statusCode, headers['retry-after'], await body.text())
  }

  async close(): Promise<void> {
    const pools = await this.#pools
    await Promise.all([pools?.requests.destroy(), pools?.watches.destroy()])
  }

  /** A refusal is returned, not thrown: the caller decides about another try. */
  async #try(request: HttpRequest, tries: number): Promise<Answer | StatusError> {
    try {
      const { statusCode, headers, body } = await this.#request('requests', request, this.#options.timeoutMs)
      const text = await body.text()
      if (statusCode < 200 || statusCode >= 300) return statusOf(statusCode, headers['retry-after'], text)
      return { code: statusCode, contentType: String(headers['content-type'] ?? ''), text }
    } catch (cause) {
      if (request.signal?.aborted) throw request.signal.reason
      const error = unreachable(this.#config.server, request, cause)
      // A kept-alive connection that the server has closed meanwhile fails the first try.
      if (request.method === 'GET' && tries === 1)
        return new StatusError({ ...error.status, details: { retryAfterSeconds: 0 } }, { cause })
      throw error
    }
  }

  async #request(
    kind: keyof Pools,
    request: HttpRequest,
    timeoutMs: number | undefined,
  ): Promise<{ statusCode: number; headers: Record<string, string | string[] | undefined>; body: Body }> {
    this.#pools ??= openPools(this.#config, this.#options)
    const pool = (await this.#pools)[kind]
    const limit = timeoutMs === undefined ? undefined : AbortSignal.timeout(timeoutMs)
    const signals = [limit, request.signal].filter(signal => signal !== undefined)
    return pool.request({
      method: request.method as 'GET',
      path: `${this.#prefix}${request.path}`,
      headers: this.#headers(request),
      ...(request.body !== undefined && { body: request.body }),
      ...(signals.length > 0 && { signal: AbortSignal.any(signals) }),
    })
  }

  #headers(request: HttpRequest): Record<string, string | string[]> {
    const { impersonate, username, password } = this.#config
    const token = this.#token()
    return {
      accept: request.accept ?? 'application/json',
      'user-agent': this.#options.userAgent,
      ...(request.body !== undefined && { 'content-type': request.contentType ?? 'application/json' }),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(token === undefined &&
        username !== undefined && {
          authorization: `Basic ${Buffer.from(`${username}:${password ?? ''}`).toString('base64')}`,
        }),
      ...(impersonate && { 'impersonate-user': impersonate.user, 'impersonate-group': [...impersonate.groups] }),
    }
  }

  #token(): string | undefined {
    const { token, tokenFile } = this.#config
    if (tokenFile === undefined) return token
    const now = this.#options.clock.monotonic()
    if (!this.#fileToken || now - this.#fileToken.at > tokenFileMs) {
      this.#fileToken = { token: readFileSync(tokenFile, 'utf8').trim(), at: now }
    }
    return this.#fileToken.token
  }
}

/** Loads the HTTP library, which a program that only calls its own server never needs. */
async function openPools(config: ClientConfig, options: TransportOptions): Promise<Pools> {
  const { Pool } = await import('undici')
  const { origin } = new URL(config.server)
  const connect = {
    ...(config.ca !== undefined && { ca: config.ca }),
    ...(config.certificate !== undefined && { cert: config.certificate }),
    ...(config.key !== undefined && { key: config.key }),
    ...(config.tlsServerName !== undefined && { servername: config.tlsServerName }),
    ...(config.insecureSkipTlsVerify && { rejectUnauthorized: false }),
    timeout: 10_000,
  }
  const common = { connect, allowH2: options.http2 }
  return {
    requests: new Pool(origin, { ...common, connections: options.connections }),
    watches: new Pool(origin, { ...common, bodyTimeout: 0 }),
  }
}

/** How long to wait before sending again; undefined when the refusal is final. */
function retryAfterMs(method: string, error: StatusError, tries: number, rng: Rng): number | undefined {
  if (tries >= maxTries) return undefined
  const asked = error.status.details?.retryAfterSeconds
  if (asked !== undefined && (error.code === 429 || error.code >= 500)) return asked * 1000
  if (error.code === 429) return 1000
  if (method === 'GET' && error.code >= 500 && tries < 4) return 100 * 2 ** tries * (1 + rng.next())
  return undefined
}

/** The Status in the body, or one made from the HTTP code when a proxy answered in its own words. */
function statusOf(code: number, retryAfter: string | string[] | undefined, body: string): StatusError {
  const seconds = retryAfter === undefined ? undefined : Number(Array.isArray(retryAfter) ? retryAfter[0] : retryAfter)
  const given = parseStatus(body)
  const status: Status = given ?? {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: body.trim().slice(0, 1024) || `the server answered with HTTP code ${code}`,
    reason: reasonOf(code),
    code,
  }
  if (seconds === undefined || !Number.isFinite(seconds) || status.details?.retryAfterSeconds !== undefined)
    return new StatusError(status)
  return new StatusError({ ...status, details: { ...status.details, retryAfterSeconds: seconds } })
}

function parseStatus(body: string): Status | undefined {
  if (!body.startsWith('{')) return undefined
  try {
    const value = JSON.parse(body) as Partial<Status>
    return value.kind === 'Status' && typeof value.code === 'number' ? (value as Status) : undefined
  } catch {
    // Not JSON after all: the caller makes a Status of the text.
    return undefined
  }
}

function reasonOf(code: number): StatusReason {
  for (const [reason, known] of Object.entries(statusCodes)) if (known === code) return reason as StatusReason
  return 'InternalError'
}

function unreachable(server: string, request: HttpRequest, cause: unknown): StatusError {
  const why = cause instanceof Error ? cause.message : String(cause)
  return new StatusError(
    {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: `${request.method} ${server}${request.path.split('?')[0]}: ${why}`,
      reason: 'ServiceUnavailable',
      code: 503,
    },
    { cause },
  )
}
