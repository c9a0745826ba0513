/**
 * One request and its response, whichever HTTP carried it. The handler chain sees this alone; http1.ts and http2.ts
 * make it. A peer that has gone is no error: what is written to it is dropped, and `onClose` has told.
 */

import type { Duplex, Readable } from 'node:stream'
import { tooLarge } from '@petrel/machinery/status'
import type { Credentials } from '../contract.ts'

export type Headers = Record<string, string | readonly string[]>

export interface Exchange {
  readonly method: string
  /** Path and query as sent. */
  readonly target: string
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly certificate: Credentials['certificate']
  readonly remoteAddress: string
  /** Set when the client asks to leave HTTP on this connection. */
  readonly upgrade: { readonly socket: Duplex; readonly head: Uint8Array } | undefined
  /** The peer has gone. */
  readonly closed: boolean
  /** Something was answered already. */
  readonly answered: boolean
  /** Rejects with 413 above `limitBytes`. */
  readBody(limitBytes: number): Promise<Uint8Array>
  /** The request's body as it comes, for proxies. */
  bodyStream(): Readable
  /** Answers at once. */
  respond(code: number, headers: Headers, body: string | Uint8Array): void
  /** Answers in pieces. */
  open(code: number, headers: Headers): ResponseStream
  /** Calls back when the peer goes before or after the answer; at once when it has gone. */
  onClose(fn: () => void): void
}

export interface ResponseStream {
  write(chunk: Uint8Array): void
  /** Bytes that the peer has yet to take. */
  readonly buffered: number
  /** Resolves when there is room again, or the peer has gone. */
  drained(): Promise<void>
  end(): void
  /** Breaks the response off: the peer must not take it for complete. */
  destroy(): void
}

/** Collects a body; `declared` is its Content-Length. */
export function collect(source: Readable, declared: string | undefined, limitBytes: number): Promise<Uint8Array> {
  if (declared !== undefined && Number(declared) > limitBytes) {
    source.resume()
    return Promise.reject(bodyTooLarge(limitBytes))
  }
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = []
    let length = 0
    source.on('data', (chunk: Uint8Array) => {
      length += chunk.length
      if (length > limitBytes) {
        source.removeAllListeners('data')
        source.resume()
        reject(bodyTooLarge(limitBytes))
        return
      }
      chunks.push(chunk)
    })
    let ended = false
    source.once('end', () => {
      ended = true
      resolve(chunks.length === 1 ? (chunks[0] as Uint8Array) : Buffer.concat(chunks, length))
    })
    source.once('error', reject)
    source.once('close', () => {
      if (!ended) reject(new Error('Cannot read the body: the client closed the connection'))
    })
  })
}

function bodyTooLarge(limitBytes: number): Error {
  return tooLarge(`Request entity too large: limit is ${limitBytes}`)
}
