/** The handshakes of streaming requests: what the client offers, what is chosen, and refusals before anything is switched. */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'

export interface Upgrade {
  readonly request: IncomingMessage
  readonly socket: Duplex
  /** Bytes that came behind the request. */
  readonly head: Buffer
}

/** An answer in words instead of the session: the kubelet answers plain text. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly code: number
  readonly headers: Readonly<Record<string, string>>

  constructor(code: number, message: string, headers: Record<string, string> = {}) {
    super(message)
    this.code = code
    this.headers = headers
  }
}

export function refuse(socket: Duplex, { code, message, headers }: Refusal): void {
  if (!socket.writable) return
  const body = `${message}\n`
  const lines = {
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': String(Buffer.byteLength(body)),
    Connection: 'close',
    ...headers,
  }
  const head = Object.entries(lines).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.end(
    `HTTP/1.1 ${code} ${process.getBuiltinModule('node:http').STATUS_CODES[code] ?? ''}\r\n${head.join('')}\r\n${body}`,
  )
}

export function isWebSocket({ headers }: IncomingMessage): boolean {
  return headers.upgrade?.toLowerCase() === 'websocket'
}

export function isSpdy({ headers }: IncomingMessage): boolean {
  return headers.upgrade?.toLowerCase().includes('spdy/3.1') ?? false
}

/** The first offered protocol that is known; undefined when the client offered none. Throws Refusal when none is known. */
export function negotiate(
  offered: string | readonly string[] | undefined,
  known: readonly string[],
): string | undefined {
  const names = [offered ?? []]
    .flat()
    .flatMap(value => value.split(','))
    .map(name => name.trim())
    .filter(Boolean)
  if (names.length === 0) return undefined
  const chosen = names.find(name => known.includes(name))
  if (chosen !== undefined) return chosen
  throw new Refusal(
    403,
    `unable to upgrade: unable to negotiate protocol: client supports [${names.join(' ')}], server accepts [${known.join(' ')}]`,
    {
      'X-Accepted-Stream-Protocol-Versions': known.join(','),
    },
  )
}

/** Switches the connection to SPDY and gives it back. */
export function switchToSpdy({ socket, head }: Upgrade, protocol: string | undefined): Duplex {
  const chosen = protocol === undefined ? '' : `X-Stream-Protocol-Version: ${protocol}\r\n`
  socket.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n${chosen}\r\n`)
  if (head.length > 0) socket.unshift(head)
  return socket
}
