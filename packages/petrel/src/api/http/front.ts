/**
 * The HTTP front: turns an exchange into a request, authenticates, bounds its time and size, and writes the result.
 * The order is that of upstream's DefaultBuildHandlerChain: panic recovery, request info, time limit, warnings,
 * authentication, then the chain.
 */
import { randomUUID } from 'node:crypto'
import { badRequest, StatusError, timeout, unauthorized } from '@petrel/machinery/status'
import type { Clock, Logger } from '../../base/index.ts'
import { anonymousUser, impersonate } from '../authn/index.ts'
import type { Chain } from '../chain.ts'
import type { Authenticator, Authorizer, UserInfo } from '../contract.ts'
import { type Framing, jsonFraming } from '../encode/watch-chunk.ts'
import type { HttpMetrics } from '../metrics/http-metrics.ts'
import type { Accepted } from '../negotiate/accept.ts'
import type { ApiRequest, ApiResult, RequestBody, WatchResult } from '../request.ts'
import { isTrue, parseRequestInfo, type RequestInfo } from '../request-info.ts'
import { Deadlines } from './deadlines.ts'
import type { Exchange, Headers } from './exchange.ts'
import {
  acceptedFor,
  type ResponseContext,
  respondList,
  respondObject,
  respondStatus,
  sendBytes,
  single,
} from './respond.ts'
import { sendStream } from './send-stream.ts'
import { WatchResponse } from './watch-response.ts'

export interface FrontOptions {
  readonly chain: Chain
  readonly authenticator: Authenticator
  /** For impersonation. */
  readonly authorizer: Authorizer
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: HttpMetrics
  /** Upstream's --request-timeout. */
  readonly requestTimeoutMs?: number
}

/** Upstream's MaxRequestBodyBytes. */
const bodyLimitBytes = 3 * 1024 * 1024

export interface Front {
  handle(exchange: Exchange): void
  /** Requests under way, watches left out; resolves when there are none. */
  drained(): Promise<void>
  close(): void
}

/** Requests that live as long as their clients want: no time limit, not waited for at the end. */
const longRunning: ReadonlySet<string> = new Set(['attach', 'exec', 'portforward', 'proxy'])

