/** An exchange on HTTP/1.1 (RFC 9112), by node:http. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex, Readable } from 'node:stream'
import { certificateOf } from './certificate.ts'
import { collect, type Exchange, type Headers, type ResponseStream } from './exchange.ts'

export class Http1Exchange implements Exchange {
  readonly #request: IncomingMessage
  readonly #response: ServerResponse | undefined
  readonly upgrade: Exchange['upgrade']
  #answered = false
  #distinct: Exchange['headers'] | undefined

  /** With `upgrade` there is no response object: the socket is written to by whoever takes the connection over. */
  constructor(request: IncomingMessage, response: ServerResponse | undefined, upgrade: Exchange['upgrade']) {
    this.#request = request
    this.#response = response
    this.upgrade = upgrade
  }

  get method(): string {
    return this.#request.method ?? 'GET'
  }

  get target(): string {
    return this.#request.url ?? '/'
  }

  get headers(): Exchange['headers'] {
    const { headers } = this.#request
    // Node joins what is repeated with commas, which group names may contain.
    if (headers['impersonate-user'] === undefined) return headers
    this.#distinct ??= withImpersonation(headers, this.#request.headersDistinct)
    return this.#distinct
  }

  get certificate(): Exchange['certificate'] {
    return certificateOf(this.#request.socket)
  }

  get remoteAddress(): string {
    return this.#request.socket.remoteAddress ?? ''
  }

  get closed(): boolean {
    return this.#request.socket.destroyed
  }

  get answered(): boolean {
    return this.#answered
  }

  readBody(limitBytes: number): Promise<Uint8Array> {
    return collect(this.#request, this.#request.headers['content-length'], limitBytes)
  }

  bodyStream(): Readable {
    return this.#request
  }

  respond(code: number, headers: Headers, body: string | Uint8Array): void {
    if (this.#answered) return
    this.#answered = true
    const length = typeof body === 'string' ? Buffer.byteLength(body) : body.length
    const response = this.#response
    if (!response) {
      writeRaw(this.upgrade?.socket, code, { ...headers, 'content-length': String(length) }, body)
      return
    }
    if (response.destroyed) return
    headers['content-length'] = String(length)
    // A body that was refused unread would be taken for the next request.
    if (!this.#request.complete) headers['connection'] = 'close'
    response.writeHead(code, headers as Record<string, string | string[]>)
    if (this.method === 'HEAD') response.end()
    else response.end(body)
  }

  open(code: number, headers: Headers): ResponseStream {
    this.#answered = true
    const response = this.#response
    if (!response) throw new TypeError('Cannot open a response: the connection asked for an upgrade')
    response.writeHead(code, headers as Record<string, string | string[]>)
    response.flushHeaders()
    // Small frames must not wait for one another (Nagle).
    this.#request.socket.setNoDelay(true)
    return {
      write(chunk) {
        if (!response.destroyed && !response.writableEnded) response.write(chunk)
      },
      get buffered() {
        return response.writableLength
      },
      drained: () => drained(response),
      end: () => void response.end(),
      destroy: () => void response.destroy(),
    }
  }

  onClose(fn: () => void): void {
    const source = this.#response ?? this.#request.socket
    if (source.destroyed) fn()
    else source.once('close', fn)
  }
}

/** The headers with those of impersonation one value for each time they were sent. */
function withImpersonation(headers: Exchange['headers'], distinct: NodeJS.Dict<string[]>): Exchange['headers'] {
  const all: Record<string, string | readonly string[] | undefined> = { ...headers }
  for (const name in distinct) if (name.startsWith('impersonate-')) all[name] = distinct[name]
  return all
}

/** Waits until a writable has room, has ended or is gone. */
export function drained(
  stream: NodeJS.WritableStream & { readonly writableNeedDrain: boolean; readonly destroyed: boolean },
): Promise<void> {
  if (!stream.writableNeedDrain || stream.destroyed) return Promise.resolve()
  return new Promise(resolve => {
    const done = (): void => {
      stream.removeListener('drain', done)
      stream.removeListener('close', done)
      resolve()
    }
    stream.once('drain', done)
    stream.once('close', done)
  })
}

/** A response on a socket that HTTP has let go of: an upgrade that was refused. */
function writeRaw(socket: Duplex | undefined, code: number, headers: Headers, body: string | Uint8Array): void {
  if (!socket || socket.destroyed) return
  let head = `HTTP/1.1 ${code} ${code < 400 ? 'OK' : 'Refused'}\r\n`
  for (const [name, value] of Object.entries(headers)) {
    for (const line of typeof value === 'string' ? [value] : value) head += `${name}: ${line}\r\n`
  }
  socket.write(`${head}connection: close\r\n\r\n`)
  socket.end(body)
}
