import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KubeObject } from '@petrel/machinery/kinds'
import fc from 'fast-check'
import { IndexedCache } from './indexed-cache.ts'

const byLabel = (object: KubeObject): string[] => Object.values(object.metadata?.labels ?? {})

const changes = fc.array(
  fc.record({
    remove: fc.boolean(),
    namespace: fc.constantFrom('', 'a', 'b'),
    name: fc.constantFrom('x', 'y', 'z'),
    labels: fc.dictionary(fc.constantFrom('k', 'l'), fc.constantFrom('1', '2', '3')),
  }),
  { maxLength: 40 },
)

test('lists and indexes always say what a scan of the newest objects says', () => {
  fc.assert(
    fc.property(changes, fc.nat({ max: 40 }), (sequence, indexedAt) => {
      const cache = new IndexedCache<KubeObject>()
      const model = new Map<string, KubeObject>()
      sequence.forEach(({ remove, namespace, name, labels }, i) => {
        if (i === indexedAt) cache.addIndex('label', byLabel)
        const key = `${namespace}/${name}`
        if (remove) {
          assert.equal(cache.remove(namespace, name), model.get(key))
          model.delete(key)
        } else {
          const object = { metadata: { namespace, name, labels } }
          assert.equal(cache.put(object), model.get(key))
          model.set(key, object)
        }
      })
      cache.addIndex('label', byLabel)
      assert.equal(cache.size, model.size)
      assert.deepEqual(new Set(cache.list()), new Set(model.values()))
      for (const namespace of ['', 'a', 'b']) {
        const inNamespace = [...model.values()].filter(object => object.metadata?.namespace === namespace)
        assert.deepEqual(new Set(cache.list(namespace)), new Set(inNamespace))
      }
      for (const value of ['1', '2', '3']) {
        const labelled = [...model.values()].filter(object => byLabel(object).includes(value))
        assert.deepEqual(new Set(cache.byIndex('label', value)), new Set(labelled))
      }
    }),
  )
})

test('byIndex() refuses an index that was not declared', () => {
  assert.throws(() => new IndexedCache().byIndex('nope', 'x'), /Cannot look up index "nope"/)
})
