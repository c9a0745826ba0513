/**
 * Port-forward over plain WebSocket, as clients in browsers and scripts ask for it: the ports stand in the query, each has
 * two channels, data and error, which begin with the port in two bytes, low byte first
 * (k8s.io/cri-streaming/pkg/streaming/portforward, websocket.go).
 */
import type { Clock } from '../../base/index.ts'
import { carryPort } from './carry-port.ts'
import { ChannelSocket } from './channel-socket.ts'
import { forwardError, type PortTarget } from './ports-spdy.ts'
import { SessionWatch } from './session-watch.ts'
import { negotiate, Refusal, type Upgrade } from './upgrade.ts'
import { acceptWebSocket } from './web-socket.ts'

const protocols = ['v4.channel.k8s.io', 'v4.base64.channel.k8s.io']
/** Channels are numbered by one byte, in base64 by one digit. */
const maxPorts = 5

/** Throws Refusal. */
export function portsOf(query: URLSearchParams): number[] {
  const given = query.getAll('port')
  if (given.length === 0) throw new Refusal(400, 'query parameter "port" is required')
  const ports = given
    .flatMap(value => value.split(','))
    .map(value => {
      if (!/^\d+$/.test(value) || Number(value) > 65535)
        throw new Refusal(400, `unable to parse ${JSON.stringify(value)} as a port`)
      if (Number(value) < 1) throw new Refusal(400, `port ${JSON.stringify(value)} must be > 0`)
      return Number(value)
    })
  if (ports.length > maxPorts)
    throw new Refusal(400, `${ports.length} ports were asked for: at most ${maxPorts} go over one WebSocket`)
  return ports
}

export async function webSocketPorts(
  upgrade: Upgrade,
  ports: readonly number[],
  target: PortTarget,
  clock: Clock,
  idleMs: number,
): Promise<void> {
  const protocol = negotiate(upgrade.request.headers['sec-websocket-protocol'], protocols)
  const socket = new ChannelSocket(await acceptWebSocket(upgrade, protocol), protocol)
  const watch = new SessionWatch(clock, idleMs, {
    stalled: () => socket.stalled,
    knock: () => socket.knock(),
    end: () => socket.destroy(),
  })
  socket.onActivity = () => watch.active()
  const carried = ports.map(async (port, i) => {
    const name = Buffer.from([port & 255, port >> 8])
    socket.send(i * 2, name)
    socket.send(i * 2 + 1, name)
    const data = socket.duplex(i * 2)
    try {
      await carryPort(data, () => target.connect(port))
    } catch (cause) {
      socket.send(i * 2 + 1, Buffer.from(forwardError(port, target, cause)))
    }
  })
  await Promise.race([Promise.all(carried), socket.closed])
  socket.close()
  await socket.closed
  watch.close()
}
