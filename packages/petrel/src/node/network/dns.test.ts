import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { connect } from 'node:net'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { silentLogger, systemClock } from '../../base/index.ts'
import { DnsForwarder, resolversOf } from './dns-forwarder.ts'
import {
  type Answer,
  decodeName,
  decodeQuery,
  decodeResponse,
  encodeName,
  encodeQuery,
  ipv6Data,
  recordTypes,
  responseCodes,
} from './dns-packet.ts'
import { DnsServer } from './dns-server.ts'
import { ClusterZone, type ZoneService, type ZoneSlice } from './dns-zone.ts'

const service = (name: string, spec: ZoneService['spec']): ZoneService => ({
  metadata: { name, namespace: 'ns' },
  ...(spec ? { spec } : {}),
})
const services: ZoneService[] = [
  service('web', { clusterIP: '10.96.0.5', ports: [{ name: 'http', protocol: 'TCP', port: 80 }, { port: 9 }] }),
  service('dual', { clusterIP: '10.96.0.6', clusterIPs: ['10.96.0.6', 'fd00::6'], ports: [] }),
  service('db', { clusterIP: 'None', ports: [{ name: 'sql', protocol: 'TCP', port: 5432 }] }),
  service('empty', { clusterIP: 'None', ports: [] }),
  service('ext', { type: 'ExternalName', externalName: 'Example.COM' }),
  service('alias', { type: 'ExternalName', externalName: 'web.ns.svc.cluster.local' }),
]
const slices: ZoneSlice[] = [
  {
    metadata: { namespace: 'ns', labels: { 'kubernetes.io/service-name': 'db' } },
    addressType: 'IPv4',
    ports: [{ name: 'sql', protocol: 'TCP', port: 5432 }],
    endpoints: [
      { addresses: ['10.244.0.5'], hostname: 'db-0', conditions: { ready: true } },
      { addresses: ['10.244.0.6'], conditions: { ready: true } },
      { addresses: ['10.244.0.7'], hostname: 'db-2', conditions: { ready: false } },
    ],
  },
]
const zone = new ClusterZone('cluster.local')
zone.update(services, slices)

function text({ type, data }: Answer): string {
  if (type === recordTypes.A) return [...data].join('.')
  if (type === recordTypes.AAAA) return data.toString('hex')
  if (type === recordTypes.SRV) return `${data.readUInt16BE(4)} ${decodeName(data, 6).name}`
  if (type === recordTypes.TXT) return data.subarray(1).toString()
  return type === recordTypes.SOA ? 'soa' : decodeName(data, 0).name
}

type Kind = Exclude<keyof typeof recordTypes, 'OPT' | 'ANY'>
const questions: [string, Kind, string[] | 'NXDOMAIN'][] = [
  ['web.ns.svc.cluster.local', 'A', ['10.96.0.5']],
  ['web.ns.svc.cluster.local', 'AAAA', []],
  ['web.ns.svc.cluster.local', 'SRV', ['80 web.ns.svc.cluster.local', '9 web.ns.svc.cluster.local']],
  ['_http._tcp.web.ns.svc.cluster.local', 'SRV', ['80 web.ns.svc.cluster.local']],
  ['_http._udp.web.ns.svc.cluster.local', 'SRV', 'NXDOMAIN'],
  ['_tcp.web.ns.svc.cluster.local', 'A', []],
  ['dual.ns.svc.cluster.local', 'AAAA', ['fd000000000000000000000000000006']],
  ['db.ns.svc.cluster.local', 'A', ['10.244.0.5', '10.244.0.6']],
  ['db-0.db.ns.svc.cluster.local', 'A', ['10.244.0.5']],
  ['10-244-0-6.db.ns.svc.cluster.local', 'A', ['10.244.0.6']],
  ['db-2.db.ns.svc.cluster.local', 'A', 'NXDOMAIN'],
  [
    '_sql._tcp.db.ns.svc.cluster.local',
    'SRV',
    ['5432 db-0.db.ns.svc.cluster.local', '5432 10-244-0-6.db.ns.svc.cluster.local'],
  ],
  ['empty.ns.svc.cluster.local', 'A', 'NXDOMAIN'],
  ['ext.ns.svc.cluster.local', 'A', ['example.com']],
  ['none.ns.svc.cluster.local', 'A', 'NXDOMAIN'],
  ['ns.svc.cluster.local', 'A', []],
  ['nope.svc.cluster.local', 'A', 'NXDOMAIN'],
  ['svc.cluster.local', 'A', []],
  ['cluster.local', 'SOA', ['soa']],
  ['cluster.local', 'NS', ['ns.dns.cluster.local']],
  ['dns-version.cluster.local', 'TXT', ['1.1.0']],
  ['other.cluster.local', 'A', 'NXDOMAIN'],
  ['10-244-0-9.ns.pod.cluster.local', 'A', ['10.244.0.9']],
  ['10-244-0-999.ns.pod.cluster.local', 'A', 'NXDOMAIN'],
  ['5.0.96.10.in-addr.arpa', 'PTR', ['web.ns.svc.cluster.local']],
  ['5.0.244.10.in-addr.arpa', 'PTR', ['db-0.db.ns.svc.cluster.local']],
]
for (const [name, kind, expected] of questions) {
  test(`resolve() answers ${name} ${kind}`, () => {
    const response = zone.resolve(name, recordTypes[kind])
    assert.ok(response)
    assert.equal(response.code, expected === 'NXDOMAIN' ? responseCodes.NXDOMAIN : responseCodes.NOERROR)
    assert.deepEqual(response.answers.map(text), expected === 'NXDOMAIN' ? [] : expected)
    // RFC 2308: a negative answer carries the SOA.
    if (response.answers.length === 0) assert.deepEqual(response.authority.map(text), ['soa'])
  })
}

