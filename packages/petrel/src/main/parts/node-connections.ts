/**
 * How the API server reaches the nodes: those of this process directly, others over TLS at the address and port that
 * their Node object names.
 */
import type { Duplex } from 'node:stream'
import { connect } from 'node:tls'
import { nodes } from '@petrel/machinery/kinds'
import { notFound, unavailable } from '@petrel/machinery/status'
import type { NodeDialer, ObjectReader } from '../../api/index.ts'
import type { Identity } from '../../base/index.ts'

const dialMs = 10_000

export class NodeConnections implements NodeDialer {
  readonly #local = new Map<string, () => Duplex>()
  #reader: ObjectReader | undefined
  #credentials: (() => Identity & { readonly authority: string }) | undefined

  /** A node of this process. */
  add(name: string, connectTo: () => Duplex): void {
    this.#local.set(name, connectTo)
  }

  remove(name: string): void {
    this.#local.delete(name)
  }

  /** What is needed for nodes elsewhere: where they are, and how the server shows who it is. */
  reachOthers(reader: ObjectReader, credentials: () => Identity & { readonly authority: string }): void {
    this.#reader = reader
    this.#credentials = credentials
  }

  async dial(name: string): Promise<Duplex> {
    const local = this.#local.get(name)
    if (local) return local()
    const node = this.#reader?.get(nodes, '', name)
    if (!node) throw notFound(nodes, name)
    const address = node.status?.addresses?.find(({ type }) => type === 'InternalIP')?.address
    const port = node.status?.daemonEndpoints?.kubeletEndpoint?.Port
    if (!address || !port || !this.#credentials) {
      throw unavailable(`Cannot reach node "${name}": it publishes no address and port of its agent`)
    }
    return this.#dialTls(name, address, port)
  }

  #dialTls(name: string, host: string, port: number): Promise<Duplex> {
    const { certificate, key, authority } = this.#credentials!()
    return new Promise((resolve, reject) => {
      // The agent's certificate names the node, not the address under which it is reached.
      const socket = connect({ host, port, cert: certificate, key, ca: authority, servername: name, timeout: dialMs })
      const fail = (why: string): void => {
        socket.destroy()
        reject(unavailable(`Cannot reach node "${name}" at ${host}:${port}: ${why}`))
      }
      socket.once('secureConnect', () => {
        socket.setTimeout(0)
        resolve(socket)
      })
      socket.once('timeout', () => fail(`no answer within ${dialMs / 1000} s`))
      socket.once('error', error => fail(error.message))
    })
  }
}
