/**
 * The node's HTTP endpoints, with the kubelet's paths (pkg/kubelet/server/server.go). The API server passes upgrades
 * through as bytes, so every protocol that clients speak for exec, attach and port-forward ends here. In one process
 * connections come from `connect`; an agent on a machine of its own listens, and asks callers for their certificate.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Pod } from '@petrel/machinery/api/core-v1'
import type { Clock, Logger } from '../../base/index.ts'
import type { Runtime } from '../runtime/index.ts'
import { carryCommand } from './carry-command.ts'
import type { CommandStreams } from './command-client.ts'
import { spdyCommand } from './command-spdy.ts'
import { webSocketCommand } from './command-websocket.ts'
import { answerLogs } from './container-logs.ts'
import { findRunning, findSandbox } from './find-container.ts'
import { listenTls, type NodeListener, type NodeListenOptions } from './listen.ts'
import { MemorySocket } from './memory-socket.ts'
import { type PortTarget, portForwardProtocol, spdyPorts, tunnelledPorts, tunnelProtocol } from './ports-spdy.ts'
import { portsOf, webSocketPorts } from './ports-websocket.ts'
import { defaultIdleMs } from './session-watch.ts'
import { answerResourceMetrics, answerSummary } from './stats.ts'
import { isSpdy, isWebSocket, Refusal, refuse, type Upgrade } from './upgrade.ts'

export interface NodeServerOptions {
  readonly nodeName: string
  readonly runtime: Runtime
  readonly clock: Clock
  readonly log: Logger
  /** A pod of this node by its name, as the API has it. */
  pod(namespace: string, name: string): Pod | undefined
  /** All pods of this node. */
  pods(): readonly Pod[]
  /** After this long without a byte a session is ended; 4 h. */
  readonly idleMs?: number
}

export interface NodeServer {
  /** A connection to the server within the process: the near end. */
  connect(): Duplex
  /** Serves over TLS to callers with a certificate. */
  listen(options: NodeListenOptions): Promise<NodeListener>
  /** Ends all connections, and with them the sessions. */
  close(): Promise<void>
}

export function createNodeServer(options: NodeServerOptions): NodeServer {
  const { log, idleMs = defaultIdleMs } = options
  const sockets = new Set<Duplex>()
  const listeners: NodeListener[] = []

  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    answer(options, request, response).catch((error: unknown) => {
      if (response.headersSent) {
        log.warn('an answer broke off', { path: request.url, err: error })
        response.destroy()
        return
      }
      const { code, message } = refusalOf(error, log, request)
      response.writeHead(code, { 'content-type': 'text/plain; charset=utf-8' }).end(`${message}\n`)
    })
  }
  const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    socket.on('error', () => socket.destroy())
    stream(options, idleMs, { request, socket, head }).catch((error: unknown) =>
      refuse(socket, refusalOf(error, log, request)),
    )
  }
  const serve = (server: Server): void => {
    server.on('request', handle)
    server.on('upgrade', upgrade)
  }
  // An import of node:http would load Node's fetch as well.
  const inner = process.getBuiltinModule('node:http').createServer({ requestTimeout: 0 })
  serve(inner)

  return {
    connect() {
      const [near, far] = MemorySocket.pair()
      sockets.add(far)
      far.once('close', () => sockets.delete(far))
      inner.emit('connection', far)
      return near
    },
    async listen(where) {
      const listener = await listenTls(where, serve)
      listeners.push(listener)
      return listener
    },
    async close() {
      for (const socket of sockets) socket.destroy()
      inner.close()
      await Promise.all(listeners.map(listener => listener.close()))
    },
  }
}

function refusalOf(error: unknown, log: Logger, request: IncomingMessage): Refusal {
  if (error instanceof Refusal) return error
  log.warn('a request of the API server failed', { path: request.url, err: error })
  return new Refusal(500, error instanceof Error ? error.message : String(error))
}

interface Target {
  readonly path: readonly string[]
  readonly query: URLSearchParams
}

function targetOf(request: IncomingMessage): Target {
  const [path = '', query = ''] = (request.url ?? '').split('?', 2)
  return { path: path.split('/').slice(1).map(decode), query: new URLSearchParams(query) }
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    throw new Refusal(400, `the path has a broken escape: ${JSON.stringify(segment)}`)
  }
}