test('resolve() leaves names of others to others', () => {
  for (const name of ['example.com', 'xcluster.local', 'local', '9.9.9.9.in-addr.arpa', '']) {
    assert.equal(zone.resolve(name, recordTypes.A), undefined, name)
  }
})

const label = fc.string({ minLength: 1, maxLength: 63, unit: fc.constantFrom(...'abcxyz019-_') })
test('encodeName() and decodeName() are inverse', () => {
  fc.assert(
    fc.property(fc.array(label, { minLength: 1, maxLength: 3 }), labels => {
      const name = labels.join('.')
      assert.equal(decodeName(encodeName(name), 0).name, name)
    }),
  )
})

test('decodeQuery() and decodeResponse() throw RangeError, and nothing else, for any bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(40), (bytes, flips) => {
      const query = Buffer.concat([encodeQuery(1, 'a.example.com', 1), Buffer.from(bytes)])
      for (let i = 0; i < bytes.length && i < flips; i++) query[(bytes[i] ?? 0) % query.length] = i
      for (const decode of [decodeQuery, decodeResponse]) {
        try {
          decode(query)
        } catch (error) {
          assert.ok(error instanceof RangeError, String(error))
        }
      }
    }),
    { numRuns: 300 },
  )
})

test('ipv6Data() reads every spelling', () => {
  assert.equal(ipv6Data('::1').toString('hex'), `${'0'.repeat(31)}1`)
  assert.equal(ipv6Data('2001:db8::5:0').toString('hex'), '20010db8000000000000000000050000')
  assert.equal(ipv6Data('1:2:3:4:5:6:7:8').toString('hex'), '00010002000300040005000600070008')
})

test('resolversOf() reads resolv.conf', () => {
  assert.deepEqual(resolversOf('# c\nnameserver 1.1.1.1\nsearch x\n nameserver ::1\n'), ['1.1.1.1', '::1'])
})

let server: DnsServer
let outside: DnsServer
let port = 0
let asked = 0

