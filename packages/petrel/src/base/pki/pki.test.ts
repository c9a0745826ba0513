import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { connect, createServer, type TLSSocket } from 'node:tls'
import { parse } from 'yaml'
import { FakeClock } from '../fake-clock.ts'
import { authorityLifetimeMs, isDue, leafLifetimeMs } from './certificate-request.ts'
import { kubeconfig, openPki, type Pki } from './index.ts'

const root = mkdtempSync(join(tmpdir(), 'petrel-pki-'))
after(() => rmSync(root, { recursive: true }))

const day = 24 * 3_600_000
// Certificates of the tests must hold for the TLS of this machine too, which reads its own clock.
const today = Date.now()
let folders = 0

function newFolder(): string {
  return join(root, String(folders++))
}

async function open(folder = newFolder(), clock = new FakeClock(today), addresses: string[] = []): Promise<Pki> {
  return await openPki({ folder, clock, addresses, dnsNames: ['box.example'] })
}

test('openPki() makes every file readable by the owner alone on the first start', async () => {
  const folder = newFolder()
  const pki = await open(folder)
  await pki.node('n1')
  assert.deepEqual(readdirSync(folder, { recursive: true }).map(String).sort(), [
    'admin.pem',
    'apiserver.pem',
    'ca.crt',
    'ca.key',
    'controller-manager.pem',
    'front-proxy-ca.crt',
    'front-proxy-ca.key',
    'front-proxy-client.pem',
    'nodes',
    join('nodes', 'n1.pem'),
    'sa.key',
    'sa.pub',
    'scheduler.pem',
  ])
  for (const name of readdirSync(folder, { recursive: true })) {
    const stat = statSync(join(folder, String(name)))
    if (stat.isFile()) assert.equal(stat.mode & 0o777, 0o600, String(name))
  }
})

test('openPki() reads the same identities on the second start and loads no certificate library', async () => {
  const folder = newFolder()
  const first = await open(folder)
  const node = await first.node('n1')
  const second = await open(folder)
  assert.deepEqual(second.identity('apiserver'), first.identity('apiserver'))
  assert.deepEqual(await second.node('n1'), node)
  assert.equal(second.clusterAuthority, first.clusterAuthority)
  assert.deepEqual(second.serviceAccountPublicKeys, first.serviceAccountPublicKeys)
  const script = `import { openPki, systemClock } from ${JSON.stringify(new URL('../index.ts', import.meta.url).href)}
    await openPki({ folder: ${JSON.stringify(folder)}, clock: systemClock })
    process.stdout.write(String('defineMetadata' in Reflect))`
  const child = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' })
  assert.equal(child.stdout, 'false', child.stderr)
})

test('openPki() gives each client certificate the user and groups of its part', async () => {
  const pki = await open()
  const subjects = {
    admin: ['O=system:masters', 'CN=kubernetes-admin'],
    'controller-manager': ['CN=system:kube-controller-manager'],
    scheduler: ['CN=system:kube-scheduler'],
    'front-proxy-client': ['CN=front-proxy-client'],
    apiserver: ['CN=kube-apiserver'],
  } as const
  for (const [name, subject] of Object.entries(subjects)) {
    const certificate = new X509Certificate(pki.identity(name as keyof typeof subjects).certificate)
    assert.deepEqual(certificate.subject.split('\n'), subject)
    assert.equal(certificate.ca, false)
  }
  const node = new X509Certificate((await pki.node('edge-7.example')).certificate)
  assert.deepEqual(node.subject.split('\n'), ['O=system:nodes', 'CN=system:node:edge-7.example'])
  assert.deepEqual(node.keyUsage, ['1.3.6.1.5.5.7.3.2'])
})

test('openPki() makes a serving certificate for every name by which the server is known', async () => {
  const pki = await open(newFolder(), new FakeClock(today), ['192.168.7.5', 'fd00::10'])
  const certificate = new X509Certificate(pki.identity('apiserver').certificate)
  for (const host of [
    'localhost',
    'kubernetes',
    'kubernetes.default',
    'kubernetes.default.svc',
    'kubernetes.default.svc.cluster.local',
    'box.example',
  ]) {
    assert.equal(certificate.checkHost(host), host)
  }
  for (const address of ['127.0.0.1', '::1', '10.96.0.1', '192.168.7.5', 'fd00::10'])
    assert.equal(certificate.checkIP(address), address)
  assert.equal(certificate.checkHost('elsewhere.example'), undefined)
})

