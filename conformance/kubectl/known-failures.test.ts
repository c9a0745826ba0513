import assert from 'node:assert/strict'
import { test } from 'node:test'
import { KnownFailures } from './known-failures.ts'
import * as scenes from './scenes/index.ts'

const list = new URL('../known-failures/kubectl.txt', import.meta.url)

test('judge() passes what fails as listed, and fails what is listed and works', async () => {
  const known = new KnownFailures(['# a comment', '', 'get x: -o y: it is not served yet'].join('\n'))
  const fails = () => Promise.reject(new Error('no'))
  const works = () => Promise.resolve()
  await known.judge('get x: -o y', fails)
  await assert.rejects(known.judge('get x: -o y', works), /take it off the list \(it is not served yet\)/)
  await known.judge('get z', works)
  await assert.rejects(known.judge('get z', fails), /no/)
})

test('a line without a reason is refused', () => {
  assert.throws(() => new KnownFailures('get x'), /gives no reason/)
})

test('known-failures/kubectl.txt lists steps that there are', () => {
  const runs = new Set(Object.values(scenes).flatMap(({ steps }) => steps.map(({ run }) => run)))
  for (const name of KnownFailures.of(list).names) assert.ok(runs.has(name), `no step runs "${name}"`)
})
