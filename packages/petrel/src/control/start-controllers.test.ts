import assert from 'node:assert/strict'
import { test } from 'node:test'
import { configMaps, namespaces, secrets } from '@petrel/machinery/kinds'
import { controllerOf, defineController, watch } from './define-controller.ts'
import type { Reconciled } from './start-controllers.ts'
import { eventually, startTestCluster } from './testing/index.ts'

const one = { metadata: { namespace: 'default', name: 'one' } }

test('reconcile() is called for what is there and for every change, with the key of the object', async () => {
  const keys: string[] = []
  const controller = defineController({
    name: 'test',
    watches: [watch(configMaps)],
    async reconcile(key, context) {
      keys.push(
        `${key} ${context.informer(configMaps).get({ namespace: 'default', name: 'one' })?.data?.['value'] ?? 'gone'}`,
      )
      return undefined
    },
  })
  const cluster = await startTestCluster([controller])
  await cluster.client.create(configMaps, { ...one, data: { value: '1' } })
  await cluster.settled()
  await cluster.client.patch(configMaps, { namespace: 'default', name: 'one' }, 'merge', { data: { value: '2' } })
  await cluster.settled()
  await cluster.client.delete(configMaps, { namespace: 'default', name: 'one' })
  await cluster.settled()
  assert.deepEqual(keys, ['default/one 1', 'default/one 2', 'default/one gone'])
  await cluster.close()
})

test('a key is never reconciled twice at the same time, and different keys are up to the concurrency', async () => {
  const working = new Set<string>()
  let most = 0
  let reconciled = 0
  const controller = defineController({
    name: 'test',
    concurrency: 3,
    watches: [watch(configMaps)],
    async reconcile(key) {
      assert.equal(working.has(key), false)
      working.add(key)
      most = Math.max(most, working.size)
      await new Promise(resolve => setImmediate(resolve))
      working.delete(key)
      reconciled++
      return undefined
    },
  })
  const cluster = await startTestCluster([controller])
  const made = await Promise.all(
    Array.from({ length: 8 }, (_, i) =>
      cluster.client.create(configMaps, { metadata: { namespace: 'default', name: `c${i}` } }),
    ),
  )
  for (const configMap of made) await cluster.client.update(configMaps, { ...configMap, data: { a: 'b' } })
  await cluster.settled()
  assert.equal(most, 3)
  assert.ok(reconciled >= 8)
  await cluster.close()
})

test('what reconcile() throws is tried again with growing delays, is counted and observed', async () => {
  const observed: Reconciled[] = []
  let failures = 3
  const controller = defineController({
    name: 'test',
    watches: [watch(configMaps)],
    async reconcile() {
      if (failures-- > 0) throw new Error('not yet')
      return undefined
    },
  })
  const cluster = await startTestCluster([controller], { observe: reconciled => observed.push(reconciled) })
  await cluster.client.create(configMaps, one)
  await cluster.settled()
  await cluster.clock.advance(4)
  assert.equal(observed.length, 1)
  await cluster.clock.advance(1)
  assert.equal(observed.length, 2)
  await cluster.clock.advance(10)
  await cluster.clock.advance(20)
  assert.deepEqual(
    observed.map(({ controller: name, key, result }) => [name, key, result]),
    [...Array.from({ length: 3 }, () => ['test', 'default/one', 'error']), ['test', 'default/one', 'success']],
  )
  const [status] = cluster.running.status
  assert.deepEqual([status?.errors, status?.lastError], [3, 'not yet'])
  await cluster.close()
})

test('requeueAfterMs brings the key again when the time has come', async () => {
  let calls = 0
  const controller = defineController({
    name: 'test',
    watches: [watch(configMaps)],
    async reconcile() {
      calls++
      return calls === 1 ? { requeueAfterMs: 60_000 } : undefined
    },
  })
  const cluster = await startTestCluster([controller])
  await cluster.client.create(configMaps, one)
  await cluster.pass(59_999)
  assert.equal(calls, 1)
  await cluster.pass(1)
  assert.equal(calls, 2)
  await cluster.close()
})

test('a watch maps objects to keys, both of an update, and sees only what `when` lets through', async () => {
  const keys: string[] = []
  const controller = defineController({
    name: 'test',
    watches: [
      watch(configMaps, {
        keys: configMap => [configMap.data?.['for'] ?? 'nobody'],
        when: ({ type }) => type !== 'delete',
      }),
      watch(secrets, { keys: controllerOf(namespaces) }),
    ],
    async reconcile(key) {
      keys.push(key)
      return undefined
    },
  })
  const cluster = await startTestCluster([controller])
  await cluster.client.create(configMaps, { ...one, data: { for: 'a' } })
  await cluster.settled()
  await cluster.client.patch(configMaps, { namespace: 'default', name: 'one' }, 'merge', { data: { for: 'b' } })
  await cluster.settled()
  await cluster.client.delete(configMaps, { namespace: 'default', name: 'one' })
  await cluster.settled()
  assert.deepEqual(keys, ['a', 'b', 'a'])
  const reference = { apiVersion: 'v1', kind: 'Namespace', name: 'default', uid: 'x', controller: true }
  await cluster.client.create(secrets, { metadata: { ...one.metadata, ownerReferences: [reference] } })
  await cluster.settled()
  assert.equal(keys.at(-1), 'default')
  await cluster.close()
})

test('informer() refuses resources that the controller has not declared', async () => {
  const controller = defineController({
    name: 'test',
    watches: [watch(configMaps)],
    async reconcile(_key, context) {
      context.informer(secrets)
      return undefined
    },
  })
  const cluster = await startTestCluster([controller])
  await cluster.client.create(configMaps, one)
  await eventually(() =>
    assert.match(
      cluster.running.status[0]?.lastError ?? '',
      /Cannot read the cache of secrets: controller test neither/,
    ),
  )
  await cluster.close()
})

test('run() is started again with backoff when it throws, and ends with the controllers', async () => {
  let starts = 0
  const controller = defineController({
    name: 'test',
    watches: [],
    reconcile: async () => undefined,
    async run({ signal }) {
      starts++
      if (starts < 3) throw new Error('broken')
      await new Promise<void>(resolve => signal.addEventListener('abort', () => resolve()))
    },
  })
  const cluster = await startTestCluster([controller])
  assert.equal(starts, 1)
  await cluster.pass(1500)
  assert.equal(starts, 2)
  await cluster.pass(3000)
  assert.equal(starts, 3)
  await cluster.close()
})

test('problem names the controllers that wait for their caches, until they are filled', async () => {
  const controller = defineController({ name: 'waits', watches: [watch(configMaps)], reconcile: async () => undefined })
  const cluster = await startTestCluster([])
  const { startControllers } = await import('./start-controllers.ts')
  const running = startControllers(cluster.client, [controller], cluster)
  assert.equal(running.problem, 'controllers that wait for their caches: waits')
  await running.ready()
  assert.equal(running.problem, undefined)
  await running.close()
  await cluster.close()
})

test('defineController() refuses a controller without a name or workers', () => {
  const rest = { watches: [], reconcile: async () => undefined }
  assert.throws(() => defineController({ name: '', ...rest }), /its name is empty/)
  assert.throws(() => defineController({ name: 'a', concurrency: 0, ...rest }), /concurrency 0 is below 1/)
})
