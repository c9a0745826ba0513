import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server } from 'node:net'
import type { Duplex } from 'node:stream'
import { after, before, describe, it } from 'node:test'
import { createWebSocketStream, WebSocket } from 'ws'
import { FakeClock, systemClock } from '../../base/index.ts'
import type { NodeServer } from './index.ts'
import { SpdyClient } from './spdy/index.ts'
import { type HostPod, startHostPod, uid } from './testing/host-runtime.ts'
import { openWebSocket, serverOf, upgradeToSpdy } from './testing/requests.ts'

let host: HostPod
let server: NodeServer
let echo: Server
let port: number
before(async () => {
  host = await startHostPod(systemClock)
  server = serverOf(host, systemClock)
  echo = createServer({ allowHalfOpen: true }, socket => void socket.pipe(socket)).listen(0, '127.0.0.1')
  await once(echo, 'listening')
  port = (echo.address() as AddressInfo).port
})
after(async () => {
  await server.close()
  echo.close()
  host[Symbol.dispose]()
})

const path = '/portForward/default/p'

async function spdy(): Promise<Duplex> {
  return (await upgradeToSpdy(server, path, 'portforward.k8s.io')).socket
}

/** SPDY frames inside messages; `ws` as client refuses the protocol's name, so a raw handshake sends it. */
async function tunnel(): Promise<Duplex> {
  const socket = server.connect()
  const key = Buffer.alloc(16, 1).toString('base64')
  socket.write(
    `GET ${path} HTTP/1.1\r\nHost: n1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n` +
      `Sec-WebSocket-Key: ${key}\r\nSec-WebSocket-Protocol: SPDY/3.1+portforward.k8s.io\r\n\r\n`,
  )
  let text = ''
  while (!text.includes('\r\n\r\n')) text += String((await once(socket, 'data'))[0])
  assert.match(text, /^HTTP\/1\.1 101 /)
  assert.match(text, /\r\nSec-WebSocket-Protocol: SPDY\/3\.1\+portforward\.k8s\.io\r\n/)
  const client = new WebSocket(null as never, undefined as never, {})
  // The way ws itself makes a socket of a finished handshake.
  ;(client as unknown as { _isServer: boolean })._isServer = false
  ;(client as unknown as { setSocket(socket: Duplex, head: Buffer, options: object): void }).setSocket(
    socket,
    Buffer.alloc(0),
    {
      maxPayload: 1 << 20,
      skipUTF8Validation: false,
      allowSynchronousEvents: true,
    },
  )
  return createWebSocketStream(client)
}

for (const [name, connect] of [
  ['SPDY', spdy],
  ['a WebSocket tunnel', tunnel],
] as const) {
  describe(`port-forward over ${name}`, () => {
    it('carries many connections at once, each to its own end', async () => {
      const socket = await connect()
      const client = new SpdyClient(socket)
      await Promise.all(
        Array.from({ length: 20 }, async (_, i) => {
          const headers = { port: String(port), requestid: String(i) }
          const error = client.open({ ...headers, streamtype: 'error' })
          error.end()
          const data = client.open({ ...headers, streamtype: 'data' })
          const sent = Buffer.alloc(100_000 + i, i)
          data.send(sent)
          data.end()
          assert.equal(await data.ended, 'end')
          assert.equal(await error.ended, 'end')
          assert.ok(data.received().equals(sent))
          assert.equal(error.received().length, 0)
        }),
      )
      socket.destroy()
    })

    it('says on the error stream that nobody listens, and goes on', async () => {
      const socket = await connect()
      const client = new SpdyClient(socket)
      const error = client.open({ streamtype: 'error', port: '1', requestid: '0' })
      const data = client.open({ streamtype: 'data', port: '1', requestid: '0' })
      assert.equal(await error.ended, 'end')
      assert.match(
        String(error.received()),
        new RegExp(`^error forwarding port 1 to pod p_default, uid ${uid}: .*ECONNREFUSED`),
      )
      assert.equal(await data.ended, 'reset')
      const next = client.open({ streamtype: 'data', port: String(port), requestid: '1' })
      client.open({ streamtype: 'error', port: String(port), requestid: '1' })
      next.send('again')
      next.end()
      await next.ended
      assert.equal(String(next.received()), 'again')
      socket.destroy()
    })
  })
}

describe('port-forward over SPDY', () => {
  it('pairs the streams of clients that send no request id', async () => {
    const socket = await spdy()
    const client = new SpdyClient(socket)
    client.open({ streamtype: 'error', port: String(port) })
    const data = client.open({ streamtype: 'data', port: String(port) })
    data.send('old')
    data.end()
    await data.ended
    assert.equal(String(data.received()), 'old')
    socket.destroy()
  })

  it('resets streams without a type or a port', async () => {
    const socket = await spdy()
    const client = new SpdyClient(socket)
    for (const headers of [
      { port: '80' },
      { streamtype: 'data' },
      { streamtype: 'data', port: '70000' },
      { streamtype: 'stdin', port: '80' },
    ]) {
      assert.equal(await client.open(headers as unknown as Record<string, string>).ended, 'reset')
    }
    socket.destroy()
  })

  it('gives up on a connection whose second stream does not come', async () => {
    const clock = new FakeClock()
    using own = await startHostPod(clock)
    const { socket } = await upgradeToSpdy(serverOf(own, clock), path, 'portforward.k8s.io')
    const error = new SpdyClient(socket).open({ streamtype: 'error', port: '80', requestid: '5' })
    await error.replied
    await clock.advance(30_000)
    await error.ended
    assert.match(String(error.received()), /request=5\) timed out waiting for streams/)
    socket.destroy()
  })
})

describe('port-forward over plain WebSocket', () => {
  it('begins each channel with its port and carries data', async () => {
    const client = openWebSocket(server, `${path}?port=${port}`, ['v4.channel.k8s.io'])
    await once(client.socket, 'open')
    client.socket.send(Buffer.from('\x00hello'))
    await client.until(() => client.channel(0).length === 7)
    const name = Buffer.from([port & 255, port >> 8])
    assert.deepEqual(client.channel(0), Buffer.concat([name, Buffer.from('hello')]))
    assert.deepEqual(client.channel(1), name)
    client.socket.close()
    await client.closed
  })

  for (const [query, why] of [
    ['', /400/],
    ['?port=0', /400/],
    ['?port=x', /400/],
    ['?port=1,2,3,4,5,6', /400/],
  ] as const) {
    it(`refuses ${query || 'no port'}`, async () => {
      await assert.rejects(openWebSocket(server, path + query, ['v4.channel.k8s.io']).closed, why)
    })
  }
})