export function createFront(options: FrontOptions): Front {
  const { clock, metrics, log } = options
  const deadlines = new Deadlines(clock)
  const limitMs = options.requestTimeoutMs ?? 60_000
  let inFlight = 0
  let onDrained: (() => void) | undefined

  const serve = async (exchange: Exchange): Promise<void> => {
    const startedMs = clock.monotonic()
    const headers: Headers = { 'audit-id': auditId(exchange), 'cache-control': 'no-cache, private' }
    const context: ResponseContext & { query: URLSearchParams } = {
      exchange,
      headers,
      pretty: false,
      query: noQuery,
      now: clock.now(),
    }
    const abort = new Abort()
    let info: RequestInfo | undefined
    let deadline: { cancel(): void } | undefined
    let code = 0
    let counted = false
    try {
      const target = parseTarget(exchange.target)
      const { query } = target
      info = parseRequestInfo(exchange.method, target.path, query)
      const full: ResponseContext = { ...context, query, pretty: isPretty(exchange, query) }
      Object.assign(context, full)
      const long = isLongRunning(info, query)
      if (!long) {
        counted = true
        inFlight++
        metrics.started(info)
        const ms = requestTimeout(query, limitMs)
        deadline = deadlines.after(ms, () => {
          abort.abort(timedOut())
          void respondStatus(context, timedOut())
        })
      }
      exchange.onClose(() => abort.leave())
      const caller = await authenticate(options.authenticator, exchange)
      const user = impersonate(caller, exchange.headers, options.authorizer)
      const body = await readBody(exchange, info)
      const request: ApiRequest = {
        method: exchange.method,
        info,
        query,
        user,
        body,
        headers: exchange.headers,
        accept: single(exchange.headers['accept']),
        get signal() {
          return abort.signal
        },
        warn: message => addWarning(headers, message),
        ...(exchange.upgrade && { upgrade: exchange.upgrade }),
        ...(longRunning.has(info.subresource) && { stream: () => exchange.bodyStream() }),
      }
      // What cannot be answered is not done either.
      const accepted = acceptEarly(exchange, info)
      const result = await options.chain(request)
      code = await write(context, result, accepted)
    } catch (error) {
      const status = StatusError.from(error)
      code = status.code
      if (code >= 500 && !abort.aborted)
        log.error('Cannot serve a request', { method: exchange.method, path: exchange.target, err: error })
      await respondStatus(context, status)
    } finally {
      deadline?.cancel()
      if (info) metrics.finished(info, exchange.method, code, (clock.monotonic() - startedMs) / 1000, counted)
      if (counted && --inFlight === 0) onDrained?.()
      log.debug('HTTP', {
        verb: info?.verb,
        method: exchange.method,
        path: exchange.target,
        code,
        ms: Math.round((clock.monotonic() - startedMs) * 1000) / 1000,
      })
    }
  }

  const write = async (context: ResponseContext, result: ApiResult, early: Accepted | undefined): Promise<number> => {
    const { exchange } = context
    if (exchange.answered || exchange.closed) {
      if (result.type === 'watch') result.stream.cancel()
      return 0
    }
    const accepted = (): Accepted => early ?? acceptedFor(exchange, result.type)
    switch (result.type) {
      case 'object':
        await respondObject(context, result, accepted())
        return result.code
      case 'list':
        await respondList(context, result, accepted())
        return 200
      case 'watch': {
        const framing = await framingFor(accepted(), context, result, () => clock.now())
        if (exchange.upgrade) await (await import('./watch-websocket.ts')).serve(exchange, result.stream, framing)
        else WatchResponse.run(exchange, result.stream, framing, context.headers, () => metrics.slowWatcher())
        return 200
      }
      case 'status':
        await respondStatus(context, new StatusError(result.status))
        return result.status.code
      case 'raw':
        Object.assign(context.headers, result.headers)
        await sendRaw(context, result.code, result.mediaType, result.body)
        return result.code
      case 'stream':
        await sendStream(exchange, context.headers, result)
        return result.code
      case 'upgraded':
        return 101
    }
  }

  return {
    handle: exchange => void serve(exchange),
    drained() {
      if (inFlight === 0) return Promise.resolve()
      return new Promise(resolve => {
        onDrained = resolve
      })
    },
    close: () => deadlines.close(),
  }
}

const noQuery = new URLSearchParams()

/** An abort controller that is only made when somebody looks. */
class Abort {
  #controller: AbortController | undefined
  #reason: unknown
  #left = false

  get aborted(): boolean {
    return this.#left || this.#reason !== undefined
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController()
    if (this.#reason !== undefined) this.#controller.abort(this.#reason)
    else if (this.#left) this.leave()
    return this.#controller.signal
  }

  /** The client has gone, as it does after every answer: nothing is made unless somebody listens. */
  leave(): void {
    this.#left = true
    this.#controller?.abort(new DOMException('the client has gone', 'AbortError'))
  }

  abort(reason: unknown): void {
    this.#reason ??= reason
    this.#controller?.abort(reason)
  }
}

function auditId(exchange: Exchange): string {
  const given = single(exchange.headers['audit-id'])
  return given !== undefined && given.length <= 64 && /^[\x21-\x7e]+$/.test(given) ? given : randomUUID()
}

/** Throws BadRequest for a path that is not one. */
function parseTarget(target: string): { readonly path: string; readonly query: URLSearchParams } {
  const mark = target.indexOf('?')
  const raw = mark < 0 ? target : target.slice(0, mark)
  const query = mark < 0 ? new URLSearchParams() : new URLSearchParams(target.slice(mark + 1))
  if (!raw.startsWith('/')) throw badRequest(`invalid URL path ${JSON.stringify(raw)}`)
  if (!raw.includes('%')) return { path: raw, query }
  try {
    return { path: decodeURIComponent(raw), query }
  } catch {
    throw badRequest(`invalid URL escape in ${JSON.stringify(raw)}`)
  }
}

function isLongRunning(info: RequestInfo, query: URLSearchParams): boolean {
  if (info.verb === 'watch' || longRunning.has(info.subresource)) return true
  return info.subresource === 'log' && isTrue(query.get('follow'))
}

/** `?timeout=` shortens the limit: Go's duration or whole seconds. */
function requestTimeout(query: URLSearchParams, limitMs: number): number {
  const text = query.get('timeout')
  if (!text) return limitMs
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text)
  if (!match)
    throw badRequest(`invalid timeout specified in the request URL - time: invalid duration ${JSON.stringify(text)}`)
  const unit = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }[match[2] ?? 's'] ?? 1000
  const ms = Number(match[1]) * unit
  return ms === 0 || ms > limitMs ? limitMs : ms
}

