/** Peers that are slow, broken, idle or deaf, by the thousand: they are bounded, and a request beside them is served. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { after, before, test } from 'node:test'
import { systemClock } from '../../base/index.ts'
import { startServer, type TestServer } from '../testing/start-server.ts'
import type { Listener } from './listen.ts'

let server: TestServer
let listener: Listener
const maps = '/api/v1/namespaces/ns/configmaps'

before(async () => {
  server = startServer({ clock: systemClock })
  listener = await server.listen()
})
after(() => server.close())

/** Opens so many connections and writes the same to each. */
async function open(count: number, text: string): Promise<Socket[]> {
  const sockets = Array.from({ length: count }, () => connect(listener.port, '127.0.0.1'))
  await Promise.all(
    sockets.map(async socket => {
      socket.on('error', () => {})
      await once(socket, 'connect')
      if (text !== '') socket.write(text)
    }),
  )
  return sockets
}

async function serves(): Promise<void> {
  const response = await fetch(`${listener.url}/readyz`)
  assert.deepEqual([response.status, await response.text()], [200, 'ok'])
}

const halves: [what: string, text: string][] = [
  ['idle', ''],
  ['that stop in their head', 'GET /api/v1/pods HTTP/1.1\r\nhost: x\r\nx-'],
  ['that stop in their body', `POST ${maps} HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n{"`],
  ['that stop in a chunk', `POST ${maps} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nff\r\n{"`],
  ['that speak half a TLS', '\u0016\u0003\u0001\u0002'],
]
for (const [what, text] of halves) {
  test(`2,000 connections ${what} leave the server to others, and go when they break`, async () => {
    const sockets = await open(2_000, text)
    await serves()
    for (const socket of sockets) socket.resetAndDestroy()
    await serves()
  })
}

test('2,000 requests whose client goes before the answer do no harm', async () => {
  const sockets = await open(2_000, `GET ${maps} HTTP/1.1\r\nhost: x\r\n\r\n`)
  for (const socket of sockets) socket.destroy()
  await serves()
})

test('headers above 64 KiB get 431, garbage 400, each with a Status', async () => {
  const cases: [text: string, code: number][] = [
    [`GET / HTTP/1.1\r\nx: ${'y'.repeat(80_000)}\r\n\r\n`, 431],
    ['GET / HTTP/1.1\r\nno colon here\r\n\r\n', 400],
    ['POST / HTTP/1.1\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n', 400],
    ['GET / HTTP/9.9\r\n\r\n', 400],
    ['\u0000\u0001\u0002\r\n\r\n', 400],
  ]
  for (const [text, code] of cases) {
    const [socket] = await open(1, text)
    const chunks: Buffer[] = []
    for await (const chunk of socket!) chunks.push(chunk as Buffer)
    const [head, body = ''] = Buffer.concat(chunks).toString().split('\r\n\r\n')
    assert.match(head!, new RegExp(`^HTTP/1.1 ${code} `))
    assert.equal((JSON.parse(body) as { kind: string }).kind, 'Status')
  }
})

test('100 watchers that never read are cut, one that reads misses nothing, and memory is bounded', async () => {
  const path = '/api/v1/namespaces/deaf/configmaps'
  const deaf = await open(100, `GET ${path}?watch=1 HTTP/1.1\r\nhost: x\r\n\r\n`)
  for (const socket of deaf) {
    await once(socket, 'readable')
    socket.pause()
  }
  const heard = new AbortController()
  const watch = await fetch(`${listener.url}${path}?watch=1`, { signal: heard.signal })
  const seen: string[] = []
  const reading = (async () => {
    let rest = ''
    for await (const chunk of watch.body!) {
      const lines = (rest + Buffer.from(chunk).toString()).split('\n')
      rest = lines.pop()!
      for (const line of lines)
        seen.push((JSON.parse(line) as { object: { metadata: { name: string } } }).object.metadata.name)
    }
  })().catch(error => assert.ok(heard.signal.aborted, String(error)))
  const before = process.memoryUsage.rss()
  const names: string[] = []
  const isCut = (): boolean => /apiserver_registered_watchers 1\n/.test(server.server.metrics.render())
  for (let i = 0; i < 400 && !isCut(); i++) {
    names.push(`c${i}`)
    const answer = await server.call('POST', path, { metadata: { name: `c${i}` }, data: { d: 'x'.repeat(500_000) } })
    assert.equal(answer.code, 201)
    await server.call('DELETE', `${path}/c${i}`)
    // The watcher in this process reads only when it gets a turn.
    while (seen.length < names.length * 2) await new Promise(resolve => setImmediate(resolve))
  }
  assert.ok(isCut(), 'deaf watchers are still registered')
  // 100 times 16 MiB would be 1.6 GB: what waits for them is shared.
  assert.ok(process.memoryUsage.rss() - before < 600e6, `${(process.memoryUsage.rss() - before) / 1e6} MB more`)
  assert.deepEqual(
    seen,
    names.flatMap(name => [name, name]),
  )
  heard.abort()
  await reading
  for (const socket of deaf) socket.destroy()
  await serves()
})
