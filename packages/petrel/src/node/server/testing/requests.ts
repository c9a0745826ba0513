/** Clients of a node's server in the same process: plain requests, WebSockets and SPDY. */
import { type IncomingMessage, request } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocket } from 'ws'
import { type Clock, silentLogger } from '../../../base/index.ts'
import { createNodeServer, type NodeServer } from '../index.ts'
import type { HostPod } from './host-runtime.ts'

export function serverOf({ runtime, pod }: HostPod, clock: Clock): NodeServer {
  return createNodeServer({
    nodeName: 'n1',
    runtime,
    clock,
    log: silentLogger,
    pod: (namespace, name) => (namespace === 'default' && name === 'p' ? pod : undefined),
    pods: () => [pod],
  })
}

export interface Answer {
  readonly code: number
  readonly body: string
  readonly headers: IncomingMessage['headers']
}

export function begin(
  server: NodeServer,
  path: string,
  headers: Record<string, string> = {},
  method = 'GET',
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const out = request({ method, path, host: 'n1', headers, createConnection: () => server.connect() as never })
    out.once('response', resolve)
    out.once('error', reject)
    out.end()
  })
}

export async function get(server: NodeServer, path: string, headers: Record<string, string> = {}): Promise<Answer> {
  const response = await begin(server, path, headers)
  let body = ''
  for await (const chunk of response) body += chunk
  return { code: response.statusCode ?? 0, body, headers: response.headers }
}

/** Switches to SPDY; gives the connection and the protocol that was chosen. */
export function upgradeToSpdy(
  server: NodeServer,
  path: string,
  protocols: string,
): Promise<{ socket: Duplex; protocol: string | undefined }> {
  return new Promise((resolve, reject) => {
    const out = request({
      method: 'POST',
      path,
      host: 'n1',
      headers: { connection: 'Upgrade', upgrade: 'SPDY/3.1', 'x-stream-protocol-version': protocols },
      createConnection: () => server.connect() as never,
    })
    out.once('upgrade', (response, socket) => {
      resolve({ socket, protocol: response.headers['x-stream-protocol-version'] as string | undefined })
    })
    out.once('response', response => reject(new Error(`answered ${response.statusCode}`)))
    out.once('error', reject)
    out.end()
  })
}

export interface Messages {
  readonly socket: WebSocket
  /** What came on each channel, put together. */
  channel(number: number): Buffer
  /** Resolves when a message has come for which this holds. */
  until(holds: () => boolean): Promise<void>
  readonly closed: Promise<number>
}

/** `base64` reads channels the way of the base64 protocols. */
export function openWebSocket(server: NodeServer, path: string, protocols: string[], base64 = false): Messages {
  const socket = new WebSocket(`ws://n1${path}`, protocols, { createConnection: () => server.connect() as never })
  const channels = new Map<number, Buffer[]>()
  let wake = (): void => {}
  socket.on('message', (data: Buffer) => {
    const channel = base64 ? Number(data.toString('latin1', 0, 1)) : (data[0] ?? -1)
    const bytes = base64 ? Buffer.from(data.toString('latin1', 1), 'base64') : data.subarray(1)
    channels.set(channel, [...(channels.get(channel) ?? []), bytes])
    wake()
  })
  const channel = (number: number): Buffer => Buffer.concat(channels.get(number) ?? [])
  return {
    socket,
    channel,
    async until(holds) {
      while (!holds()) {
        await new Promise<void>(resolve => {
          wake = resolve
        })
      }
    },
    closed: new Promise((resolve, reject) => {
      socket.once('close', resolve)
      socket.once('error', reject)
    }),
  }
}
