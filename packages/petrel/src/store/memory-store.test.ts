import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openMemoryStore } from './memory-store.ts'
import { storeSuite } from './suite.ts'
import { put } from './suite-words.ts'

storeSuite('memory', async (t, options) => {
  const store = openMemoryStore(options)
  t.after(() => store.close())
  return store
})

test('openMemoryStore() makes writes durable within microtasks', async () => {
  const store = openMemoryStore()
  let turned = false
  setImmediate(() => {
    turned = true
  })
  await store.append([put('/a')])
  assert.equal(turned, false)
  await store.close()
})
