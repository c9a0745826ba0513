/** Load: `clients` callers, each sending its next request when the last one was answered; latency of every request. */
import { connect, type TLSSocket } from 'node:tls'
import { ResponseReader } from './response-reader.ts'
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

/** The bytes of one HTTP/1.1 request. */
export function requestText({ method, path, body, contentType = 'application/json' }: Call): string {
  const head = `${method} ${path} HTTP/1.1\r\nhost: localhost\r\naccept: application/json\r\n`
  if (body === undefined) return `${head}\r\n`
  return `${head}content-type: ${contentType}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
}

export function openSocket(server: Running): Promise<TLSSocket> {
  const { hostname, port } = new URL(server.url)
  return new Promise((resolve, reject) => {
    const socket = connect(
      {
        host: hostname,
        port: Number(port),
        ca: server.ca,
        cert: server.cert,
        key: server.key,
        ALPNProtocols: ['http/1.1'],
      },
      () => resolve(socket),
    )
    socket.setNoDelay(true)
    socket.once('error', reject)
  })
}

/** One TLS connection with HTTP/1.1 keep-alive and one request at a time. */
export class Connection {
  readonly #socket: TLSSocket
  readonly #pieces: Buffer[] = []
  #status = 0
  #answered: ((bytes: Buffer) => void) | undefined
  #failed: ((error: Error) => void) | undefined

  private constructor(socket: TLSSocket) {
    this.#socket = socket
    const reader = new ResponseReader({
      head: status => {
        this.#status = status
      },
      body: piece => void this.#pieces.push(piece),
      end: () => this.#answered?.(Buffer.concat(this.#pieces.splice(0))),
    })
    socket.on('data', bytes => reader.push(bytes))
    socket.on('error', error => this.#failed?.(error))
    socket.on('close', () => this.#failed?.(new Error('The server closed the connection')))
  }

  static async open(server: Running): Promise<Connection> {
    return new Connection(await openSocket(server))
  }

  /** The body of the answer; anything but 2xx is an error with the body's words. */
  async send(call: Call): Promise<Buffer> {
    const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
    this.#answered = resolve
    this.#failed = reject
    this.#socket.write(requestText(call))
    const bytes = await promise
    if (this.#status >= 300)
      throw new Error(`${call.method} ${call.path}: ${this.#status} ${bytes.toString('utf8', 0, 300)}`)
    return bytes
  }

  close(): void {
    this.#failed = undefined
    this.#socket.destroy()
  }
}

/** Runs `total` calls over `clients` connections; `make` is given 0, 1, 2, … */
export async function runLoad(
  server: Running,
  clients: number,
  total: number,
  make: (i: number) => Call,
): Promise<LoadResult> {
  const connections = await Promise.all(Array.from({ length: clients }, () => Connection.open(server)))
  await Promise.all(connections.map(connection => connection.send({ method: 'GET', path: '/version' })))
  const latencies = new Float64Array(total)
  let next = 0
  const started = performance.now()
  await Promise.all(
    connections.map(async connection => {
      while (next < total) {
        const i = next++
        const sent = performance.now()
        await connection.send(make(i))
        latencies[i] = performance.now() - sent
      }
    }),
  )
  const seconds = (performance.now() - started) / 1000
  for (const connection of connections) connection.close()
  latencies.sort()
  return { perSecond: total / seconds, p50Ms: percentile(latencies, 0.5), p99Ms: percentile(latencies, 0.99) }
}

/** Of numbers in order. */
export function percentile(sorted: ArrayLike<number>, part: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))]!
}
