/**
 * Asks the node's resolvers about names that are not the cluster's: one after the other, each for two seconds, by TCP
 * when an answer was cut off. A bounded cache keeps answers for at most 30 seconds, as CoreDNS does by default.
 */
import { randomInt } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import type { Clock } from '../../base/index.ts'
import { type DecodedResponse, decodeResponse, encodeQuery, responseCodes } from './dns-packet.ts'

export interface ForwarderOptions {
  /** `address` or `address:port` (`[v6]:port`). */
  readonly servers: readonly string[]
  readonly clock: Clock
  readonly timeoutMs?: number
  /** Answers remembered; the oldest goes first. Default 10,000. */
  readonly cacheEntries?: number
  /** Questions open at once; more are refused. Default 1,000. */
  readonly concurrency?: number
}

interface Cached {
  readonly response: DecodedResponse
  readonly until: number
}

const longestMs = 30_000
const negativeMs = 5000

export class DnsForwarder {
  readonly #options: Required<ForwarderOptions>
  readonly #cache = new Map<string, Cached>()
  readonly #open = new Map<string, Promise<DecodedResponse>>()

  constructor(options: ForwarderOptions) {
    this.#options = { timeoutMs: 2000, cacheEntries: 10_000, concurrency: 1000, ...options }
  }

  /** Rejects when no resolver answers. */
  async resolve(name: string, type: number): Promise<DecodedResponse> {
    const key = `${type} ${name}`
    const cached = this.#cache.get(key)
    if (cached && cached.until > this.#options.clock.now()) return cached.response
    this.#cache.delete(key)
    let open = this.#open.get(key)
    if (!open) {
      if (this.#open.size >= this.#options.concurrency)
        throw new Error(`more than ${this.#options.concurrency} questions are open`)
      open = this.#ask(name, type).finally(() => this.#open.delete(key))
      this.#open.set(key, open)
    }
    const response = await open
    this.#remember(key, response)
    return response
  }

  async #ask(name: string, type: number): Promise<DecodedResponse> {
    let failure: unknown = new Error('no resolver is configured')
    for (const server of this.#options.servers) {
      try {
        const id = randomInt(0x10000)
        const query = encodeQuery(id, name, type)
        const answer = decodeResponse(await this.#byUdp(server, query, id))
        if (answer.code === responseCodes.SERVFAIL) throw new Error(`${server} answered SERVFAIL`)
        return answer.truncated ? decodeResponse(await this.#byTcp(server, query)) : answer
      } catch (error) {
        failure = error
      }
    }
    throw new Error(`no resolver answered for ${JSON.stringify(name)}`, { cause: failure })
  }

  #byUdp(server: string, query: Buffer, id: number): Promise<Buffer> {
    const { host, port } = parseServer(server)
    return this.#limited(server, finish => {
      const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4')
      // Connected: the kernel drops what comes from anyone else.
      socket.on('error', error => finish(error))
      socket.on('message', message => {
        if (message.length >= 12 && message.readUInt16BE(0) === id) finish(undefined, message)
      })
      socket.connect(port, host, () => socket.send(query))
      return () => socket.close()
    })
  }

  #byTcp(server: string, query: Buffer): Promise<Buffer> {
    return this.#limited(server, finish => {
      const socket = connect(parseServer(server))
      let bytes = Buffer.alloc(0)
      socket.on('error', error => finish(error))
      socket.on('data', (chunk: Buffer) => {
        bytes = Buffer.concat([bytes, chunk])
        if (bytes.length >= 2 && bytes.length >= 2 + bytes.readUInt16BE(0))
          finish(undefined, bytes.subarray(2, 2 + bytes.readUInt16BE(0)))
      })
      const length = Buffer.alloc(2)
      length.writeUInt16BE(query.length)
      socket.write(Buffer.concat([length, query]))
      return () => socket.destroy()
    })
  }

  #limited(
    server: string,
    begin: (finish: (error: Error | undefined, message?: Buffer) => void) => () => void,
  ): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      let end: (() => void) | undefined
      let done = false
      const finish = (error: Error | undefined, message?: Buffer): void => {
        if (done) return
        done = true
        timer.cancel()
        end?.()
        if (message) resolve(message)
        else reject(error ?? new Error(`${server} closed`))
      }
      const timer = this.#options.clock.after(this.#options.timeoutMs, () =>
        finish(new Error(`${server} did not answer in ${this.#options.timeoutMs} ms`)),
      )
      end = begin(finish)
    })
  }

  #remember(key: string, response: DecodedResponse): void {
    const ttls = response.answers.map(answer => answer.ttl * 1000)
    const ms = Math.min(longestMs, ...(ttls.length > 0 ? ttls : [negativeMs]))
    if (ms <= 0 || (response.code !== responseCodes.NOERROR && response.code !== responseCodes.NXDOMAIN)) return
    if (this.#cache.size >= this.#options.cacheEntries) {
      const oldest = this.#cache.keys().next().value
      if (oldest !== undefined) this.#cache.delete(oldest)
    }
    this.#cache.set(key, { response, until: this.#options.clock.now() + ms })
  }
}

/** The `nameserver` lines of a resolv.conf; by default the machine's own. */
export function resolversOf(resolvConf: string = readFileSync('/etc/resolv.conf', 'utf8')): string[] {
  return resolvConf.split('\n').flatMap(line => /^\s*nameserver\s+(\S+)/.exec(line)?.[1] ?? [])
}

function parseServer(server: string): { host: string; port: number } {
  const match = /^\[(.+)\]:(\d+)$/.exec(server) ?? /^([^:]+):(\d+)$/.exec(server)
  return match ? { host: match[1] ?? '', port: Number(match[2]) } : { host: server, port: 53 }
}
