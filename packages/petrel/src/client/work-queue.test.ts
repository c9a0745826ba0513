import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { FakeClock } from '../base/index.ts'
import { WorkQueue } from './work-queue.ts'

test('add() queues a key once however often it is called before it is taken', async () => {
  const queue = new WorkQueue({ clock: new FakeClock() })
  for (const key of ['a', 'b', 'a', 'a', 'c', 'b']) queue.add(key)
  assert.equal(queue.depth, 3)
  assert.deepEqual([await queue.take(), await queue.take(), await queue.take()], ['a', 'b', 'c'])
})

test('add() of a key that is worked on hands it out again after done(), and not before', async () => {
  const queue = new WorkQueue({ clock: new FakeClock() })
  queue.add('a')
  assert.equal(await queue.take(), 'a')
  queue.add('a')
  queue.add('a')
  assert.equal(queue.depth, 0)
  queue.done('a')
  assert.equal(queue.depth, 1)
  assert.equal(await queue.take(), 'a')
  queue.done('a')
  assert.equal(queue.depth, 0)
})

test('take() waits for the next key, and takers are served in their order', async () => {
  const queue = new WorkQueue({ clock: new FakeClock() })
  const taken = [queue.take(), queue.take()]
  queue.add('a')
  queue.add('b')
  assert.deepEqual(await Promise.all(taken), ['a', 'b'])
  assert.equal(queue.working, 2)
})

test('addAfter() adds when the time has come, and the earliest of several times counts', async () => {
  const clock = new FakeClock()
  const queue = new WorkQueue({ clock })
  queue.addAfter('a', 1000)
  queue.addAfter('a', 300)
  queue.addAfter('a', 2000)
  queue.addAfter('b', 500)
  assert.equal(queue.delayed, 2)
  await clock.advance(299)
  assert.equal(queue.depth, 0)
  await clock.advance(1)
  assert.equal(await queue.take(), 'a')
  queue.done('a')
  await clock.advance(5000)
  assert.equal(await queue.take(), 'b')
  assert.equal(queue.depth, 0)
  assert.equal(clock.pending, 0)
})

test('retry() doubles the delay of each key from 5 ms to 1000 s, and forget() starts anew', async () => {
  const clock = new FakeClock()
  const queue = new WorkQueue({ clock })
  const delays: number[] = []
  for (let i = 0; i < 20; i++) {
    const before = clock.now()
    queue.retry('a')
    while (queue.depth === 0) await clock.advance(nextStep(queue.retries('a')))
    delays.push(clock.now() - before)
    queue.done((await queue.take()) as string)
  }
  const expected = delays.map((_, i) => Math.min(5 * 2 ** i, 1_000_000))
  assert.deepEqual(delays, expected)
  queue.forget('a')
  assert.equal(queue.retries('a'), 0)
  queue.retry('a')
  await clock.advance(5)
  assert.equal(queue.depth, 1)
})

function nextStep(retries: number): number {
  return Math.min(5 * 2 ** (retries - 1), 1_000_000)
}

test('retry() of many keys is held back to ten a second after the first hundred', async () => {
  const clock = new FakeClock()
  const queue = new WorkQueue({ clock })
  for (let i = 0; i < 130; i++) queue.retry(`key-${i}`)
  await clock.advance(5)
  assert.equal(queue.depth, 100)
  await clock.advance(1000)
  assert.equal(queue.depth, 110)
  await clock.advance(2000)
  assert.equal(queue.depth, 130)
})

test('close() hands out what is in line, drops what is delayed, and then ends takers', async () => {
  const clock = new FakeClock()
  const queue = new WorkQueue({ clock })
  queue.add('a')
  queue.addAfter('late', 100)
  queue.close()
  queue.add('b')
  assert.equal(await queue.take(), 'a')
  assert.equal(await queue.take(), undefined)
  await clock.advance(1000)
  assert.equal(queue.depth, 0)
})

test('drain() resolves only when what was in line and in work is done', async () => {
  const queue = new WorkQueue({ clock: new FakeClock() })
  queue.add('a')
  queue.add('b')
  await queue.take()
  let drained = false
  const draining = queue.drain().then(() => {
    drained = true
  })
  queue.done('a')
  await Promise.resolve()
  assert.equal(drained, false)
  assert.equal(await queue.take(), 'b')
  queue.done('b')
  await draining
})

test('abandon() ends waiting takers at once and forgets what is in line', async () => {
  const queue = new WorkQueue({ clock: new FakeClock() })
  const waiting = queue.take()
  queue.abandon()
  assert.equal(await waiting, undefined)
  queue.add('a')
  assert.equal(await queue.take(), undefined)
})

type Step = { readonly do: 'add' | 'take' | 'done' | 'later'; readonly key: string }

const steps = fc.array(
  fc.record({
    do: fc.constantFrom<Step['do']>('add', 'take', 'done', 'later'),
    key: fc.constantFrom('a', 'b', 'c', 'd'),
  }),
  { maxLength: 60 },
)

test('any sequence of calls keeps to the model: one wait per key, never twice in work, first come first served', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async sequence => {
      const clock = new FakeClock()
      const queue = new WorkQueue({ clock })
      const line: string[] = []
      const working = new Set<string>()
      const again = new Set<string>()
      const add = (key: string): void => {
        if (working.has(key)) again.add(key)
        else if (!line.includes(key)) line.push(key)
      }
      for (const step of sequence) {
        if (step.do === 'add') {
          queue.add(step.key)
          add(step.key)
        } else if (step.do === 'later') {
          queue.addAfter(step.key, 10)
          await clock.advance(10)
          add(step.key)
        } else if (step.do === 'take' && line.length > 0) {
          const key = await queue.take()
          assert.equal(key, line.shift())
          working.add(key as string)
        } else if (step.do === 'done' && working.delete(step.key)) {
          queue.done(step.key)
          if (again.delete(step.key)) add(step.key)
        }
        assert.equal(queue.depth, line.length)
        assert.equal(queue.working, working.size)
      }
    }),
    { numRuns: 60 },
  )
})
