import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Readable } from 'node:stream'
import { after, before, describe, it } from 'node:test'
import { FakeClock, systemClock } from '../../base/index.ts'
import { RuntimeError } from '../runtime/index.ts'
import type { NodeServer } from './index.ts'
import { type ClientStream, SpdyClient } from './spdy/index.ts'
import { type HostPod, startHostPod } from './testing/host-runtime.ts'
import { openWebSocket, serverOf, upgradeToSpdy } from './testing/requests.ts'

let host: HostPod
let server: NodeServer
before(async () => {
  host = await startHostPod(systemClock)
  server = serverOf(host, systemClock)
})
after(async () => {
  await server.close()
  host[Symbol.dispose]()
})

function path(verb: string, command: readonly string[], streams = 'input=1&output=1&error=1'): string {
  return `/${verb}/default/p/main?${streams}&${command.map(word => `command=${encodeURIComponent(word)}`).join('&')}`
}

const failing = ['sh', '-c', 'echo out; echo err >&2; exit 7']
const exit7 = {
  metadata: {},
  status: 'Failure',
  message: 'command terminated with non-zero exit code: exit status 7',
  reason: 'NonZeroExitCode',
  details: { causes: [{ reason: 'ExitCode', message: '7' }] },
}
const everyByte = Buffer.from(Array.from({ length: 256 }, (_, i) => i))

