import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ConfigMap } from '@petrel/machinery/api/core-v1'
import { configMaps, namespaces } from '@petrel/machinery/kinds'
import fc from 'fast-check'
import { eventually, type Fault, FaultyClient, startTestServer } from '../testing/index.ts'
import type { Client } from './contract.ts'
import type { Informer } from './informer.ts'
import { createInformers } from './informers.ts'
import { keyOf } from './object-key.ts'

function configMap(name: string, value: string, namespace = 'a'): ConfigMap {
  return { metadata: { name, namespace, labels: { value } }, data: { value } }
}

async function withNamespaces(client: Client): Promise<void> {
  for (const name of ['a', 'b']) await client.create(namespaces, { metadata: { name } })
}

/** What a handler was told, as text. */
function record(informer: Informer<ConfigMap>): string[] {
  const told: string[] = []
  informer.on({
    add: (object, initial) =>
      told.push(`${initial ? 'initial' : 'add'} ${object.metadata?.name}=${object.data?.['value']}`),
    update: (object, old) =>
      told.push(`update ${object.metadata?.name} ${old.data?.['value']}→${object.data?.['value']}`),
    delete: (object, missed) =>
      told.push(`${missed ? 'missed' : 'delete'} ${object.metadata?.name}=${object.data?.['value']}`),
  })
  return told
}

test('an informer reads the state, then follows every change in order', async () => {
  const { client, close, ...options } = startTestServer()
  await withNamespaces(client)
  await client.create(configMaps, configMap('one', '1'))
  const informers = createInformers(client, options)
  const informer = informers.informer(configMaps)
  const told = record(informer)
  assert.equal(informer.hasSynced, false)
  assert.match(informers.problem ?? '', /configmaps have not been read yet/)
  informers.start()
  await informers.synced()
  assert.equal(informers.problem, undefined)
  const two = await client.create(configMaps, configMap('two', '2'))
  await client.update(configMaps, { ...two, data: { value: '3' } })
  await client.delete(configMaps, { namespace: 'a', name: 'one' })
  await eventually(() => assert.deepEqual(told, ['initial one=1', 'add two=2', 'update two 2→3', 'delete one=1']))
  assert.deepEqual(informer.list().map(keyOf), ['a/two'])
  assert.equal(Object.isFrozen(informer.get({ namespace: 'a', name: 'two' })?.metadata), true)
  await informers.close()
  await close()
})

test('informer() gives everybody the same one, with one watch, and late handlers see what is there', async () => {
  const { client, close, ...options } = startTestServer()
  await withNamespaces(client)
  await client.create(configMaps, configMap('one', '1'))
  const faulty = new FaultyClient(client)
  const informers = createInformers(faulty.client, options)
  const first = informers.informer(configMaps)
  informers.start()
  assert.equal(informers.informer(configMaps, { metadataOnly: true }), first)
  assert.notEqual(informers.informer(configMaps, { namespace: 'a' }), first)
  await informers.synced()
  assert.deepEqual(record(informers.informer(configMaps)), ['initial one=1'])
  assert.deepEqual(faulty.calls, ['watch initial', 'watch initial'])
  await informers.close()
  await close()
})

test('byIndex() finds by the declared index and by the standard ones', async () => {
  const { client, close, ...options } = startTestServer()
  await withNamespaces(client)
  const owner = { apiVersion: 'v1', kind: 'Namespace', name: 'a', uid: 'owner-uid' }
  await client.create(configMaps, configMap('one', '1'))
  await client.create(configMaps, { metadata: { name: 'owned', namespace: 'b', ownerReferences: [owner] } })
  const informers = createInformers(client, options)
  const informer = informers.informer(configMaps, { indexers: { value: object => Object.values(object.data ?? {}) } })
  informers.start()
  await informers.synced()
  assert.deepEqual(informer.byIndex('value', '1').map(keyOf), ['a/one'])
  assert.deepEqual(informer.byIndex('owner', 'owner-uid').map(keyOf), ['b/owned'])
  assert.throws(() => informer.byIndex('nothing', '1'), /it was not declared/)
  await informers.close()
  await close()
})

test('a watch that ends is resumed where it was, without reading the state anew', async () => {
  const { client, close, clock, ...options } = startTestServer()
  await withNamespaces(client)
  const faulty = new FaultyClient(client)
  const informers = createInformers(faulty.client, { ...options, clock })
  const told = record(informers.informer(configMaps))
  informers.start()
  await informers.synced()
  await clock.advance(5000)
  faulty.break('end')
  await client.create(configMaps, configMap('one', '1'))
  await eventually(() => assert.deepEqual(told, ['add one=1']))
  assert.deepEqual(faulty.calls, ['watch initial', 'watch 2'])
  await informers.close()
  await close()
})

test('a connection that breaks is tried again after a delay, and says so meanwhile', async () => {
  const { client, close, clock, ...options } = startTestServer()
  await withNamespaces(client)
  const faulty = new FaultyClient(client)
  const informers = createInformers(faulty.client, { ...options, clock })
  const told = record(informers.informer(configMaps))
  informers.start()
  await informers.synced()
  faulty.break('cut')
  await client.create(configMaps, configMap('one', '1'))
  await eventually(() => assert.match(informers.problem ?? '', /cannot watch configmaps: connection reset/))
  assert.deepEqual(told, [])
  await clock.advance(1600)
  await eventually(() => assert.deepEqual(told, ['add one=1']))
  assert.equal(informers.problem, undefined)
  await informers.close()
  await close()
})

