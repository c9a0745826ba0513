/**
 * The sockets: one TLS port that speaks HTTP/2 and HTTP/1.1 by ALPN, or one plain port for tests. Slow and idle peers
 * are bounded here: handshake, headers and body have a time, idle connections end, and there is a most of them.
 * Limits follow k8s.io/apiserver/pkg/server/secure_serving.go.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { createServer as createHttp2Server, type Http2Server, type ServerHttp2Session } from 'node:http2'
import { type AddressInfo, createServer as createTcpServer, type Server as NetServer, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import {
  createServer as createTlsServer,
  type SecureContextOptions,
  type TLSSocket,
  type Server as TlsServer,
} from 'node:tls'
import type { Exchange } from './exchange.ts'
import { Http1Exchange } from './http1.ts'
import { Http2Exchange } from './http2.ts'

export interface TlsOptions {
  /** PEM: certificate chain and key of the server. */
  readonly cert: string
  readonly key: string
  /** PEM: who signs client certificates. */
  readonly clientCa?: string
}

export interface ListenOptions {
  readonly host: string
  /** 0 picks a free one. */
  readonly port: number
  /** Plain HTTP when undefined. */
  readonly tls?: TlsOptions
}

export interface Listener {
  readonly host: string
  readonly port: number
  /** `https://127.0.0.1:6443`. */
  readonly url: string
  /** New connections get these; those that stand keep what they have. */
  setTls(options: TlsOptions): void
  /** Stops accepting and tells HTTP/2 peers to go elsewhere (GOAWAY). */
  stopAccepting(): void
  /** Ends all connections; resolves when they have gone. */
  close(): Promise<void>
}

const limits = {
  handshakeMs: 10_000,
  headersMs: 32_000,
  requestMs: 60_000,
  idleMs: 120_000,
  headerBytes: 64 * 1024,
  connections: 50_000,
  streamsPerConnection: 1000,
} as const

/** How long a peer may take to read the last bytes when the server ends. */
const lingerMs = 1_000

export async function listen(options: ListenOptions, onExchange: (exchange: Exchange) => void): Promise<Listener> {
  const http1 = createHttp1(onExchange)
  const sessions = new Set<ServerHttp2Session>()
  const sockets = new Set<Socket>()
  const secured = new Set<TLSSocket>()
  const http2 = createHttp2(onExchange, sessions)
  const track = (socket: Socket): void => {
    sockets.add(socket)
    socket.setKeepAlive(true, 30_000)
    socket.once('close', () => sockets.delete(socket))
  }

  let server: NetServer
  let tlsServer: TlsServer | undefined
  if (options.tls) {
    tlsServer = createTlsServer({
      ...secureContext(options.tls),
      ALPNProtocols: ['h2', 'http/1.1'],
      requestCert: true,
      rejectUnauthorized: false,
      handshakeTimeout: limits.handshakeMs,
    })
    tlsServer.on('connection', track)
    tlsServer.on('tlsClientError', (_error, socket) => socket.destroy())
    tlsServer.on('secureConnection', (socket: TLSSocket) => {
      secured.add(socket)
      socket.once('close', () => secured.delete(socket))
      socket.on('error', () => socket.destroy())
      if (socket.alpnProtocol === 'h2') http2.emit('connection', socket)
      else http1.emit('connection', socket)
    })
    server = tlsServer
  } else {
    server = createTcpServer({ noDelay: true }, socket => {
      track(socket)
      http1.emit('connection', socket)
    })
  }
  server.maxConnections = limits.connections
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host: options.host, port: options.port, backlog: 4096 }, () => {
      server.removeListener('error', reject)
      resolve()
    })
  })
  const { port } = server.address() as AddressInfo
  const host = options.host.includes(':') ? `[${options.host}]` : options.host
  let accepting = true

  const stopAccepting = (): void => {
    if (!accepting) return
    accepting = false
    server.close()
    for (const session of sessions) session.close()
    http1.closeIdleConnections()
  }
  return {
    host: options.host,
    port,
    url: `${options.tls ? 'https' : 'http'}://${host}:${port}`,
    setTls: tls => tlsServer?.setSecureContext(secureContext(tls)),
    stopAccepting,
    async close() {
      stopAccepting()
      // Ends the interval that looks after header and request time limits.
      http1.close()
      const gone = [...sockets].map(socket => new Promise<void>(resolve => socket.once('close', () => resolve())))
      // What was written last still goes out; who does not read it is cut by the timer.
      for (const socket of secured.size > 0 ? secured : sockets) socket.destroySoon()
      const late = setTimeout(() => {
        for (const socket of sockets) socket.destroy()
      }, lingerMs)
      await Promise.all(gone)
      clearTimeout(late)
    },
  }
}

function secureContext(tls: TlsOptions): SecureContextOptions {
  return {
    cert: tls.cert,
    key: tls.key,
    ...(tls.clientCa !== undefined && { ca: tls.clientCa }),
    minVersion: 'TLSv1.2',
  }
}

function createHttp1(onExchange: (exchange: Exchange) => void): Server {
  // An import statement reads every export, WebSocket among them, which loads 13 MB that nobody here uses.
  const { createServer } = process.getBuiltinModule('node:http')
  const server = createServer({
    headersTimeout: limits.headersMs,
    requestTimeout: limits.requestMs,
    keepAliveTimeout: limits.idleMs,
    connectionsCheckingInterval: 5_000,
    maxHeaderSize: limits.headerBytes,
    noDelay: true,
  })
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    onExchange(new Http1Exchange(request, response, undefined))
  })
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy())
    // RFC 9110 §7.8: an upgrade that is not ours to make is left out of account; h2c by prior request is one.
    onExchange(new Http1Exchange(request, undefined, { socket, head }))
  })
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    if (!socket.writable || error.code === 'ECONNRESET') socket.destroy()
    else socket.end(malformedRequest(error))
  })
  // node:http starts to look after its time limits when it listens; here the sockets come from another server.
  server.emit('listening')
  return server
}

/** A request that is no HTTP still gets a Status. */
function malformedRequest(error: NodeJS.ErrnoException): string {
  const [code, reason, message] =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? [431, 'BadRequest', 'request header fields too large']
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? [408, 'Timeout', 'the request was not received in time']
        : [400, 'BadRequest', 'malformed HTTP request']
  const body = JSON.stringify({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    reason,
    code,
  })
  return `HTTP/1.1 ${code} ${message}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`
}

function createHttp2(onExchange: (exchange: Exchange) => void, sessions: Set<ServerHttp2Session>): Http2Server {
  const server = createHttp2Server({
    settings: { maxConcurrentStreams: limits.streamsPerConnection, initialWindowSize: 1 << 20 },
    maxSessionMemory: 256,
  })
  server.on('session', session => {
    sessions.add(session)
    session.once('close', () => sessions.delete(session))
    session.setLocalWindowSize(4 << 20)
    // Without a stream in that time the connection is idle: GOAWAY, then it ends.
    session.setTimeout(limits.idleMs, () => {
      if (session.destroyed) return
      const open = (session.state as { readonly openStreams?: number }).openStreams
      if (!open) session.close()
    })
  })
  server.on('sessionError', () => {})
  server.on('stream', (stream, headers, _flags, raw) => {
    stream.on('error', () => stream.destroy())
    onExchange(new Http2Exchange(stream, headers, raw))
  })
  return server
}