describe('exec over WebSocket', () => {
  for (const protocol of [
    'v5.channel.k8s.io',
    'v4.channel.k8s.io',
    'v4.base64.channel.k8s.io',
    'base64.channel.k8s.io',
    'channel.k8s.io',
  ]) {
    it(`carries output, then how it ended, then closes with 1000: ${protocol}`, async () => {
      const client = openWebSocket(server, path('exec', failing), [protocol], protocol.includes('base64'))
      assert.equal(await client.closed, 1000)
      assert.equal(client.socket.protocol, protocol)
      assert.equal(String(client.channel(1)), 'out\n')
      assert.equal(String(client.channel(2)), 'err\n')
      const status = String(client.channel(3))
      if (/^v[45]/.test(protocol)) assert.deepEqual(JSON.parse(status), exit7)
      else assert.equal(status, exit7.message)
    })
  }

  it('says Success, and takes the API’s names of the streams and no protocol', async () => {
    const client = openWebSocket(server, path('exec', ['echo', 'a b'], 'stdout=true'), [])
    assert.equal(await client.closed, 1000)
    assert.deepEqual([String(client.channel(1)), String(client.channel(3))], ['a b\n', ''])
    const modern = openWebSocket(server, path('exec', ['true']), ['v4.channel.k8s.io'])
    await modern.closed
    assert.deepEqual(JSON.parse(String(modern.channel(3))), { metadata: {}, status: 'Success' })
  })

  it('carries bytes unchanged and ends stdin at the close signal of v5', async () => {
    const client = openWebSocket(server, path('exec', ['cat']), ['v5.channel.k8s.io'])
    await once(client.socket, 'open')
    for (let i = 0; i < 100; i++) client.socket.send(Buffer.concat([Buffer.from([0]), everyByte]))
    client.socket.send(Buffer.from([255, 0]))
    assert.equal(await client.closed, 1000)
    assert.deepEqual(client.channel(1), Buffer.concat(Array.from({ length: 100 }, () => everyByte)))
  })

  it('hands on sizes of the terminal, and leaves out what is none', async () => {
    const client = openWebSocket(server, path('exec', ['head', '-n2']), ['v4.channel.k8s.io'])
    await once(client.socket, 'open')
    for (const text of ['{"Width":80,"Height":24}', '{"Width":0}', 'x}', '{"Width":100,"Height":30}\n'])
      client.socket.send(Buffer.from(`\x04${text}`))
    await client.closed
    assert.equal(String(client.channel(1)), '80x24\n100x30\n')
  })

  it('says what went wrong when the runtime cannot', async () => {
    using own = await startHostPod(systemClock, {
      exec: async () => {
        throw new RuntimeError('ExecError', 'no such thing')
      },
    })
    const client = openWebSocket(serverOf(own, systemClock), path('exec', ['x']), ['v4.channel.k8s.io'])
    await client.closed
    const status = JSON.parse(String(client.channel(3))) as Record<string, unknown>
    assert.deepEqual([status['reason'], status['code']], ['InternalError', 500])
    assert.equal(status['message'], 'Internal error occurred: error executing command in container: no such thing')
  })

  it('ends the process when the client is gone', async () => {
    using own = await startHostPod(systemClock)
    const client = openWebSocket(
      serverOf(own, systemClock),
      path('exec', ['sh', '-c', 'echo ready; exec sleep 1000']),
      ['v4.channel.k8s.io'],
    )
    await client.until(() => client.channel(1).length > 0)
    client.socket.terminate()
    await client.closed
    while (own.closed.length === 0) await new Promise(resolve => setImmediate(resolve))
    assert.equal(await own.closed[0]?.exit, 137)
  })

  it('holds the process back while the client does not read', async () => {
    let produced = 0
    const endless = new Readable({
      read() {
        produced += 65_536
        setImmediate(() => this.push(Buffer.alloc(65_536)))
      },
    })
    const ended = Promise.withResolvers<number>()
    using own = await startHostPod(systemClock, {
      exec: async () => ({
        stdin: undefined,
        stdout: endless,
        stderr: undefined,
        resize() {},
        exit: ended.promise,
        close() {
          endless.destroy()
          ended.resolve(137)
        },
      }),
    })
    const client = openWebSocket(serverOf(own, systemClock), path('exec', ['x']), ['v4.channel.k8s.io'])
    await client.until(() => client.channel(1).length > 0)
    client.socket.pause()
    let before = -1
    // Stands still once every buffer on the way is full.
    while (before !== produced) {
      before = produced
      for (let i = 0; i < 50; i++) await new Promise(resolve => setImmediate(resolve))
    }
    assert.ok(produced < 4 << 20, `${produced} bytes were produced for nobody`)
    client.socket.terminate()
    assert.equal(await ended.promise, 137)
  })

  it('is ended after four hours without a byte', async () => {
    const clock = new FakeClock()
    using own = await startHostPod(clock)
    const client = openWebSocket(serverOf(own, clock), path('exec', ['cat']), ['v4.channel.k8s.io'])
    await once(client.socket, 'open')
    await client.until(() => true)
    await clock.advance(4 * 3600_000 - 60_000)
    assert.equal(client.socket.readyState, client.socket.OPEN)
    await clock.advance(120_000)
    assert.equal(await client.closed, 1006)
  })

  it('keeps a client alive whose input nobody reads, and notices when it is gone', async () => {
    const clock = new FakeClock()
    using own = await startHostPod(clock)
    const client = openWebSocket(serverOf(own, clock), path('exec', ['sleep', '1000']), ['v4.channel.k8s.io'])
    await once(client.socket, 'open')
    const pong = once(client.socket, 'pong')
    let sent = 0
    // Until every buffer on the way to the process is full.
    while (client.socket.bufferedAmount === 0 && sent++ < 10_000) {
      client.socket.send(Buffer.alloc(65_536))
      await new Promise(resolve => setImmediate(resolve))
    }
    await clock.advance(10_000)
    await pong
    client.socket.terminate()
    await client.closed
    await clock.advance(10_000)
    while (own.closed.length === 0) await new Promise(resolve => setImmediate(resolve))
  })
})

describe('attach over WebSocket', () => {
  it('leaves the container’s input open when the client ends its own', async () => {
    using own = await startHostPod(systemClock)
    const client = openWebSocket(serverOf(own, systemClock), '/attach/default/p/main?input=1&output=1', [
      'v5.channel.k8s.io',
    ])
    await once(client.socket, 'open')
    client.socket.send(Buffer.from('\x00typed\n'))
    client.socket.send(Buffer.from([255, 0]))
    await client.until(() => String(client.channel(1)) === 'typed\n')
    assert.equal(own.closed.length, 0)
    client.socket.close()
    await client.closed
    while (own.closed.length === 0) await new Promise(resolve => setImmediate(resolve))
  })
})

