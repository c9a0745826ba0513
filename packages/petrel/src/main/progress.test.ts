import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createProgress } from './progress.ts'

function record(isTTY: boolean) {
  const written: string[] = []
  return { written, progress: createProgress({ isTTY, write: text => written.push(text) }) }
}

test('createProgress() writes a line for each change where there is no terminal', () => {
  const { written, progress } = record(false)
  progress.show([
    { name: 'Deployment/a', words: '0/1', done: false },
    { name: 'Pod/b', words: 'Pending', done: false },
  ])
  progress.show([
    { name: 'Deployment/a', words: 'ready', done: true },
    { name: 'Pod/b', words: 'Pending', done: false },
  ])
  assert.deepEqual(written, ['  … Deployment/a  0/1\n', '  … Pod/b         Pending\n', '  ✓ Deployment/a  ready\n'])
})

test('createProgress() rewrites its lines on a terminal', () => {
  const { written, progress } = record(true)
  progress.show([{ name: 'a', words: '0/1', done: false }])
  progress.show([{ name: 'a', words: 'ready', done: true }])
  assert.equal(written[0], '\x1b[2K  … a  0/1\n')
  assert.equal(written[1], '\x1b[1A\x1b[2K  ✓ a  ready\n')
})
