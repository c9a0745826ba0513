/**
 * kill -9 in the middle of writes over the API, round after round on the same data: no acknowledged write is lost or half,
 * and a watcher that remembers its version goes on without a gap or is told 410. PETREL_SURVIVAL_ROUNDS says how many rounds.
 */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { connect } from 'node:tls'
import { type PetrelProcess, startPetrelProcess } from '../real/petrel-process.ts'
import { apiClient, eventually, type WatchEvent } from './api-client.ts'
import { collection, WriteLoad } from './write-load.ts'

const rounds = Number(process.env['PETREL_SURVIVAL_ROUNDS'] ?? 6)
const args = ['--runtime', 'none']

describe('the control plane', () => {
  let petrel: PetrelProcess
  before(async () => {
    petrel = await startPetrelProcess(args)
  })
  after(() => petrel?.remove())

  test(`kill -9 under load, ${rounds} rounds: nothing acknowledged is lost, no watcher has a gap`, async t => {
    const load = new WriteLoad()
    const events: WatchEvent[] = []
    let remembered = ''
    let gone = 0
    for (let round = 0; round < rounds; round++) {
      const client = apiClient(petrel.kubeconfig)
      const list = await client.call('GET', `${collection}?labelSelector=load%3Dyes`)
      load.verify(list.body.items ?? [])
      if (remembered === '') remembered = list.body.metadata.resourceVersion

      const follow = (event: WatchEvent): void => {
        if (event.type === 'ERROR') {
          assert.equal(event.object.code, 410, event.object.message)
          gone++
          return
        }
        remembered = event.object.metadata.resourceVersion
        if (event.type !== 'BOOKMARK') events.push(event)
      }
      const before = gone
      const watch = client.watch(
        `${collection}?watch=1&labelSelector=load%3Dyes&allowWatchBookmarks=true&resourceVersion=${remembered}`,
        follow,
      )
      let writes = 0
      const dueAfter = 100 + Math.floor(Math.random() * 900)
      await load.run(client, 12, () => {
        if (++writes === dueAfter) petrel.kill('SIGKILL')
      })
      await Promise.all([watch.ended, petrel.ended])
      client.close()
      if (gone > before) {
        // Told so: whoever is told starts again from a list, and what came before counts no more.
        events.length = 0
        load.acknowledged.clear()
        remembered = ''
      }
      petrel = await petrel.restart(args)
    }
    const client = apiClient(petrel.kubeconfig)
    const list = await client.call('GET', `${collection}?labelSelector=load%3Dyes`)
    load.verify(list.body.items ?? [])

    // The rest of the history, up to the list.
    const end = Number(list.body.metadata.resourceVersion)
    const rest = client.watch(`${collection}?watch=1&labelSelector=load%3Dyes&resourceVersion=${remembered}`, event => {
      assert.notEqual(event.type, 'ERROR', event.object.message)
      events.push(event)
    })
    const last = list.body.items?.reduce((max, item) => Math.max(max, Number(item.metadata.resourceVersion)), 0) ?? 0
    await eventually('the watch to catch up', async () =>
      events.some(event => Number(event.object.metadata.resourceVersion) >= Math.min(last, end)) ? true : undefined,
    )
    rest.cancel()
    client.close()

    const versions = events.map(event => Number(event.object.metadata.resourceVersion))
    assert.deepEqual(
      versions,
      [...new Set(versions)].sort((a, b) => a - b),
      'events are not in order, or come twice',
    )
    const seen = new Map(events.map(event => [event.object.metadata.resourceVersion, event.object]))
    for (const [resourceVersion, { name, value }] of load.acknowledged) {
      const object = seen.get(resourceVersion)
      assert.ok(object, `the watcher never saw ${name} at ${resourceVersion}`)
      assert.deepEqual([object.metadata.name, object.data?.['value']], [name, value])
    }
    assert.ok(load.acknowledged.size > 100 || gone > 0)
    t.diagnostic(`${load.acknowledged.size} acknowledged writes, ${events.length} events, ${gone} times 410`)
  })

  test('SIGTERM ends requests under way, watches and the process, with exit code 0', async () => {
    const client = apiClient(petrel.kubeconfig)
    const { body: ready } = await client.call('GET', '/api/v1/namespaces/default/configmaps?limit=1')
    let isWatching = false
    const watch = client.watch(`${collection}?watch=1&resourceVersion=${ready.metadata.resourceVersion}`, event => {
      isWatching ||= event.object.metadata.name === 'seen'
    })
    await eventually('the watch', async () => {
      await client.call('POST', collection, { metadata: { name: 'seen' } })
      return isWatching || undefined
    })
    const body = JSON.stringify({ metadata: { name: 'slow' }, data: { a: 'b' } })
    const socket = connect(client.options)
    await new Promise(resolve => socket.once('secureConnect', resolve))
    socket.write(
      `POST ${collection} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body.slice(0, 9)}`,
    )
    // Once another request on the same server is answered, the half one is known to it too.
    await client.call('GET', collection)
    petrel.kill('SIGTERM')
    await watch.ended
    socket.write(body.slice(9))
    let answer = ''
    for await (const chunk of socket) answer += String(chunk)
    assert.match(answer, /^HTTP\/1\.1 201 /)
    assert.equal(await petrel.ended, 0)
    client.close()
    petrel = await petrel.restart(args)
    const again = apiClient(petrel.kubeconfig)
    assert.equal((await again.call('GET', `${collection}/slow`)).code, 200)
    again.close()
  })

  test('a second start on the same data says that it is in use, and does no harm', async () => {
    await assert.rejects(petrel.restart(args), /another process has it open; stop that one first/)
    const client = apiClient(petrel.kubeconfig)
    assert.equal((await client.call('GET', collection)).code, 200)
    client.close()
  })
})