test('openPki() makes the serving certificate anew only when a listen address is added', async () => {
  const folder = newFolder()
  const before = (await open(folder, undefined, ['fd00::10'])).identity('apiserver')
  assert.deepEqual((await open(folder, undefined, ['fd00::10'])).identity('apiserver'), before)
  const after = (await open(folder, undefined, ['fd00::11'])).identity('apiserver')
  assert.notDeepEqual(after, before)
  assert.equal(new X509Certificate(after.certificate).checkIP('fd00::11'), 'fd00::11')
})

test('the serving certificate and client certificates hold in a TLS handshake that asks both', async () => {
  const pki = await open()
  const serving = pki.identity('apiserver')
  const server = createServer({
    cert: serving.certificate,
    key: serving.key,
    ca: pki.clusterAuthority,
    requestCert: true,
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2',
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const stranger = await open()
  const cases = [
    { client: await pki.node('n1'), user: 'system:node:n1', group: 'system:nodes' },
    { client: pki.identity('admin'), user: 'kubernetes-admin', group: 'system:masters' },
    { client: stranger.identity('admin'), user: undefined, group: undefined },
  ]
  for (const { client, user, group } of cases) {
    const accepted = Promise.race([
      once(server, 'secureConnection').then(([socket]: TLSSocket[]) => socket),
      once(server, 'tlsClientError').then(() => undefined),
    ])
    const socket = connect({
      host: '127.0.0.1',
      port,
      servername: 'kubernetes',
      ca: pki.clusterAuthority,
      cert: client.certificate,
      key: client.key,
    })
    socket.on('error', () => {})
    const peer = await accepted
    const subject = peer?.getPeerCertificate().subject
    assert.equal(subject?.CN, user)
    assert.equal(subject?.O, group)
    peer?.destroy()
    socket.destroy()
  }
  server.close()
  await once(server, 'close')
})

test('openssl verifies what was made', t => {
  const openssl = spawnSync('openssl', ['version'], { encoding: 'utf8' })
  if (openssl.status !== 0) return t.skip('openssl is not installed')
  return open(join(root, 'openssl')).then(async pki => {
    await pki.node('n1')
    const verify = (authority: string, purpose: string, file: string): string =>
      spawnSync(
        'openssl',
        [
          'verify',
          '-x509_strict',
          '-purpose',
          purpose,
          '-CAfile',
          join(root, 'openssl', authority),
          join(root, 'openssl', file),
        ],
        {
          encoding: 'utf8',
        },
      ).stdout.trim()
    const cases = [
      ['ca.crt', 'sslserver', 'apiserver.pem'],
      ['ca.crt', 'sslclient', 'admin.pem'],
      ['ca.crt', 'sslclient', 'nodes/n1.pem'],
      ['front-proxy-ca.crt', 'sslclient', 'front-proxy-client.pem'],
    ] as const
    for (const [authority, purpose, file] of cases)
      assert.equal(verify(authority, purpose, file), `${join(root, 'openssl', file)}: OK`)
    assert.notEqual(
      verify('ca.crt', 'sslclient', 'front-proxy-client.pem'),
      `${join(root, 'openssl', 'front-proxy-client.pem')}: OK`,
    )
    assert.notEqual(verify('ca.crt', 'sslserver', 'admin.pem'), `${join(root, 'openssl', 'admin.pem')}: OK`)
  })
})

test('isDue() is true in the last quarter of a life, at most 90 days, and before it begins', () => {
  const cases: [string, number, number, boolean][] = [
    ['new leaf', leafLifetimeMs, 0, false],
    ['leaf after 270 days', leafLifetimeMs, 270 * day, false],
    ['leaf after 280 days', leafLifetimeMs, 280 * day, true],
    ['authority after 9 years', authorityLifetimeMs, 9 * 365 * day, false],
    ['authority 89 days before its end', authorityLifetimeMs, authorityLifetimeMs - 89 * day, true],
    ['certificate of the future', leafLifetimeMs, -day, true],
  ]
  for (const [name, lifetime, age, due] of cases) assert.equal(isDue(0, lifetime, age), due, name)
})

test('renewIfDue() makes leaves anew in time, tells who listens, and keeps them signed by the same authority', async () => {
  const folder = newFolder()
  const clock = new FakeClock(today)
  const pki = await open(folder, clock)
  await pki.node('n1')
  const before = pki.identity('apiserver')
  const heard: (readonly string[])[] = []
  const listening = pki.onRenewed(names => heard.push(names))
  assert.deepEqual(await pki.renewIfDue(), [])
  await clock.advance(300 * day)
  const [renewed, again] = await Promise.all([pki.renewIfDue(clock), pki.renewIfDue(clock)])
  assert.equal(again, renewed, 'callers at the same time share one renewal')
  assert.deepEqual([...renewed].sort(), [
    'admin',
    'apiserver',
    'controller-manager',
    'front-proxy-client',
    'nodes/n1',
    'scheduler',
  ])
  assert.deepEqual(heard, [renewed])
  const after = new X509Certificate(pki.identity('apiserver').certificate)
  assert.notEqual(pki.identity('apiserver').certificate, before.certificate)
  assert.ok(after.verify(new X509Certificate(pki.clusterAuthority).publicKey))
  assert.deepEqual(await pki.renewIfDue(), [])
  assert.deepEqual((await open(folder, clock)).identity('apiserver'), pki.identity('apiserver'))
  listening.cancel()
})

test('renewIfDue() renews an authority with its old key, so that old certificates and old clients stay good', async () => {
  const clock = new FakeClock(today)
  const pki = await open(newFolder(), clock)
  const old = new X509Certificate(pki.clusterAuthority)
  await clock.advance(authorityLifetimeMs - 80 * day)
  const renewed = await pki.renewIfDue()
  assert.ok(renewed.includes('ca') && renewed.includes('front-proxy-ca'))
  const now = new X509Certificate(pki.clusterAuthority)
  assert.notEqual(now.serialNumber, old.serialNumber)
  const leaf = new X509Certificate(pki.identity('admin').certificate)
  assert.ok(leaf.verify(old.publicKey) && leaf.checkIssued(old) && leaf.verify(now.publicKey) && leaf.checkIssued(now))
})

test('openPki() finishes what a crash interrupted', async () => {
  const folder = newFolder()
  const before = await open(folder)
  for (const name of ['admin.pem', 'sa.pub', 'front-proxy-ca.crt']) rmSync(join(folder, name))
  writeFileSync(join(folder, 'admin.pem.new'), '-----BEGIN CERT', { mode: 0o644 })
  const after = await open(folder)
  assert.notDeepEqual(after.identity('admin'), before.identity('admin'))
  assert.deepEqual(after.identity('front-proxy-client'), before.identity('front-proxy-client'))
  assert.deepEqual(after.serviceAccountPublicKeys, before.serviceAccountPublicKeys)
  assert.equal(statSync(join(folder, 'admin.pem')).mode & 0o777, 0o600)
})

test('openPki() refuses damaged and mismatching files in words that name them', async () => {
  const other = newFolder()
  await open(other)
  const cases: { file: string; text: (own: string) => string; why: RegExp }[] = [
    {
      file: 'apiserver.pem',
      text: own => own.slice(own.indexOf('-----BEGIN PRIVATE')),
      why: /no PEM block CERTIFICATE$/,
    },
    {
      file: 'admin.pem',
      text: own => own.slice(0, own.indexOf('-----BEGIN PRIVATE')),
      why: /no PEM block PRIVATE KEY$/,
    },
    {
      file: 'admin.pem',
      text: own => own.replace(/\n(.{10})/, '\n!!!!!!!!!!'),
      why: /the certificate in it is damaged$/,
    },
    {
      file: 'admin.pem',
      text: () => readFileSync(join(other, 'admin.pem'), 'utf8'),
      why: /not signed by the authority in ".*ca\.crt"; remove it/,
    },
    {
      file: 'ca.crt',
      text: () => readFileSync(join(other, 'ca.crt'), 'utf8'),
      why: /does not match the private key in ".*ca\.key"$/,
    },
    { file: 'ca.key', text: () => 'garbage', why: /the private key in it is damaged$/ },
    { file: 'sa.key', text: () => '', why: /the private key in it is damaged$/ },
    { file: 'sa.pub', text: () => 'nothing', why: /no PEM block PUBLIC KEY$/ },
    {
      file: 'admin.pem',
      text: own => own.slice(0, own.indexOf('-----BEGIN PRIVATE')) + readFileSync(join(other, 'ca.key'), 'utf8'),
      why: /does not match the private key in it$/,
    },
  ]
  for (const { file, text, why } of cases) {
    const folder = newFolder()
    await open(folder)
    const path = join(folder, file)
    writeFileSync(path, text(readFileSync(path, 'utf8')))
    await assert.rejects(open(folder), (error: Error) => {
      assert.ok(error.message.startsWith(`Cannot load "${path}": `), error.message)
      assert.match(error.message, why)
      return true
    })
  }
})

test('openPki() refuses an authority whose key is gone instead of making another', async () => {
  const folder = newFolder()
  await open(folder)
  rmSync(join(folder, 'ca.key'))
  await assert.rejects(open(folder), /Cannot load ".*ca\.crt": its private key ".*ca\.key" is missing/)
})

test('node() refuses names that are not node names, and makes one certificate for callers at the same time', async () => {
  const pki = await open()
  for (const name of ['', '../admin', 'A', 'a/b', '-a', 'a'.repeat(254)])
    await assert.rejects(pki.node(name), /not a DNS-1123 subdomain/)
  const [a, b] = await Promise.all([pki.node('n1'), pki.node('n1')])
  assert.deepEqual(a, b)
})

test('serviceAccountPublicKeys keeps the keys that were added to sa.pub, after the own one', async () => {
  const folder = newFolder()
  const own = (await open(folder)).serviceAccountPublicKeys
  const other = (await open()).serviceAccountPublicKeys
  writeFileSync(join(folder, 'sa.pub'), [...other, ...own].join(''))
  assert.deepEqual((await open(folder)).serviceAccountPublicKeys, [...own, ...other])
})

test('issue() signs a certificate that is kept nowhere', async () => {
  const folder = newFolder()
  const pki = await open(folder)
  const before = readdirSync(folder)
  const made = await pki.issue({
    commonName: 'alice',
    organizations: ['dev', 'ops'],
    usages: ['client'],
    dnsNames: [],
    addresses: [],
  })
  const certificate = new X509Certificate(made.certificate)
  assert.deepEqual(certificate.subject.split('\n'), ['O=dev', 'O=ops', 'CN=alice'])
  assert.ok(certificate.verify(new X509Certificate(pki.clusterAuthority).publicKey))
  assert.deepEqual(readdirSync(folder), before)
})

test('kubeconfig() is YAML that a client reads back', async () => {
  const pki = await open()
  const admin = pki.identity('admin')
  const decoded = (text: unknown): string => Buffer.from(String(text), 'base64').toString()
  const config = parse(
    kubeconfig({ server: 'https://[::1]:6443', authority: pki.clusterAuthority, credentials: admin }),
  )
  assert.equal(config.apiVersion, 'v1')
  assert.equal(config.kind, 'Config')
  assert.equal(config['current-context'], 'petrel')
  assert.deepEqual(config.contexts, [{ context: { cluster: 'petrel', user: 'petrel-admin' }, name: 'petrel' }])
  assert.equal(config.clusters[0].cluster.server, 'https://[::1]:6443')
  assert.equal(decoded(config.clusters[0].cluster['certificate-authority-data']), pki.clusterAuthority)
  assert.equal(decoded(config.users[0].user['client-certificate-data']), admin.certificate)
  assert.equal(decoded(config.users[0].user['client-key-data']), admin.key)
  const other = parse(
    kubeconfig({
      server: 'https://a',
      authority: '',
      credentials: { token: 'yes' },
      name: 'true',
      user: '1',
      namespace: 'no',
    }),
  )
  assert.deepEqual(other.users, [{ name: '1', user: { token: 'yes' } }])
  assert.deepEqual(other.contexts, [{ context: { cluster: 'true', namespace: 'no', user: '1' }, name: 'true' }])
})