function timedOut(): StatusError {
  return timeout('request did not complete within requested timeout - context deadline exceeded', 0)
}

async function authenticate(authenticator: Authenticator, exchange: Exchange): Promise<UserInfo> {
  let user: UserInfo | undefined
  try {
    const pending = authenticator.authenticate({ headers: exchange.headers, certificate: exchange.certificate })
    user = pending instanceof Promise ? await pending : pending
  } catch (error) {
    throw error instanceof StatusError ? error : unauthorized()
  }
  return user ?? anonymousUser
}

const withBody: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH', 'DELETE'])

async function readBody(exchange: Exchange, info: RequestInfo): Promise<RequestBody | undefined> {
  if (!withBody.has(exchange.method) || exchange.upgrade || longRunning.has(info.subresource)) return undefined
  const bytes = await exchange.readBody(bodyLimitBytes)
  if (bytes.length === 0 && exchange.method === 'DELETE') return undefined
  return { bytes, mediaType: single(exchange.headers['content-type']) ?? '' }
}

/** Negotiated before anything is done, where the kind of answer follows from the verb. */
function acceptEarly(exchange: Exchange, info: RequestInfo): Accepted | undefined {
  if (!info.resourceRequest || info.subresource === 'log' || longRunning.has(info.subresource)) return undefined
  return acceptedFor(exchange, info.verb === 'watch' ? 'watch' : 'object')
}

async function framingFor(
  accepted: Accepted,
  context: ResponseContext,
  result: WatchResult,
  now: () => number,
): Promise<Framing> {
  if (accepted.encoding === 'json' && !accepted.transformation) return jsonFraming
  const { otherFraming } = await import('../encode/watch-framing.ts')
  return otherFraming(accepted, result.served, context.query, now)
}

function addWarning(headers: Headers, message: string): void {
  // RFC 7234 §5.5: code, agent, text; upstream sends 299 and no agent.
  const text = message.replace(/[^\x20-\x7e\u00a0-\u{10ffff}]/gu, ' ').replace(/(["\\])/g, '\\$1')
  const line = Buffer.from(`299 - "${text}"`).toString('latin1')
  const known = headers['warning']
  const lines = known === undefined ? [] : typeof known === 'string' ? [known] : known
  if (lines.includes(line) || lines.length >= 50) return
  headers['warning'] = [...lines, line]
}

function isPretty(exchange: Exchange, query: URLSearchParams): boolean {
  const asked = query.get('pretty')
  if (asked !== null) return isTrue(asked)
  const agent = single(exchange.headers['user-agent']) ?? ''
  return agent.startsWith('curl') || agent.startsWith('Wget') || agent.startsWith('Mozilla/5.0')
}

async function sendRaw(
  context: ResponseContext,
  code: number,
  mediaType: string,
  body: string | Uint8Array,
): Promise<void> {
  if (context.exchange.upgrade) {
    context.headers['content-type'] = mediaType
    context.exchange.respond(code, context.headers, body)
    return
  }
  await sendBytes(context, code, mediaType, typeof body === 'string' ? Buffer.from(body) : body)
}
