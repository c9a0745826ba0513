import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ConfigMap } from '@petrel/machinery/api/core-v1'
import { configMaps, namespaces } from '@petrel/machinery/kinds'
import { StatusError } from '@petrel/machinery/status'
import { startTestServer, type TestServer } from '../testing/index.ts'
import type { Client, WatchEvent } from './contract.ts'
import { httpClient } from './http-client.ts'

/** Both makers of a Client keep the same promises, so both go through the same cases against the same server. */
const makers: readonly {
  name: string
  make: (server: TestServer) => Promise<{ client: Client; close: () => Promise<void> }>
}[] = [
  { name: 'localClient()', make: async server => ({ client: server.client, close: async () => undefined }) },
  {
    name: 'httpClient() over HTTP/1.1',
    async make({ server, clock, rng }) {
      const { url } = await server.listen({ host: '127.0.0.1', port: 0 })
      const client = httpClient({ server: url }, { clock, rng, http2: false })
      return { client, close: () => client.close() }
    },
  },
]

type Case = (client: Client, server: TestServer) => Promise<void>

const cases: Readonly<Record<string, Case>> = {
  'writes and reads objects, which are frozen and say what they are': async client => {
    const created = await client.create(configMaps, { metadata: { namespace: 'a', name: 'one' }, data: { value: '1' } })
    assert.equal(created.kind, 'ConfigMap')
    assert.equal(created.apiVersion, 'v1')
    assert.equal(Object.isFrozen(created.data), true)
    assert.deepEqual(await client.get(configMaps, { namespace: 'a', name: 'one' }), created)
    const updated = await client.update(configMaps, { ...created, data: { value: '2' } })
    assert.deepEqual(updated.data, { value: '2' })
    const patched = await client.patch(configMaps, { namespace: 'a', name: 'one' }, 'merge', { data: { other: '3' } })
    assert.deepEqual(patched.data, { value: '2', other: '3' })
    const list = await client.list(configMaps, { namespace: 'a' })
    assert.deepEqual(list.items, [patched])
    assert.match(list.metadata.resourceVersion ?? '', /^\d+$/)
    await client.delete(configMaps, { namespace: 'a', name: 'one' })
    assert.deepEqual((await client.list(configMaps)).items, [])
  },

  'says no with a StatusError of the right reason': async client => {
    const one = { metadata: { namespace: 'a', name: 'one' } }
    const created = await client.create(configMaps, one)
    await rejects(() => client.get(configMaps, { namespace: 'a', name: 'none' }), 'NotFound', 404)
    await rejects(() => client.create(configMaps, one), 'AlreadyExists', 409)
    await client.update(configMaps, { ...created, data: { a: 'b' } })
    await rejects(() => client.update(configMaps, { ...created, data: { a: 'c' } }), 'Conflict', 409)
    await rejects(() => client.create(configMaps, { metadata: { namespace: 'a', name: 'No_Name' } }), 'Invalid', 422)
    const stale = { preconditions: { uid: 'another' } }
    await rejects(() => client.delete(configMaps, { namespace: 'a', name: 'one' }, stale), 'Conflict', 409)
  },

  'selects, pages and deletes collections': async client => {
    for (let i = 0; i < 5; i++) {
      await client.create(configMaps, {
        metadata: { namespace: 'a', name: `c${i}`, labels: { even: String(i % 2 === 0) } },
      })
    }
    const names = (items: readonly ConfigMap[]): string[] => items.map(item => item.metadata?.name ?? '')
    assert.deepEqual(names((await client.list(configMaps, { labelSelector: 'even=true' })).items), ['c0', 'c2', 'c4'])
    assert.deepEqual(names((await client.list(configMaps, { fieldSelector: 'metadata.name=c3' })).items), ['c3'])
    const first = await client.list(configMaps, { namespace: 'a', limit: 3 })
    const rest = await client.list(configMaps, { namespace: 'a', limit: 3, continue: first.metadata.continue ?? '' })
    assert.deepEqual([...names(first.items), ...names(rest.items)], ['c0', 'c1', 'c2', 'c3', 'c4'])
    await client.deleteCollection(configMaps, { namespace: 'a', labelSelector: 'even=true' })
    assert.deepEqual(names((await client.list(configMaps)).items), ['c1', 'c3'])
  },

  'watches: state first, the mark, then changes until the reader has enough': async client => {
    await client.create(configMaps, { metadata: { namespace: 'a', name: 'before' } })
    const seen: string[] = []
    for await (const event of client.watch(configMaps, { sendInitialEvents: true, allowWatchBookmarks: true })) {
      seen.push(described(event))
      if (event.type === 'BOOKMARK') {
        const created = await client.create(configMaps, { metadata: { namespace: 'a', name: 'after' } })
        await client.update(configMaps, { ...created, data: { a: 'b' } })
        await client.delete(configMaps, { namespace: 'a', name: 'after' })
      }
      if (event.type === 'DELETED') break
    }
    assert.deepEqual(seen, ['ADDED before', 'BOOKMARK end', 'ADDED after', 'MODIFIED after', 'DELETED after'])
  },

  'a watch ends with the signal, and its reason is thrown': async client => {
    const { resourceVersion = '' } = (await client.list(configMaps)).metadata
    const controller = new AbortController()
    const reason = new Error('enough')
    const watching = Array.fromAsync(client.watch(configMaps, { resourceVersion, signal: controller.signal }))
    setImmediate(() => controller.abort(reason))
    await assert.rejects(watching, error => error === reason)
  },

  'a watch from a version that is no more throws Expired': async (client, { store }) => {
    for (let i = 0; i < 3; i++) await client.create(configMaps, { metadata: { namespace: 'a', name: `c${i}` } })
    await store.compact(store.revision)
    await rejects(() => Array.fromAsync(client.watch(configMaps, { resourceVersion: '1' })), 'Expired', 410)
  },

  'raw() reads documents, and text where it is not JSON': async client => {
    const groups = (await client.raw('GET', '/apis')) as { kind: string; groups: { name: string }[] }
    assert.equal(groups.kind, 'APIGroupList')
    assert.ok(groups.groups.some(group => group.name === 'apps'))
    assert.equal(await client.raw('GET', '/livez'), 'ok')
    await rejects(() => client.raw('GET', '/apis/none.such/v1'), 'NotFound', 404)
  },

  'dry runs change nothing': async client => {
    const created = await client.create(configMaps, { metadata: { namespace: 'a', name: 'one' } }, { dryRun: true })
    assert.equal(created.metadata?.name, 'one')
    await rejects(() => client.get(configMaps, { namespace: 'a', name: 'one' }), 'NotFound', 404)
  },

  'createSubresource() without the object answers NotFound': async client => {
    const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { namespace: 'a', name: 'none' } }
    const pods = { group: '', version: 'v1', kind: 'Pod', plural: 'pods', namespaced: true }
    await rejects(
      () => client.createSubresource(pods, { namespace: 'a', name: 'none' }, 'eviction', eviction),
      'NotFound',
      404,
    )
  },
}

function described(event: WatchEvent<ConfigMap>): string {
  if (event.type === 'BOOKMARK') return `BOOKMARK ${event.initialEventsEnd ? 'end' : ''}`
  return `${event.type} ${event.object.metadata?.name}`
}

async function rejects(call: () => Promise<unknown>, reason: string, code: number): Promise<void> {
  await assert.rejects(call, error => {
    assert.ok(error instanceof StatusError, String(error))
    assert.deepEqual([error.reason, error.code], [reason, code], error.message)
    return true
  })
}

for (const { name, make } of makers) {
  for (const [promise, check] of Object.entries(cases)) {
    test(`${name} ${promise}`, async () => {
      const server = startTestServer()
      await server.client.create(namespaces, { metadata: { name: 'a' } })
      const { client, close } = await make(server)
      await check(client, server)
      await close()
      await server.close()
    })
  }
}
