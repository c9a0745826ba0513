import assert from 'node:assert/strict'
import { once } from 'node:events'
import { describe, it } from 'node:test'
import { MemorySocket } from './memory-socket.ts'

async function all(socket: MemorySocket): Promise<string> {
  let text = ''
  socket.on('data', chunk => {
    text += chunk
  })
  await once(socket, 'end')
  return text
}

describe('MemorySocket.pair()', () => {
  it('carries bytes both ways, and each side ends on its own', async () => {
    const [a, b] = MemorySocket.pair()
    const closed = once(a, 'close')
    a.end('to b')
    assert.equal(await all(b), 'to b')
    assert.equal(a.readableEnded, false)
    b.end('to a')
    assert.equal(await all(a), 'to a')
    await closed
  })

  it('never delivers within the write itself', async () => {
    const [a, b] = MemorySocket.pair()
    let delivered = false
    b.on('data', () => {
      delivered = true
    })
    a.write('x')
    assert.equal(delivered, false)
    await once(b, 'data')
  })

  it('is done with a write when the other end has room, and not before', async () => {
    const [a, b] = MemorySocket.pair()
    let written = 0
    for (let i = 0; i < 10; i++) a.write(Buffer.alloc(64 << 10), () => void written++)
    await new Promise(resolve => setImmediate(resolve))
    assert.ok(written < 3, `${written} writes were taken`)
    b.resume()
    while (written < 10) await new Promise(resolve => setImmediate(resolve))
  })

  it('gives the other end what was written, the end, and an error for what it writes, when destroyed', async () => {
    const [a, b] = MemorySocket.pair()
    a.write('last words')
    await new Promise(resolve => setImmediate(resolve))
    a.destroy()
    assert.equal(await all(b), 'last words')
    const [c, d] = MemorySocket.pair()
    d.write(Buffer.alloc(1 << 20))
    const failed = once(d, 'error')
    await new Promise(resolve => setImmediate(resolve))
    c.destroy()
    assert.equal(((await failed)[0] as NodeJS.ErrnoException).code, 'EPIPE')
  })
})
