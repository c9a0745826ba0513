/** Commands over WebSocket: channel 0 stdin, 1 stdout, 2 stderr, 3 status, 4 size of the terminal. */
import type { Clock } from '../../base/index.ts'
import { ChannelSocket } from './channel-socket.ts'
import { type CommandClient, type CommandStreams, sizeReader } from './command-client.ts'
import { encodeStatus } from './command-status.ts'
import { SessionWatch } from './session-watch.ts'
import { negotiate, type Upgrade } from './upgrade.ts'
import { acceptWebSocket } from './web-socket.ts'

const channel = { stdin: 0, stdout: 1, stderr: 2, status: 3, resize: 4 } as const

const protocols = [
  'v5.channel.k8s.io',
  'v4.channel.k8s.io',
  'v4.base64.channel.k8s.io',
  'base64.channel.k8s.io',
  'channel.k8s.io',
]

export async function webSocketCommand(
  upgrade: Upgrade,
  streams: CommandStreams,
  clock: Clock,
  idleMs: number,
): Promise<CommandClient> {
  const protocol = negotiate(upgrade.request.headers['sec-websocket-protocol'], protocols)
  const socket = new ChannelSocket(await acceptWebSocket(upgrade, protocol), protocol)
  const watch = new SessionWatch(clock, idleMs, {
    stalled: () => socket.stalled,
    knock: () => socket.knock(),
    end: () => socket.destroy(),
  })
  socket.onActivity = () => watch.active()
  socket.closed.then(() => watch.close())
  // An empty message tells the client that the session stands.
  socket.send(streams.stdout ? channel.stdout : streams.stderr ? channel.stderr : channel.status, Buffer.alloc(0))
  return {
    stdin: streams.stdin ? socket.input(channel.stdin) : undefined,
    stdout: streams.stdout ? socket.output(channel.stdout) : undefined,
    stderr: streams.stderr ? socket.output(channel.stderr) : undefined,
    onResize: listener => socket.listen(channel.resize, sizeReader(listener)),
    gone: socket.closed,
    finish(status) {
      const words = encodeStatus(status, protocol)
      if (words.length > 0) socket.send(channel.status, words)
      socket.close()
    },
  }
}
