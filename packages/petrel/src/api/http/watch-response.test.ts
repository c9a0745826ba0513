import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Framing } from '../encode/watch-chunk.ts'
import type { WatchItem } from '../registry/change.ts'
import type { WatchStream } from '../registry/watch-stream.ts'
import { WatchResponse } from './watch-response.ts'

const framing: Framing = {
  mediaType: 'application/json',
  chunk: items => Buffer.from(items.map(item => (item as unknown as { name: string }).name).join(' ')),
  error: status => Buffer.from(JSON.stringify(status)),
}

function open() {
  const writes: string[] = []
  const state = { buffered: 0, destroyed: false, cancelled: false, cut: 0, writes }
  let wrote = (): void => undefined
  const stream = {
    cancel() {
      state.cancelled = true
    },
  } as unknown as WatchStream
  const out = {
    write: (chunk: Uint8Array) => {
      writes.push(Buffer.from(chunk).toString())
      wrote()
    },
    get buffered() {
      return state.buffered
    },
    drained: () => Promise.resolve(),
    end: () => void writes.push('END'),
    destroy() {
      state.destroyed = true
    },
  }
  const response = new WatchResponse(stream, framing, out, () => state.cut++)
  const written = (): Promise<void> =>
    new Promise(resolve => {
      wrote = resolve
    })
  return { state, response, written }
}

function items(...names: string[]): WatchItem[] {
  return names.map(name => ({ name }) as unknown as WatchItem)
}

test('WatchResponse.items() writes what came in one turn at once, in order', async () => {
  const { state, response, written } = open()
  response.items(items('a'))
  response.items(items('b', 'c'))
  response.items(items('d'))
  assert.deepEqual(state.writes, [])
  await written()
  assert.deepEqual(state.writes, ['a b c d'])
})

test('WatchResponse.items() leaves a batch alone that other watchers share', async () => {
  const { response, written } = open()
  const batch = items('a')
  response.items(batch)
  response.items(items('b'))
  response.items(items('c'))
  await written()
  assert.equal(batch.length, 1)
})

test('WatchResponse.items() goes on after a write', async () => {
  const { state, response, written } = open()
  for (const name of ['a', 'b', 'c']) {
    response.items(items(name))
    await written()
  }
  assert.deepEqual(state.writes, ['a', 'b', 'c'])
})

test('WatchResponse.end() writes what waits before the end', () => {
  const { state, response } = open()
  response.items(items('a'))
  response.items(items('b'))
  response.end()
  assert.deepEqual(state.writes, ['a b', 'END'])
})

test('WatchResponse.flush() cuts a peer that owes more than 16 MiB', () => {
  const { state, response } = open()
  state.buffered = 16 * 1024 * 1024 + 1
  response.items(items('a'))
  response.flush()
  assert.deepEqual(
    { destroyed: state.destroyed, cancelled: state.cancelled, cut: state.cut, writes: state.writes },
    { destroyed: true, cancelled: true, cut: 1, writes: [] },
  )
})
