/**
 * Commands over SPDY: a stream each for what was asked, named by its header `streamtype`, and one for the status
 * (k8s.io/cri-streaming/pkg/streaming/remotecommand, createHTTPStreamStreams). Before v3 there is no resize stream.
 */
import type { Clock } from '../../base/index.ts'
import { type CommandClient, type CommandStreams, sizeReader } from './command-client.ts'
import { encodeStatus } from './command-status.ts'
import { SessionWatch } from './session-watch.ts'
import { SpdyConnection, type SpdyStream } from './spdy/index.ts'
import { negotiate, switchToSpdy, type Upgrade } from './upgrade.ts'

const protocols = ['v4.channel.k8s.io', 'v3.channel.k8s.io', 'v2.channel.k8s.io', 'channel.k8s.io']

/** Upstream's DefaultStreamCreationTimeout. */
const streamCreationMs = 30_000
/** For the client to close the connection itself, which it does when it has read everything. */
const goodbyeMs = 5_000

/** Undefined when the client did not open its streams. */
export async function spdyCommand(
  upgrade: Upgrade,
  asked: CommandStreams,
  clock: Clock,
  idleMs: number,
): Promise<CommandClient | undefined> {
  const protocol = negotiate(upgrade.request.headers['x-stream-protocol-version'], protocols)
  const resizes = asked.tty && (protocol === 'v4.channel.k8s.io' || protocol === 'v3.channel.k8s.io')
  const wanted = new Set([
    'error',
    ...(['stdin', 'stdout', 'stderr'] as const).filter(type => asked[type]),
    ...(resizes ? ['resize'] : []),
  ])
  const streams = new Map<string, SpdyStream>()
  const complete = Promise.withResolvers<boolean>()
  const connection: SpdyConnection = new SpdyConnection(switchToSpdy(upgrade, protocol), {
    maxStreams: 10,
    onStream(stream) {
      const type = stream.headers.get('streamtype') ?? ''
      if (!wanted.delete(type)) throw new RangeError(`unexpected stream type: ${JSON.stringify(type)}`)
      streams.set(type, stream)
      if (wanted.size === 0) complete.resolve(true)
    },
    onActivity: () => watch.active(),
  })
  const watch = new SessionWatch(clock, idleMs, {
    stalled: () => connection.stalled,
    knock: () => connection.ping(),
    end: () => connection.destroy(),
  })
  connection.closed.then(() => {
    watch.close()
    complete.resolve(false)
  })
  const late = clock.after(streamCreationMs, () => complete.resolve(false))
  const stands = await complete.promise
  late.cancel()
  if (!stands) {
    connection.destroy()
    return undefined
  }
  const errors = streams.get('error') as SpdyStream
  // The client's half of these says nothing, but its end has to be read.
  for (const type of ['error', 'stdout', 'stderr']) streams.get(type)?.resume()
  return {
    stdin: streams.get('stdin'),
    stdout: streams.get('stdout'),
    stderr: streams.get('stderr'),
    onResize: listener => void streams.get('resize')?.on('data', sizeReader(listener)),
    gone: connection.closed,
    finish(status) {
      errors.end(encodeStatus(status, protocol))
      const timer = clock.after(goodbyeMs, () => connection.close())
      connection.closed.then(() => timer.cancel())
    },
  }
}
