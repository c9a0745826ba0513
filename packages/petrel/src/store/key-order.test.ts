import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { seededRng } from '../base/index.ts'
import { KeyOrder } from './key-order.ts'

interface Item {
  readonly key: string
}

function collect(order: KeyOrder<Item>, prefix: string, after?: string, limit = Number.POSITIVE_INFINITY): string[] {
  const keys: string[] = []
  order.collect(prefix, after, limit, item => keys.push(item.key))
  return keys
}

/** The same by sorting everything. */
function naive(keys: Iterable<string>, prefix: string, after?: string): string[] {
  return [...keys].filter(key => key.startsWith(prefix) && (after === undefined || key > after)).sort()
}

test('KeyOrder does what a sorted list does, through splits and merges', () => {
  const rng = seededRng(1)
  const order = new KeyOrder<Item>()
  const keys = new Set<string>()
  const newKey = (): string => `/${Math.floor(rng.next() * 4)}/${Math.floor(rng.next() * 100_000)}`
  for (let phase = 0; phase < 6; phase++) {
    for (let i = 0; i < 4000; i++) {
      // Odd phases mostly delete.
      if (rng.next() < (phase % 2 === 0 ? 0.9 : 0.1)) {
        const key = newKey()
        if (!keys.has(key)) order.insert({ key })
        keys.add(key)
      } else {
        const [key = newKey()] = keys
        keys.delete(key)
        order.delete(key)
      }
    }
    assert.equal(order.size, keys.size)
    for (const prefix of ['', '/', '/1/', '/3/7', '/4', 'x']) {
      for (const after of [undefined, '/1/5', newKey()]) {
        const wanted = naive(keys, prefix, after)
        assert.deepEqual(collect(order, prefix, after), wanted)
        assert.equal(order.count(prefix, after), wanted.length)
        assert.deepEqual(collect(order, prefix, after, 7), wanted.slice(0, 7))
      }
    }
  }
  for (const key of keys) order.delete(key)
  assert.equal(order.size, 0)
  assert.equal(order.count(''), 0)
})

test('KeyOrder takes any keys, loaded or inserted', () => {
  const key = fc.string({ unit: fc.constantFrom('a', 'b', '/', '\u{1f600}', '\uffff'), maxLength: 4 })
  fc.assert(
    fc.property(fc.uniqueArray(key), fc.uniqueArray(key), key, key, (loaded, inserted, prefix, after) => {
      const order = new KeyOrder<Item>()
      order.load(loaded.map(key => ({ key })))
      for (const key of inserted) if (!loaded.includes(key)) order.insert({ key })
      const keys = new Set([...loaded, ...inserted])
      assert.deepEqual(collect(order, prefix, after), naive(keys, prefix, after))
      assert.equal(order.count(prefix, after), naive(keys, prefix, after).length)
    }),
  )
})

test('delete() of an absent key does nothing', () => {
  const order = new KeyOrder<Item>()
  order.delete('a')
  order.insert({ key: 'b' })
  order.delete('a')
  order.delete('c')
  assert.deepEqual(collect(order, ''), ['b'])
})
