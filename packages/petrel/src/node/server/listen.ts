/** The node's server for other machines: TLS, and only for callers whose certificate comes from the cluster's authority. */
import type { Server } from 'node:http'
import { createServer, type Server as TlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'

export interface NodeListenOptions {
  readonly host: string
  /** 10250 is the kubelet's; 0 takes a free one. */
  readonly port: number
  /** PEM of what the node shows. */
  readonly certificate: string
  readonly key: string
  /** PEM of who signs the callers' certificates. */
  readonly authority: string
  /** Common names of callers; others are sent away though their certificate is good. */
  readonly callers: readonly string[]
}

export interface NodeListener {
  readonly port: number
  close(): Promise<void>
}

export async function listenTls(options: NodeListenOptions, serve: (server: Server) => void): Promise<NodeListener> {
  const { certificate, key, authority, callers } = options
  const server: TlsServer = createServer({
    cert: certificate,
    key,
    ca: authority,
    requestCert: true,
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2',
    requestTimeout: 0,
  })
  const sockets = new Set<TLSSocket>()
  server.on('secureConnection', socket => {
    const name = socket.getPeerCertificate().subject?.CN
    if (!socket.authorized || typeof name !== 'string' || !callers.includes(name)) {
      socket.destroy()
      return
    }
    socket.setKeepAlive(true, 30_000)
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  serve(server as unknown as Server)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, options.host, resolve)
  })
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}
