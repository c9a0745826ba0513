import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { EventHub } from './event-hub.ts'

async function collect<T>(events: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const event of events) all.push(event)
  return all
}

describe('EventHub.listen()', () => {
  it('gives every listener everything from its call on, before anyone asks for it', async () => {
    const hub = new EventHub<number>()
    const stop = new AbortController()
    hub.emit(0)
    const early = hub.listen(stop.signal)
    hub.emit(1)
    const late = hub.listen(stop.signal)
    hub.emit(2)
    assert.deepEqual([(await early.next()).value, (await early.next()).value], [1, 2])
    assert.equal((await late.next()).value, 2)
    const waiting = collect(early)
    stop.abort()
    assert.deepEqual(await waiting, [])
  })

  it('ends a listener that falls behind with an error, after what it missed nothing of', async () => {
    const hub = new EventHub<number>()
    const events = hub.listen(new AbortController().signal, 3)
    for (let n = 0; n < 5; n++) hub.emit(n)
    for (let n = 0; n < 3; n++) assert.equal((await events.next()).value, n)
    await assert.rejects(events.next(), RangeError)
  })

  it('lets go when the listener returns, even while it waits', async () => {
    const hub = new EventHub<number>()
    const events = hub.listen(new AbortController().signal)
    const waiting = events.next()
    await events.return?.()
    assert.equal((await waiting).done, true)
    hub.emit(1)
    assert.equal((await events.next()).done, true)
  })
})