before(async () => {
  // The world outside is another server of the same kind.
  const world = new ClusterZone('com')
  const counting = {
    resolve(name: string, type: number) {
      asked++
      return world.resolve(name, type)
    },
  }
  world.update([{ metadata: { name: 'x', namespace: 'y' }, spec: { clusterIP: '93.184.216.34', ports: [] } }], [])
  outside = new DnsServer({
    zone: Object.assign(Object.create(world) as ClusterZone, counting),
    forwarder: new DnsForwarder({ servers: [], clock: systemClock }),
    log: silentLogger,
  })
  const outsidePort = await outside.listen('127.0.0.1', 0)
  const forwarder = new DnsForwarder({ servers: [`127.0.0.1:${outsidePort}`], clock: systemClock })
  const many: ZoneSlice = {
    metadata: { namespace: 'ns', labels: { 'kubernetes.io/service-name': 'many' } },
    endpoints: Array.from({ length: 100 }, (_, i) => ({ addresses: [`10.1.0.${i}`] })),
  }
  const large = new ClusterZone('cluster.local')
  large.update([...services, service('many', { clusterIP: 'None', ports: [] })], [...slices, many])
  server = new DnsServer({ zone: large, forwarder, log: silentLogger })
  port = await server.listen('127.0.0.1', 0)
})
after(async () => {
  await server.close()
  await outside.close()
})

function udp(message: Buffer): Promise<Buffer> {
  return new Promise(resolve => {
    const socket = createSocket('udp4')
    socket.once('message', answer => {
      socket.close()
      resolve(answer)
    })
    socket.send(message, port, '127.0.0.1')
  })
}

function tcp(message: Buffer): Promise<Buffer> {
  return new Promise(resolve => {
    const socket = connect(port, '127.0.0.1')
    let bytes = Buffer.alloc(0)
    socket.on('data', (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk])
      if (bytes.length < 2 || bytes.length < 2 + bytes.readUInt16BE(0)) return
      socket.destroy()
      resolve(bytes.subarray(2))
    })
    const length = Buffer.alloc(2)
    length.writeUInt16BE(message.length)
    // In two parts, as the network may cut it.
    socket.write(length)
    setImmediate(() => socket.write(message))
  })
}

test('the server answers by UDP, in whatever case it was asked', async () => {
  const answer = decodeResponse(await udp(encodeQuery(77, 'WEB.ns.svc.Cluster.Local', recordTypes.A)))
  assert.deepEqual([answer.id, answer.answers.map(text)], [77, ['10.96.0.5']])
})

test('what is too long for UDP is cut off and had by TCP', async () => {
  const query = encodeQuery(1, 'many.ns.svc.cluster.local', recordTypes.A)
  assert.ok(decodeResponse(await udp(query)).truncated)
  assert.equal(decodeResponse(await tcp(query)).answers.length, 100)
})

test('names of others are forwarded, and remembered', async () => {
  const query = encodeQuery(2, 'x.y.svc.com', recordTypes.A)
  assert.deepEqual(decodeResponse(await udp(query)).answers.map(text), ['93.184.216.34'])
  const before = asked
  await udp(query)
  assert.equal(asked, before)
  assert.equal(decodeResponse(await udp(encodeQuery(3, 'no.y.svc.com', recordTypes.A))).code, responseCodes.NXDOMAIN)
})

test('a CNAME comes with what it leads to', async () => {
  const { answers } = decodeResponse(await udp(encodeQuery(4, 'alias.ns.svc.cluster.local', recordTypes.A)))
  assert.deepEqual(answers.map(text), ['web.ns.svc.cluster.local', '10.96.0.5'])
})

test('without a resolver that answers the code is SERVFAIL', async () => {
  const lonely = new DnsServer({
    zone,
    forwarder: new DnsForwarder({ servers: ['127.0.0.1:1'], clock: systemClock, timeoutMs: 50 }),
    log: silentLogger,
  })
  const other = await lonely.listen('127.0.0.1', 0)
  const socket = createSocket('udp4')
  const answer = new Promise<Buffer>(resolve => socket.once('message', resolve))
  socket.send(encodeQuery(5, 'example.org', recordTypes.A), other, '127.0.0.1')
  assert.equal(decodeResponse(await answer).code, responseCodes.SERVFAIL)
  socket.close()
  await lonely.close()
})

test('malformed questions get FORMERR, other operations NOTIMP', async () => {
  const query = encodeQuery(6, 'web.ns.svc.cluster.local', recordTypes.A)
  const two = Buffer.from(query)
  two.writeUInt16BE(2, 4)
  assert.equal((await udp(two)).readUInt16BE(2) & 15, responseCodes.FORMERR)
  const update = Buffer.from(query)
  update.writeUInt16BE(5 << 11, 2)
  assert.equal((await udp(update)).readUInt16BE(2) & 15, responseCodes.NOTIMP)
})
