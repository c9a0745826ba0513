import assert from 'node:assert/strict'
import { isIP } from 'node:net'
import { test } from 'node:test'
import fc from 'fast-check'
import { cidrContains, formatIp, ipFamily, legacyCidrFaults, legacyIpFaults, parseCidr, parseIp } from './index.ts'

const addresses: readonly [written: string, canonical: string | undefined][] = [
  ['10.0.0.1', '10.0.0.1'],
  ['255.255.255.255', '255.255.255.255'],
  ['256.0.0.1', undefined],
  ['1.2.3', undefined],
  ['01.2.3.4', undefined],
  ['::', '::'],
  ['::1', '::1'],
  ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
  ['1:0:2:0:3:0:4:0', '1:0:2:0:3:0:4:0'],
  ['fe80::', 'fe80::'],
  ['64:ff9b::1.2.3.4', '64:ff9b::102:304'],
  ['1::2::3', undefined],
  ['1:2:3:4:5:6:7:8:9', undefined],
  ['1:2:3:4:5:6:7', undefined],
  ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
  ['12345::', undefined],
  [':1', undefined],
  ['1.2.3.4::', undefined],
  ['fe80::1%eth0', undefined],
  ['', undefined],
]

test('parseIp() and formatIp() know every form', () => {
  for (const [written, canonical] of addresses) {
    const ip = parseIp(written)
    assert.equal(ip && formatIp(ip), canonical, written)
  }
})

test('parseIp() agrees with the platform on what is an address', () => {
  const pieces = fc.array(fc.constantFrom('::', ':', '.', '0', '1', 'ff', '255', '256', 'abcd', '1.2.3.4'), {
    maxLength: 16,
  })
  fc.assert(
    fc.property(pieces, parts =>
      assert.equal(parseIp(parts.join(''))?.family ?? 0, isIP(parts.join('')), parts.join('')),
    ),
    {
      numRuns: 2000,
    },
  )
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), text => assert.equal(ipFamily(text) !== undefined, isIP(text) > 0)),
  )
})

test('formatIp() is undone by parseIp()', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: (1n << 128n) - 1n }), bits => {
      assert.equal(parseIp(formatIp({ family: 6, bits }))?.bits, bits)
    }),
  )
})

const faults: readonly [string, string[], string[]][] = [
  ['10.0.0.0/8', ['must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'], []],
  ['10.0.0.1', [], ['must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)']],
  ['010.0.0.1', ['must not have leading 0s'], ['must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)']],
  [
    '::ffff:1.2.3.4',
    ['must not be an IPv4-mapped IPv6 address'],
    ['must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)'],
  ],
  [
    '10.0.0.1/8',
    ['must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'],
    ['must not have bits set beyond the prefix length'],
  ],
  [
    '10.0.0.0/08',
    ['must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'],
    ['must not have leading 0s in IP or prefix length'],
  ],
]

test('legacyIpFaults() and legacyCidrFaults() speak as upstream', () => {
  for (const [text, ip, cidr] of faults) {
    assert.deepEqual(legacyIpFaults(text), ip, text)
    assert.deepEqual(legacyCidrFaults(text), cidr, text)
  }
})

test('cidrContains() compares the network part', () => {
  const inside = (cidr: string, ip: string): boolean => cidrContains(parseCidr(cidr)!, parseIp(ip)!)
  assert.equal(inside('10.1.0.0/16', '10.1.255.1'), true)
  assert.equal(inside('10.1.0.0/16', '10.2.0.1'), false)
  assert.equal(inside('fd00::/8', 'fd12::1'), true)
  assert.equal(inside('::/0', '10.0.0.1'), false)
})
