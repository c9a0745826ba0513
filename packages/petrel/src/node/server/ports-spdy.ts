/**
 * Port-forward over SPDY: for each forwarded connection the client opens two streams, `error` and `data`, with the same
 * requestID (k8s.io/cri-streaming/pkg/streaming/portforward, httpstream.go). Also the far end of the tunnel, where the
 * same frames come in WebSocket messages.
 */
import type { Duplex } from 'node:stream'
import type { Clock, Timer } from '../../base/index.ts'
import { carryPort } from './carry-port.ts'
import { SessionWatch } from './session-watch.ts'
import { SpdyConnection, type SpdyStream } from './spdy/index.ts'
import { negotiate, switchToSpdy, type Upgrade } from './upgrade.ts'
import { acceptWebSocket } from './web-socket.ts'

export interface PortTarget {
  /** `NAME_NAMESPACE`, for errors. */
  readonly pod: string
  readonly uid: string
  connect(port: number): Promise<Duplex>
}

export const portForwardProtocol = 'portforward.k8s.io'
export const tunnelProtocol = `SPDY/3.1+${portForwardProtocol}`
const pairMs = 30_000

export async function spdyPorts(upgrade: Upgrade, target: PortTarget, clock: Clock, idleMs: number): Promise<void> {
  const protocol = negotiate(upgrade.request.headers['x-stream-protocol-version'], [portForwardProtocol])
  await forward(switchToSpdy(upgrade, protocol), target, clock, idleMs)
}

export async function tunnelledPorts(
  upgrade: Upgrade,
  target: PortTarget,
  clock: Clock,
  idleMs: number,
): Promise<void> {
  const socket = await acceptWebSocket(upgrade, tunnelProtocol)
  const { createWebSocketStream } = await import('ws')
  await forward(createWebSocketStream(socket, { highWaterMark: 64 << 10 }), target, clock, idleMs)
}

interface Pair {
  error?: SpdyStream
  data?: SpdyStream
  readonly timer: Timer
}

async function forward(socket: Duplex, target: PortTarget, clock: Clock, idleMs: number): Promise<void> {
  const pairs = new Map<string, Pair>()
  const connection: SpdyConnection = new SpdyConnection(socket, {
    onStream(stream) {
      const type = stream.headers.get('streamtype')
      const port = Number(stream.headers.get('port'))
      if (type !== 'error' && type !== 'data') throw new RangeError(`invalid stream type ${JSON.stringify(type)}`)
      if (!Number.isInteger(port) || port < 1 || port > 65535)
        throw new RangeError('the header "port" must be 1 to 65535')
      const id = requestId(stream, type)
      const pair = pairs.get(id) ?? { timer: clock.after(pairMs, () => expire(id)) }
      if (pair[type]) throw new RangeError(`request ${id} has its ${type} stream`)
      pair[type] = stream
      pairs.set(id, pair)
      const { error, data } = pair
      if (!error || !data) return
      pairs.delete(id)
      pair.timer.cancel()
      // The client says nothing here, but its end has to be read.
      error.resume()
      void carry(error, data, port, target)
    },
    onActivity: () => watch.active(),
  })
  const expire = (id: string): void => {
    const pair = pairs.get(id)
    pairs.delete(id)
    pair?.error?.end(`(request=${id}) timed out waiting for streams`)
    pair?.data?.destroy()
  }
  const watch = new SessionWatch(clock, idleMs, {
    stalled: () => connection.stalled,
    knock: () => connection.ping(),
    end: () => connection.destroy(),
  })
  await connection.closed
  watch.close()
  for (const { timer } of pairs.values()) timer.cancel()
}

/** Old clients send no requestID and open the error stream, then the data stream: ids two apart. */
function requestId(stream: SpdyStream, type: 'error' | 'data'): string {
  return stream.headers.get('requestid') || String(type === 'error' ? stream.id : stream.id - 2)
}

async function carry(error: SpdyStream, data: SpdyStream, port: number, target: PortTarget): Promise<void> {
  try {
    await carryPort(data, () => target.connect(port))
    error.end()
  } catch (cause) {
    error.end(forwardError(port, target, cause))
    data.destroy()
  }
}

export function forwardError(port: number, { pod, uid }: PortTarget, cause: unknown): string {
  return `error forwarding port ${port} to pod ${pod}, uid ${uid}: ${cause instanceof Error ? cause.message : String(cause)}`
}
