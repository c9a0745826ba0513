import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeClock, Lifetime, sleep } from './index.ts'

test('Lifetime.close() aborts, releases last in first out, and awaits the tasks', async () => {
  const order: string[] = []
  const lifetime = new Lifetime((name, error) => assert.fail(`${name}: ${String(error)}`))
  lifetime.defer(() => order.push('first deferred'))
  lifetime.defer(async () => {
    await Promise.resolve()
    order.push('second deferred')
  })
  lifetime.run('loop', async signal => {
    await new Promise(resolve => signal.addEventListener('abort', resolve))
    await new Promise(resolve => setImmediate(resolve))
    order.push('loop ended')
  })
  await lifetime.close()
  assert.deepEqual(
    order.filter(o => o !== 'loop ended'),
    ['second deferred', 'first deferred'],
  )
  assert.ok(order.includes('loop ended'))
})

test('Lifetime.run() reports an error, but not the abort itself', async () => {
  const reported: string[] = []
  const lifetime = new Lifetime((name, error) => reported.push(`${name}: ${(error as Error).message}`))
  const clock = new FakeClock()
  lifetime.run('sleeper', signal => sleep(clock, 1000, signal))
  lifetime.run('broken', () => Promise.reject(new Error('boom')))
  await new Promise(resolve => setImmediate(resolve))
  await lifetime.close()
  assert.deepEqual(reported, ['broken: boom'])
})

test('Lifetime.close() goes on after a release that fails, and twice is once', async () => {
  const reported: string[] = []
  let released = 0
  const lifetime = new Lifetime((name, error) => reported.push(`${name}: ${(error as Error).message}`))
  lifetime.defer(() => released++)
  lifetime.defer(() => {
    throw new Error('stuck')
  })
  await Promise.all([lifetime.close(), lifetime.close()])
  assert.equal(released, 1)
  assert.deepEqual(reported, ['close: stuck'])
})