test('an expired version brings the state anew, and what was missed is told: deletes as tombstones', async () => {
  const { client, close, clock, ...options } = startTestServer()
  await withNamespaces(client)
  await client.create(configMaps, configMap('gone', '1'))
  await client.create(configMaps, configMap('changed', '1'))
  await client.create(configMaps, configMap('kept', '1'))
  await client.create(configMaps, configMap('replaced', '1'))
  const faulty = new FaultyClient(client)
  const informers = createInformers(faulty.client, { ...options, clock })
  const told = record(informers.informer(configMaps))
  informers.start()
  await informers.synced()
  told.length = 0
  faulty.break('cut')
  await client.delete(configMaps, { namespace: 'a', name: 'gone' })
  await client.patch(configMaps, { namespace: 'a', name: 'changed' }, 'merge', { data: { value: '2' } })
  await client.delete(configMaps, { namespace: 'a', name: 'replaced' })
  await client.create(configMaps, configMap('replaced', '2'))
  await client.create(configMaps, configMap('new', '1'))
  faulty.break('expire')
  await clock.advance(1600)
  await eventually(() =>
    assert.deepEqual(told.toSorted(), [
      'add new=1',
      'add replaced=2',
      'missed gone=1',
      'missed replaced=1',
      'update changed 1→2',
    ]),
  )
  assert.equal(faulty.calls.at(-1), 'watch initial')
  await informers.close()
  await close()
})

test('a server that refuses initial events is listed in pages instead', async () => {
  const { client, close, ...options } = startTestServer()
  await withNamespaces(client)
  for (let i = 0; i < 501; i++) await client.create(configMaps, configMap(`c-${i}`, '1'))
  const faulty = new FaultyClient(client)
  faulty.refuseInitialEvents = true
  const informers = createInformers(faulty.client, options)
  const informer = informers.informer(configMaps)
  informers.start()
  await informers.synced()
  assert.equal(informer.size, 501)
  await client.create(configMaps, configMap('later', '1'))
  await eventually(() => assert.equal(informer.size, 502))
  assert.deepEqual(faulty.calls.slice(0, 3), ['watch initial', 'list', 'list'])
  await informers.close()
  await close()
})

test('what a handler throws does not reach the others', async () => {
  const { client, close, ...options } = startTestServer()
  await withNamespaces(client)
  const informers = createInformers(client, options)
  const informer = informers.informer(configMaps)
  informer.on({
    add() {
      throw new Error('broken handler')
    },
  })
  const told = record(informer)
  informers.start()
  await informers.synced()
  await client.create(configMaps, configMap('one', '1'))
  await eventually(() => assert.deepEqual(told, ['add one=1']))
  await informers.close()
  await close()
})

type Step = { readonly do: 'put' | 'delete' | Fault; readonly name: string; readonly value: string }

const steps = fc.array(
  fc.record({
    do: fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom<Step['do']>('put', 'delete') },
      { weight: 1, arbitrary: fc.constantFrom<Step['do']>('end', 'cut', 'expire') },
    ),
    name: fc.constantFrom('a', 'b', 'c'),
    value: fc.constantFrom('1', '2', '3'),
  }),
  { minLength: 1, maxLength: 25 },
)

test('whatever happens to its watches, the cache ends as the server has it, and so does who listened to the handlers', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async sequence => {
      const { client, close, clock, ...options } = startTestServer()
      await withNamespaces(client)
      const faulty = new FaultyClient(client)
      const informers = createInformers(faulty.client, { ...options, clock })
      const informer = informers.informer(configMaps)
      const mirror = new Map<string, string | undefined>()
      informer.on({
        add: object => {
          assert.equal(mirror.has(keyOf(object)), false)
          mirror.set(keyOf(object), object.data?.['value'])
        },
        update: object => {
          assert.equal(mirror.has(keyOf(object)), true)
          mirror.set(keyOf(object), object.data?.['value'])
        },
        delete: object => assert.equal(mirror.delete(keyOf(object)), true),
      })
      informers.start()
      await informers.synced()
      for (const { do: action, name, value } of sequence) {
        const key = { namespace: 'a', name }
        const current = (await client.list(configMaps)).items.find(item => item.metadata?.name === name)
        if (action === 'put' && current) await client.patch(configMaps, key, 'merge', { data: { value } })
        else if (action === 'put') await client.create(configMaps, configMap(name, value))
        else if (action === 'delete') {
          if (current) await client.delete(configMaps, key)
        } else faulty.break(action)
      }
      await clock.advance(120_000)
      const truth = (await client.list(configMaps)).items
      await eventually(() => {
        const version = (object: ConfigMap): string => `${keyOf(object)} ${object.metadata?.resourceVersion}`
        assert.deepEqual(informer.list().map(version).sort(), truth.map(version).sort())
      })
      assert.deepEqual(mirror, new Map(truth.map(object => [keyOf(object), object.data?.['value']])))
      await informers.close()
      await close()
    }),
    { numRuns: 40 },
  )
})
