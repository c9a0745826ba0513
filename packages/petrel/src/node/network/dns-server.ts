/**
 * Cluster DNS: answers for the cluster's names from the zone, passes everything else to the forwarder. UDP and TCP on
 * the given addresses. A TCP connection that sends nothing for ten seconds, and one too many of them, is closed.
 */
import { createSocket, type Socket } from 'node:dgram'
import { createServer, type Server, type Socket as TcpSocket } from 'node:net'
import type { Logger } from '../../base/index.ts'
import type { DnsForwarder } from './dns-forwarder.ts'
import {
  decodeName,
  decodeQuery,
  encodeResponse,
  type Query,
  type Response,
  recordTypes,
  responseCodes,
} from './dns-packet.ts'
import type { ClusterZone } from './dns-zone.ts'

export interface DnsServerOptions {
  readonly zone: ClusterZone
  readonly forwarder: DnsForwarder
  readonly log: Logger
}

const tcpIdleMs = 10_000
const tcpConnections = 256
/** A chain of CNAMEs longer than this leads nowhere. */
const chainLimit = 8

export class DnsServer {
  readonly #options: DnsServerOptions
  readonly #sockets: (Socket | Server)[] = []
  readonly #connections = new Set<TcpSocket>()

  constructor(options: DnsServerOptions) {
    this.#options = options
  }

  /** Listens on an address; port 0 takes a free one, the same for UDP and TCP. Resolves with the port. */
  async listen(address: string, port: number): Promise<number> {
    const udp = createSocket(address.includes(':') ? 'udp6' : 'udp4')
    udp.on('message', (message, from) => {
      void this.#answer(message, false).then(response => {
        if (response) udp.send(response, from.port, from.address)
      })
    })
    await new Promise<void>((resolve, reject) => {
      udp.once('error', reject)
      udp.bind(port, address, () => {
        udp.off('error', reject)
        resolve()
      })
    })
    udp.on('error', error => this.#options.log.warn('cluster DNS', { err: error }))
    this.#sockets.push(udp)
    const tcp = createServer(socket => this.#serve(socket))
    tcp.maxConnections = tcpConnections
    const bound = udp.address().port
    await new Promise<void>((resolve, reject) => tcp.once('error', reject).listen(bound, address, resolve))
    this.#sockets.push(tcp)
    return bound
  }

  async close(): Promise<void> {
    for (const connection of this.#connections) connection.destroy()
    await Promise.all(
      this.#sockets.splice(0).map(socket => new Promise<void>(resolve => void socket.close(() => resolve()))),
    )
  }

  #serve(socket: TcpSocket): void {
    this.#connections.add(socket)
    socket.on('close', () => this.#connections.delete(socket))
    socket.on('error', () => socket.destroy())
    socket.setTimeout(tcpIdleMs, () => socket.destroy())
    let bytes = Buffer.alloc(0)
    socket.on('data', (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk])
      while (bytes.length >= 2 && bytes.length >= 2 + bytes.readUInt16BE(0)) {
        const length = bytes.readUInt16BE(0)
        void this.#answer(bytes.subarray(2, 2 + length), true).then(response => {
          if (!response || socket.destroyed) {
            socket.destroy()
            return
          }
          const prefix = Buffer.alloc(2)
          prefix.writeUInt16BE(response.length)
          socket.write(Buffer.concat([prefix, response]))
        })
        bytes = bytes.subarray(2 + length)
      }
    })
  }

  /** Undefined when the message deserves no answer. */
  async #answer(message: Buffer, tcp: boolean): Promise<Buffer | undefined> {
    let query: Query
    try {
      query = decodeQuery(message)
    } catch {
      return malformed(message)
    }
    const limit = tcp ? 65_535 : Math.min(query.ednsBytes ?? 512, 1232)
    return encodeResponse(query, await this.#resolve(query), limit)
  }

  async #resolve(query: Query): Promise<Response> {
    const empty = { authoritative: false, answers: [], authority: [], additional: [] }
    if (query.opcode !== 0) return { ...empty, code: responseCodes.NOTIMP }
    if (query.class !== 1 && query.class !== 255) return { ...empty, code: responseCodes.REFUSED }
    try {
      const own = this.#options.zone.resolve(query.name, query.type)
      if (!own) {
        const { code, answers } = await this.#options.forwarder.resolve(query.name, query.type)
        return { ...empty, code, answers }
      }
      return await this.#follow(own, query.type)
    } catch (error) {
      this.#options.log.debug('cluster DNS cannot answer', { name: query.name, err: error })
      return { ...empty, code: responseCodes.SERVFAIL }
    }
  }

  /** A CNAME of ours is of use only together with what it leads to. */
  async #follow(response: Response, type: number): Promise<Response> {
    const answers = [...response.answers]
    for (let step = 0; step < chainLimit; step++) {
      const last = answers.at(-1)
      if (last?.type !== recordTypes.CNAME || type === recordTypes.CNAME) break
      const target = decodeName(last.data, 0).name
      const next =
        this.#options.zone.resolve(target, type) ??
        (await this.#options.forwarder.resolve(target, type).catch(() => undefined))
      if (!next || next.answers.length === 0) break
      answers.push(...next.answers)
    }
    return { ...response, answers }
  }
}

/** FORMERR, when there is at least an id to answer to. */
function malformed(message: Buffer): Buffer | undefined {
  if (message.length < 12 || (message.readUInt16BE(2) & 0x8000) !== 0) return undefined
  const header = Buffer.alloc(12)
  message.copy(header, 0, 0, 2)
  header.writeUInt16BE(0x8080 | responseCodes.FORMERR, 2)
  return header
}
