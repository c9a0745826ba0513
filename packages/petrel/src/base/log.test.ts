import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLogger, type Level, randomSuffix, seededRng } from './index.ts'

function linesOf(format: 'text' | 'json', level: Level, use: (log: ReturnType<typeof createLogger>) => void): string[] {
  const lines: string[] = []
  use(createLogger({ format, level, write: line => lines.push(line), now: () => 0 }))
  return lines
}

test('createLogger() writes text with fields, quoted only where needed', () => {
  assert.deepEqual(
    linesOf('text', 'info', log => log.info('Pod started', { pod: 'default/web-1', took: 'a while', ms: 12 })),
    ['1970-01-01T00:00:00.000Z INFO  Pod started pod=default/web-1 took="a while" ms=12'],
  )
})

test('createLogger() writes JSON that parses, errors with their stack', () => {
  const [line] = linesOf('json', 'info', log => log.with({ node: 'n1' }).error('Broken', { err: new Error('boom') }))
  const parsed = JSON.parse(line!) as Record<string, string>
  assert.equal(parsed['msg'], 'Broken')
  assert.equal(parsed['node'], 'n1')
  assert.match(parsed['err']!, /^Error: boom\n/)
})

test('createLogger() drops what is below its level', () => {
  assert.equal(
    linesOf('text', 'warn', log => {
      for (const say of [log.debug, log.info, log.warn, log.error]) say('line')
    }).length,
    2,
  )
})

test('seededRng() repeats itself, and randomSuffix() draws from the safe characters', () => {
  const [a, b] = [seededRng(7), seededRng(7)]
  assert.equal(randomSuffix(a, 50), randomSuffix(b, 50))
  assert.match(randomSuffix(a, 500), /^[bcdfghjklmnpqrstvwxz2456789]{500}$/)
})