describe('exec over SPDY', () => {
  async function exec(
    target: NodeServer,
    command: readonly string[],
    protocols: string,
    types = ['error', 'stdin', 'stdout', 'stderr'],
    query = '',
  ) {
    const { socket, protocol } = await upgradeToSpdy(target, path('exec', command) + query, protocols)
    const client = new SpdyClient(socket)
    const streams: Record<string, ClientStream> = {}
    for (const type of types) streams[type] = client.open({ streamtype: type })
    await Promise.all(Object.values(streams).map(stream => stream.replied))
    return { client, socket, protocol, streams }
  }

  for (const [offered, chosen] of [
    ['v5.channel.k8s.io, v4.channel.k8s.io', 'v4.channel.k8s.io'],
    ['v3.channel.k8s.io', 'v3.channel.k8s.io'],
    ['v2.channel.k8s.io,channel.k8s.io', 'v2.channel.k8s.io'],
  ] as const) {
    it(`agrees on ${chosen} when offered ${offered}`, async () => {
      const { socket, protocol, streams } = await exec(server, failing, offered)
      assert.equal(protocol, chosen)
      for (const type of ['stdout', 'stderr', 'error']) assert.equal(await streams[type]?.ended, 'end')
      assert.equal(String(streams['stdout']?.received()), 'out\n')
      assert.equal(String(streams['stderr']?.received()), 'err\n')
      const status = String(streams['error']?.received())
      if (chosen.startsWith('v4')) assert.deepEqual(JSON.parse(status), exit7)
      else assert.equal(status, exit7.message)
      socket.destroy()
    })
  }

  it('carries 8 MB both ways unchanged, though the client opens no window', async () => {
    const { socket, streams } = await exec(server, ['cat'], 'v4.channel.k8s.io')
    const big = Buffer.concat(Array.from({ length: 32_768 }, () => everyByte))
    streams['stdin']?.send(big.subarray(0, 5 << 20))
    streams['stdin']?.send(big.subarray(5 << 20))
    streams['stdin']?.end()
    await streams['error']?.ended
    assert.ok(streams['stdout']?.received().equals(big))
    socket.destroy()
  })

  it('with a tty expects a stream for sizes and none for stderr', async () => {
    const types = ['error', 'stdin', 'stdout', 'resize']
    const { socket, streams } = await exec(server, ['head', '-n1'], 'v4.channel.k8s.io', types, '&tty=1')
    streams['resize']?.send('{"Width":90,')
    streams['resize']?.send('"Height":20}\n')
    assert.equal(await streams['stdout']?.ended, 'end')
    assert.equal(String(streams['stdout']?.received()), '90x20\n')
    socket.destroy()
  })

  it('answers pings, resets streams nobody asked for, and ends the process with the connection', async () => {
    using own = await startHostPod(systemClock)
    const { client, socket, streams } = await exec(serverOf(own, systemClock), ['cat'], 'v4.channel.k8s.io')
    client.ping(41)
    assert.equal(await client.open({ streamtype: 'stdin' }).ended, 'reset')
    assert.deepEqual(client.pings, [41])
    streams['stdin']?.send('x')
    socket.destroy()
    while (own.closed.length === 0) await new Promise(resolve => setImmediate(resolve))
  })

  it('gives up on a client that does not open its streams', async () => {
    const clock = new FakeClock()
    using own = await startHostPod(clock)
    const { socket } = await upgradeToSpdy(serverOf(own, clock), path('exec', ['cat']), 'v4.channel.k8s.io')
    const closed = once(socket.resume(), 'end')
    new SpdyClient(socket).open({ streamtype: 'stdin' })
    for (let i = 0; i < 20 && clock.pending < 2; i++) await new Promise(resolve => setImmediate(resolve))
    await clock.advance(30_000)
    await closed
  })

  it('survives frames that are none', async () => {
    for (const bytes of [
      Buffer.alloc(64, 0xff),
      Buffer.from('80030001ff000004deadbeef', 'hex'),
      Buffer.from('8003000100ffffff', 'hex'),
      Buffer.from('80030001000000060000000100000000', 'hex'),
    ]) {
      const { socket } = await upgradeToSpdy(server, path('exec', ['cat']), 'v4.channel.k8s.io')
      const ended = once(socket.resume(), 'end')
      new SpdyClient(socket).write(bytes)
      socket.end()
      await ended
    }
    const { streams, socket } = await exec(server, ['echo', 'still here'], 'v4.channel.k8s.io')
    await streams['stdout']?.ended
    assert.equal(String(streams['stdout']?.received()), 'still here\n')
    socket.destroy()
  })
})
