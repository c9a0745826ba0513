import assert from 'node:assert/strict'
import { test } from 'node:test'
import { localAddress, parseListenAddress } from './listen-address.ts'

const good: readonly [string, string, number, string][] = [
  ['6443', '0.0.0.0', 6443, '127.0.0.1'],
  [':6443', '0.0.0.0', 6443, '127.0.0.1'],
  ['10.0.0.1:0', '10.0.0.1', 0, '10.0.0.1'],
  ['localhost:6443', 'localhost', 6443, 'localhost'],
  ['[::]:6443', '::', 6443, '::1'],
]

for (const [text, host, port, local] of good) {
  test(`parseListenAddress() reads ${text}`, () => {
    const address = parseListenAddress(text)
    assert.deepEqual(address, { host, port })
    assert.equal(localAddress(address), local)
  })
}

for (const text of ['', 'host', '65536', 'a:b', '::1:6443']) {
  test(`parseListenAddress() refuses ${JSON.stringify(text)}`, () => {
    assert.throws(() => parseListenAddress(text), RangeError)
  })
}
