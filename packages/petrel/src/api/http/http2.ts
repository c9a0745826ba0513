/** An exchange on HTTP/2 (RFC 9113): the core stream API, which costs less than node's compatibility layer. */
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2'
import type { Readable } from 'node:stream'
import { certificateOf } from './certificate.ts'
import { collect, type Exchange, type Headers, type ResponseStream } from './exchange.ts'
import { drained } from './http1.ts'

export class Http2Exchange implements Exchange {
  readonly #stream: ServerHttp2Stream
  readonly method: string
  readonly target: string
  readonly headers: Exchange['headers']
  readonly upgrade = undefined
  #answered = false

  /** `raw` are the headers as they came, names and values in turn. */
  constructor(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, raw: readonly string[]) {
    this.#stream = stream
    this.method = headers[':method'] ?? 'GET'
    this.target = headers[':path'] ?? '/'
    this.headers = headers['impersonate-user'] === undefined ? headers : withImpersonation(headers, raw)
  }

  get certificate(): Exchange['certificate'] {
    const socket = this.#stream.session?.socket
    return socket && certificateOf(socket)
  }

  get remoteAddress(): string {
    return this.#stream.session?.socket.remoteAddress ?? ''
  }

  get closed(): boolean {
    return this.#stream.destroyed || this.#stream.closed
  }

  get answered(): boolean {
    return this.#answered
  }

  readBody(limitBytes: number): Promise<Uint8Array> {
    return collect(this.#stream, this.headers['content-length'] as string | undefined, limitBytes)
  }

  bodyStream(): Readable {
    return this.#stream
  }

  respond(code: number, headers: Headers, body: string | Uint8Array): void {
    if (this.#answered) return
    this.#answered = true
    const stream = this.#stream
    if (stream.destroyed || stream.headersSent) return
    const length = typeof body === 'string' ? Buffer.byteLength(body) : body.length
    const all = { ':status': code, ...withoutConnection(headers), 'content-length': String(length) }
    if (this.method === 'HEAD' || length === 0) {
      stream.respond(all, { endStream: true })
      return
    }
    stream.respond(all)
    stream.end(body)
  }

  open(code: number, headers: Headers): ResponseStream {
    this.#answered = true
    const stream = this.#stream
    if (!stream.destroyed) stream.respond({ ':status': code, ...withoutConnection(headers) })
    return {
      write(chunk) {
        if (!stream.destroyed && !stream.writableEnded) stream.write(chunk)
      },
      get buffered() {
        return stream.writableLength
      },
      drained: () => drained(stream),
      end: () => void stream.end(),
      destroy: () => void stream.destroy(),
    }
  }

  onClose(fn: () => void): void {
    if (this.#stream.destroyed) fn()
    else this.#stream.once('close', fn)
  }
}

/** The headers with those of impersonation one value for each time they were sent: node joins them with commas. */
function withImpersonation(headers: IncomingHttpHeaders, raw: readonly string[]): Exchange['headers'] {
  const all: Record<string, string | readonly string[] | undefined> = { ...headers }
  const distinct = new Map<string, string[]>()
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const [name, value] = [raw[i]!, raw[i + 1]!]
    if (!name.startsWith('impersonate-')) continue
    const values = distinct.get(name)
    if (values) values.push(value)
    else distinct.set(name, [value])
  }
  return Object.assign(all, Object.fromEntries(distinct))
}

/** RFC 9113 §8.2.2: connection-specific fields have no place here. */
function withoutConnection(headers: Headers): Record<string, string | string[]> {
  const { connection: _c, 'transfer-encoding': _t, 'keep-alive': _k, upgrade: _u, ...rest } = headers
  return rest as Record<string, string | string[]>
}
