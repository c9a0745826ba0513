import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { createLogger } from '../../base/index.ts'
import { descriptions } from './descriptions.ts'

test('descriptions() reads the file, and says once that there is none', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'descriptions-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = pathToFileURL(join(folder, 'd.json'))
  const lines: string[] = []
  const log = createLogger({ format: 'json', level: 'info', now: () => 0, write: line => void lines.push(line) })
  const docs = descriptions(log, file)
  assert.deepEqual([await docs(), await docs()], [{}, {}])
  assert.equal(lines.length, 1)
  writeFileSync(file, '{"a":{"description":"b"}}')
  assert.deepEqual(await docs(), { a: { description: 'b' } })
  writeFileSync(file, '{')
  assert.deepEqual(await docs(), {})
  assert.equal(lines.length, 1)
})
