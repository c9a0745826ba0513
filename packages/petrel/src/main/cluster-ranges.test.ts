import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { addressIn, apiServiceOf, defaultRanges, dnsServiceOf, gatewayOf, keptRanges } from './cluster-ranges.ts'

test('addressIn() counts from the start of the range, whatever address names it', () => {
  assert.equal(addressIn('10.244.0.0/24', 1), '10.244.0.1')
  assert.equal(addressIn('10.244.0.77/24', 1), '10.244.0.1')
  assert.equal(addressIn('10.96.0.0/16', 300), '10.96.1.44')
  assert.equal(addressIn('255.255.255.0/24', 255), '255.255.255.255')
})

test('the ranges have the addresses that Kubernetes gives a meaning', () => {
  assert.deepEqual(
    [gatewayOf, apiServiceOf, dnsServiceOf].map(of => of(defaultRanges)),
    ['10.244.0.1', '10.96.0.1', '10.96.0.10'],
  )
})

for (const range of ['', '10.0.0.0', '10.0.0.256/8', '10.0.0.0/33', 'fd00::/64', '10.0.0.0/29']) {
  test(`addressIn() refuses ${JSON.stringify(range)} for the tenth address`, () => {
    assert.throws(() => addressIn(range, 10), RangeError)
  })
}

test('keptRanges() keeps what was chosen first, and refuses others', t => {
  const folder = mkdtempSync(join(tmpdir(), 'ranges-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'cluster.json')
  const chosen = keptRanges(file, { pods: '10.9.0.0/24' })
  assert.deepEqual(chosen, { pods: '10.9.0.0/24', services: '10.96.0.0/16' })
  assert.deepEqual(keptRanges(file, {}), chosen)
  assert.throws(() => keptRanges(file, { services: '10.10.0.0/16' }), /made with 10\.96\.0\.0\/16/)
})
