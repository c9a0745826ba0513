import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { configMaps, services } from '@petrel/machinery/kinds'
import { parseKey } from '../client/index.ts'
import { type Controller, controllerOf, defineController, watch } from './define-controller.ts'
import { startTestCluster } from './testing/index.ts'

/** Every Service with the annotation example.com/note has a ConfigMap that holds the note. */
export function noteController(): Controller {
  return defineController({
    name: 'note',
    watches: [watch(services), watch(configMaps, { keys: controllerOf(services) })],
    async reconcile(key, { client, informer }) {
      const service = informer(services).get(parseKey(key))
      const note = service?.metadata?.annotations?.['example.com/note']
      if (!service || note === undefined) return undefined
      const current = informer(configMaps).get(parseKey(key))
      if (current?.data?.['note'] === note) return undefined
      if (current) {
        await client.update(configMaps, { ...current, data: { note } })
      } else {
        const { uid = '', name = '' } = service.metadata ?? {}
        const owner = { apiVersion: 'v1', kind: 'Service', name, uid, controller: true }
        const metadata = { ...parseKey(key), ownerReferences: [owner] }
        await client.create(configMaps, { metadata, data: { note } })
      }
      return undefined
    },
  })
}

test('the example of README.md is this one, and it works', async () => {
  const readme = readFileSync(new URL('README.md', import.meta.url), 'utf8')
  const [, example = ''] = /```ts\n(.*?)```/s.exec(readme) ?? []
  assert.ok(readFileSync(new URL(import.meta.url), 'utf8').includes(example.trim()), 'README.md and this file differ')

  const cluster = await startTestCluster([noteController()])
  const { client } = cluster
  const key = { namespace: 'default', name: 'web' }
  const spec = { clusterIP: 'None', ports: [{ port: 80 }] }
  await client.create(services, { metadata: { ...key, annotations: { 'example.com/note': 'hello' } }, spec })
  await cluster.settled()
  assert.deepEqual((await client.get(configMaps, key)).data, { note: 'hello' })
  await client.patch(configMaps, key, 'merge', { data: { note: 'changed by hand' } })
  await cluster.settled()
  assert.deepEqual((await client.get(configMaps, key)).data, { note: 'hello' })
  await client.delete(configMaps, key)
  await cluster.settled()
  assert.deepEqual((await client.get(configMaps, key)).data, { note: 'hello' })
  await cluster.close()
})
