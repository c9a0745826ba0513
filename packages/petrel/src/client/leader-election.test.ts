import assert from 'node:assert/strict'
import { test } from 'node:test'
import { leases, namespaces } from '@petrel/machinery/kinds'
import { unavailable } from '@petrel/machinery/status'
import { eventually, startTestServer, type TestServer } from '../testing/index.ts'
import type { Client } from './contract.ts'
import { lead } from './leader-election.ts'

interface Candidate {
  leads: boolean
  readonly stop: () => void
  readonly ended: Promise<void>
}

function candidate(server: TestServer, identity: string, client: Client = server.client): Candidate {
  const { clock, rng, log } = server
  const controller = new AbortController()
  const state = { leads: false }
  const ended = lead(
    { client, clock, rng, log, namespace: 'a', name: 'leader', identity, signal: controller.signal },
    async signal => {
      state.leads = true
      await new Promise<void>(resolve => signal.addEventListener('abort', () => resolve()))
      state.leads = false
    },
  )
  return Object.assign(state, { stop: () => controller.abort(), ended })
}

async function started(): Promise<TestServer> {
  const server = startTestServer()
  await server.client.create(namespaces, { metadata: { name: 'a' } })
  return server
}

test('lead() works on one candidate at a time, and hands over at once when the leader ends in order', async () => {
  const server = await started()
  const one = candidate(server, 'one')
  await eventually(() => assert.equal(one.leads, true))
  const two = candidate(server, 'two')
  await server.clock.advance(60_000)
  assert.deepEqual([one.leads, two.leads], [true, false])
  one.stop()
  await one.ended
  assert.equal((await server.client.get(leases, { namespace: 'a', name: 'leader' })).spec?.holderIdentity, '')
  await server.clock.advance(5_000)
  assert.equal(two.leads, true)
  const lease = await server.client.get(leases, { namespace: 'a', name: 'leader' })
  assert.equal(lease.spec?.holderIdentity, 'two')
  assert.equal(lease.spec?.leaseTransitions, 1)
  two.stop()
  await two.ended
  await server.close()
})

test('lead() stops the work before the Lease runs out when it cannot be renewed, and another takes over after it has', async () => {
  const server = await started()
  let away = false
  const flaky = new Proxy(server.client, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name)
      if (typeof member !== 'function') return member
      return (...args: unknown[]) => {
        if (away) throw unavailable('no route')
        return Reflect.apply(member, target, args)
      }
    },
  })
  const one = candidate(server, 'one', flaky)
  await eventually(() => assert.equal(one.leads, true))
  const two = candidate(server, 'two')
  away = true
  const lost = server.clock.now()
  while (one.leads) await server.clock.advance(500)
  assert.ok(server.clock.now() - lost <= 12_000)
  assert.equal(two.leads, false)
  await server.clock.advance(20_000)
  assert.equal(two.leads, true)
  one.stop()
  two.stop()
  await Promise.all([one.ended, two.ended])
  await server.close()
})
