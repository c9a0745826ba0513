import assert from 'node:assert/strict'
import { test } from 'node:test'
import { median, record, table, type Values } from './report.ts'

test('median() is the middle one, or the mean of the middle two', () => {
  assert.equal(median([5, 1, 3]), 3)
  assert.equal(median([4, 1, 3, 2]), 2.5)
})

test('table() gives ratios above 1 where Petrel is better, whichever way the figure is read', () => {
  const values: Values = new Map()
  const fast = { name: 'creates', unit: '/s', better: 'higher' } as const
  const slow = { name: 'list', unit: 'ms', better: 'lower' } as const
  const own = { name: 'own', unit: 'ms', better: 'lower' } as const
  for (const value of [3000, 4000, 5000]) record(values, 'petrel', [{ ...fast, value }])
  record(values, 'upstream', [{ ...fast, value: 2000 }])
  record(values, 'petrel', [
    { ...slow, value: 25 },
    { ...own, value: 7 },
  ])
  record(values, 'upstream', [{ ...slow, value: 50 }])
  assert.deepEqual(table(values).split('\n').slice(2), [
    '| creates | /s | 4,000 | 3,000…5,000 | 2,000 | – | 2.00 |',
    '| list | ms | 25.0 | – | 50.0 | – | 2.00 |',
    '| own | ms | 7.00 | – | – | – | – |',
  ])
})
