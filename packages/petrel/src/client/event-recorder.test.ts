import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Event } from '@petrel/machinery/api/core-v1'
import { configMaps, events, namespaces } from '@petrel/machinery/kinds'
import { eventually, startTestServer, type TestServer } from '../testing/index.ts'
import type { Client } from './contract.ts'
import { EventSink } from './event-recorder.ts'

async function recorded({ client }: TestServer): Promise<Event[]> {
  return (await client.list(events)).items
}

async function started(): Promise<TestServer> {
  const server = startTestServer()
  await server.client.create(namespaces, { metadata: { name: 'a' } })
  return server
}

test('event() records who saw what of which object, and counts the same event on', async () => {
  const server = await started()
  const { client, clock, log } = server
  const object = await client.create(configMaps, { metadata: { namespace: 'a', name: 'one' } })
  const sink = new EventSink({ client, clock, log, component: 'test-controller', host: 'here' })
  sink.event(object, 'Warning', 'Failed', 'It failed')
  await clock.advance(5000)
  sink.event(object, 'Warning', 'Failed', 'It failed')
  await sink.close()
  const [event, ...others] = await recorded(server)
  assert.deepEqual(others, [])
  assert.match(event?.metadata?.name ?? '', /^one\.[0-9a-f]+$/)
  const { involvedObject, reason, message, source, type, count, firstTimestamp, lastTimestamp, reportingComponent } =
    event as Event
  const { uid = '', resourceVersion = '' } = object.metadata ?? {}
  assert.deepEqual(involvedObject, {
    kind: 'ConfigMap',
    namespace: 'a',
    name: 'one',
    uid,
    apiVersion: 'v1',
    resourceVersion,
  })
  assert.deepEqual(
    { reason, message, source, type, count, firstTimestamp, lastTimestamp, reportingComponent },
    {
      reason: 'Failed',
      message: 'It failed',
      source: { component: 'test-controller', host: 'here' },
      type: 'Warning',
      count: 2,
      firstTimestamp: '2026-01-01T00:00:00Z',
      lastTimestamp: '2026-01-01T00:00:05Z',
      reportingComponent: 'test-controller',
    },
  )
  await server.close()
})

test('event() about cluster-scoped objects goes to the namespace default', async () => {
  const server = await started()
  const { client, clock, log } = server
  await client.create(namespaces, { metadata: { name: 'default' } })
  const sink = new EventSink({ client, clock, log, component: 'test' })
  sink.event({ apiVersion: 'v1', kind: 'Node', name: 'n1', uid: 'n1' }, 'Normal', 'Starting', 'Up')
  await sink.close()
  assert.equal((await recorded(server))[0]?.metadata?.namespace, 'default')
  await server.close()
})

test('event() begins anew when the event it counts on has been deleted', async () => {
  const server = await started()
  const { client, clock, log } = server
  const object = await client.create(configMaps, { metadata: { namespace: 'a', name: 'one' } })
  const sink = new EventSink({ client, clock, log, component: 'test' })
  sink.event(object, 'Normal', 'Seen', 'again')
  await clock.advance(1000)
  await client.deleteCollection(events, { namespace: 'a' })
  sink.event(object, 'Normal', 'Seen', 'again')
  await sink.close()
  assert.deepEqual(
    (await recorded(server)).map(event => event.count),
    [2],
  )
  await server.close()
})

test('event() drops and counts what is beyond the limit, and never throws for a namespace that is not there', async () => {
  const server = await started()
  const { client, clock, log } = server
  const sink = new EventSink({ client, clock, log, component: 'test', queueLimit: 3 })
  for (let i = 0; i < 5; i++) sink.event({ kind: 'Pod', namespace: 'nowhere', name: `p${i}` }, 'Normal', 'Seen', 'x')
  assert.equal(sink.dropped, 2)
  await sink.close()
  await server.close()
})

test('event() forgets nothing that comes in the very moment in which the one before has been written', async () => {
  const server = await started()
  const { client, clock, log } = server
  for (let microtasks = 0; microtasks < 12; microtasks++) {
    let second = async (): Promise<void> => {
      second = async () => {}
      for (let i = 0; i < microtasks; i++) await Promise.resolve()
      sink.event({ kind: 'Pod', namespace: 'a', name: `second-${microtasks}` }, 'Normal', 'Seen', 'x')
    }
    const create: Client['create'] = async (...args) => {
      const made = await client.create(...args)
      void second()
      return made
    }
    const sink = new EventSink({ client: { ...client, create }, clock, log, component: 'test' })
    sink.event({ kind: 'Pod', namespace: 'a', name: `first-${microtasks}` }, 'Normal', 'Seen', 'x')
    await eventually(async () => assert.equal((await recorded(server)).length, 2 * (microtasks + 1)))
  }
  await server.close()
})
