/** A watch over WebSocket: one message an event (k8s.io/apiserver/pkg/endpoints/handlers/watch.go, HandleWS). */
import type { Framing } from '../encode/watch-chunk.ts'
import type { WatchItem } from '../registry/change.ts'
import type { WatchStream } from '../registry/watch-stream.ts'
import type { Exchange } from './exchange.ts'

/** A reader that owes more is cut. */
const slowLimitBytes = 16 * 1024 * 1024

export async function serve(exchange: Exchange, stream: WatchStream, framing: Framing): Promise<void> {
  const { WebSocketServer } = await import('ws')
  const { upgrade } = exchange
  if (!upgrade) throw new TypeError('Cannot serve a watch over WebSocket: the connection asked for no upgrade')
  const server = new WebSocketServer({ noServer: true, maxPayload: 4096, handleProtocols: () => false })
  const request = { method: 'GET', headers: exchange.headers, url: exchange.target } as never
  server.handleUpgrade(request, upgrade.socket, Buffer.from(upgrade.head), socket => {
    const binary = framing.mediaType !== 'application/json'
    const send = (bytes: Uint8Array): void => socket.send(bytes, { binary })
    socket.on('close', () => stream.cancel())
    socket.on('error', () => socket.terminate())
    stream.start({
      items(items: readonly WatchItem[]) {
        for (const item of items) send(framing.chunk([item]))
        if (socket.bufferedAmount > slowLimitBytes) {
          stream.cancel()
          socket.terminate()
        }
      },
      end(error) {
        if (error) send(framing.error(error.status))
        socket.close(1000)
      },
    })
  })
}
