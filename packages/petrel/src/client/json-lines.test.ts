import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { jsonLines } from './json-lines.ts'

async function* chunked(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  let at = 0
  for (let i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length] ?? 1
    yield bytes.subarray(at, at + size)
    at += size
  }
}

test('jsonLines() yields the same values however the bytes are cut', async () => {
  const values = fc.array(
    fc.json({ maxDepth: 2 }).map(text => JSON.parse(text) as unknown),
    { maxLength: 8 },
  )
  const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 })
  await fc.assert(
    fc.asyncProperty(values, sizes, fc.boolean(), async (all, cuts, newlineAtEnd) => {
      const text = all.map(value => JSON.stringify(value)).join('\n') + (newlineAtEnd ? '\n' : '')
      const read = await Array.fromAsync(jsonLines(chunked(Buffer.from(text), cuts), 1_000_000))
      assert.deepEqual(read, all)
    }),
  )
})

test('jsonLines() refuses a line beyond the limit instead of holding it', async () => {
  const endless = chunked(Buffer.alloc(5000, 0x61), [100])
  await assert.rejects(() => Array.fromAsync(jsonLines(endless, 1000)), /a line has more than 1000 bytes/)
})
