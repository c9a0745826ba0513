/**
 * Accepts WebSockets (RFC 6455) on connections of the node's server, with the subprotocol that was negotiated. They come
 * paused.
 */
import type { WebSocket } from 'ws'
import { Refusal, type Upgrade } from './upgrade.ts'

/** As golang.org/x/net/websocket has it, which the kubelet serves with. */
const maxMessageBytes = 32 << 20

export async function acceptWebSocket(
  { request, socket, head }: Upgrade,
  protocol: string | undefined,
): Promise<WebSocket> {
  const { WebSocketServer } = await import('ws')
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: maxMessageBytes,
  })
  // `SPDY/3.1+portforward.k8s.io` is no token of RFC 6455 §4.1, and ws refuses it; so the header goes past ws.
  delete request.headers['sec-websocket-protocol']
  if (protocol !== undefined) server.once('headers', headers => headers.push(`Sec-WebSocket-Protocol: ${protocol}`))
  return new Promise((resolve, reject) => {
    server.once('wsClientError', error => reject(new Refusal(400, `unable to upgrade: ${error.message}`)))
    server.handleUpgrade(request, socket, head, accepted => {
      accepted.on('error', () => accepted.terminate())
      // Nothing may come before somebody listens: whoever takes it resumes it.
      accepted.pause()
      resolve(accepted)
    })
  })
}