async function answer(options: NodeServerOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { path, query } = targetOf(request)
  const { runtime, clock } = options
  const [verb = '', namespace = '', name = '', container = ''] = path
  const text = (type: string, body: string): void => void response.writeHead(200, { 'content-type': type }).end(body)
  switch (path.length === 4 && verb === 'containerLogs' ? verb : path.join('/')) {
    case 'containerLogs': {
      const pod = options.pod(namespace, name)
      if (!pod) throw new Refusal(404, `pod ${JSON.stringify(name)} does not exist`)
      return answerLogs(runtime, clock, pod, container, query, response)
    }
    case 'healthz':
      return text('text/plain; charset=utf-8', 'ok')
    case 'pods':
      return text(
        'application/json',
        JSON.stringify({ kind: 'PodList', apiVersion: 'v1', metadata: {}, items: options.pods() }),
      )
    case 'stats/summary':
      return text('application/json', await answerSummary(runtime, options.nodeName, clock))
    case 'metrics/resource':
      return text('text/plain; version=0.0.4; charset=utf-8', await answerResourceMetrics(runtime))
  }
  if (verb === 'exec' || verb === 'attach' || verb === 'portForward') throw new Refusal(400, 'Upgrade request required')
  throw new Refusal(404, '404 page not found')
}

async function stream(options: NodeServerOptions, idleMs: number, upgrade: Upgrade): Promise<void> {
  const { path, query } = targetOf(upgrade.request)
  const [verb, namespace = '', name = '', container = ''] = path
  const isCommand = (verb === 'exec' || verb === 'attach') && path.length === 4
  if (!isCommand && !(verb === 'portForward' && path.length === 3)) throw new Refusal(404, '404 page not found')
  if (!isSpdy(upgrade.request) && !isWebSocket(upgrade.request)) {
    throw new Refusal(
      400,
      `unable to upgrade: the protocol ${JSON.stringify(upgrade.request.headers.upgrade)} is none of SPDY/3.1 and websocket`,
    )
  }
  const streams = isCommand ? streamsOf(query) : undefined
  const pod = options.pod(namespace, name)
  if (!pod) throw new Refusal(404, 'pod does not exist')
  if (streams)
    await command(options, idleMs, upgrade, verb as 'exec' | 'attach', pod, container, streams, query.getAll('command'))
  else await ports(options, idleMs, upgrade, pod, query)
}

/** The kubelet's names, and those of the API (k8s.io/cri-streaming/pkg/streaming/remotecommand, NewOptions). */
function streamsOf(query: URLSearchParams): CommandStreams {
  const isAsked = (...names: string[]): boolean => names.some(name => ['1', 'true'].includes(query.get(name) ?? ''))
  const tty = isAsked('tty')
  const streams = {
    stdin: isAsked('input', 'stdin'),
    stdout: isAsked('output', 'stdout'),
    stderr: isAsked('error', 'stderr') && !tty,
    tty,
  }
  if (!streams.stdin && !streams.stdout && !streams.stderr)
    throw new Refusal(400, 'you must specify at least 1 of stdin, stdout, stderr')
  return streams
}

async function command(
  { runtime, clock }: NodeServerOptions,
  idleMs: number,
  upgrade: Upgrade,
  action: 'exec' | 'attach',
  pod: Pod,
  container: string,
  streams: CommandStreams,
  words: readonly string[],
): Promise<void> {
  const { id, config } = await findRunning(runtime, pod, container)
  if (action === 'exec' && words.length === 0)
    throw new Refusal(400, 'you must specify at least 1 command for the container')
  const accept = isWebSocket(upgrade.request) ? webSocketCommand : spdyCommand
  const client = await accept(upgrade, streams, clock, idleMs)
  if (!client) return
  await carryCommand(client, {
    action,
    endsInput: action === 'exec' || config.stdinOnce,
    open: () => (action === 'exec' ? runtime.exec(id, { ...streams, command: words }) : runtime.attach(id, streams)),
  })
}

async function ports(
  { runtime, clock }: NodeServerOptions,
  idleMs: number,
  upgrade: Upgrade,
  pod: Pod,
  query: URLSearchParams,
): Promise<void> {
  const { id } = await findSandbox(runtime, pod)
  const { name = '', namespace = '', uid = '' } = pod.metadata ?? {}
  const target: PortTarget = { pod: `${name}_${namespace}`, uid, connect: port => runtime.portForward(id, port) }
  if (!isWebSocket(upgrade.request)) return spdyPorts(upgrade, target, clock, idleMs)
  const offered = upgrade.request.headers['sec-websocket-protocol']?.split(',').map(protocol => protocol.trim()) ?? []
  if (offered.some(protocol => protocol === tunnelProtocol)) return tunnelledPorts(upgrade, target, clock, idleMs)
  if (offered.some(protocol => protocol.endsWith(portForwardProtocol)))
    throw new Refusal(403, `unable to upgrade: of tunnels only ${tunnelProtocol} is known`)
  return webSocketPorts(upgrade, portsOf(query), target, clock, idleMs)
}
