import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { after, test } from 'node:test'
import { loadKubeconfig } from './kubeconfig.ts'

const folder = mkdtempSync(join(tmpdir(), 'kubeconfig-'))
after(() => rmSync(folder, { recursive: true }))

function file(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

const base64 = (text: string): string => Buffer.from(text).toString('base64')

const one = file(
  'one.yaml',
  `
apiVersion: v1
kind: Config
current-context: first
clusters:
- name: c1
  cluster: {server: 'https://one:6443/', certificate-authority-data: ${base64('CA ONE')}}
- name: c2
  cluster: {server: 'https://two:6443/prefix', insecure-skip-tls-verify: true, tls-server-name: kubernetes}
users:
- name: u1
  user: {client-certificate-data: ${base64('CERT')}, client-key-data: ${base64('KEY')}}
- name: u2
  user: {token: secret, as: other, as-groups: [g1, g2]}
- name: plugin
  user: {exec: {command: aws}}
contexts:
- name: first
  context: {cluster: c1, user: u1, namespace: shop}
- name: second
  context: {cluster: c2, user: u2}
- name: third
  context: {cluster: c1, user: plugin}
`,
)
file('ca.pem', 'CA FILE')
const two = file(
  'two.yaml',
  `
current-context: from-two
clusters:
- name: c1
  cluster: {server: 'https://shadowed'}
- name: c3
  cluster: {server: 'https://three', certificate-authority: ca.pem}
contexts:
- name: from-two
  context: {cluster: c3}
- name: mixed
  context: {cluster: c3, user: u2}
`,
)

test('loadKubeconfig() takes the current context with certificates', async () => {
  assert.deepEqual(await loadKubeconfig({ path: one }), {
    server: 'https://one:6443',
    ca: 'CA ONE',
    certificate: 'CERT',
    key: 'KEY',
    namespace: 'shop',
  })
})

test('loadKubeconfig() takes the context that was asked for, with token and impersonation', async () => {
  assert.deepEqual(await loadKubeconfig({ path: one, context: 'second' }), {
    server: 'https://two:6443/prefix',
    token: 'secret',
    insecureSkipTlsVerify: true,
    tlsServerName: 'kubernetes',
    impersonate: { user: 'other', groups: ['g1', 'g2'] },
  })
})

test('loadKubeconfig() joins the files of KUBECONFIG, the first to name a thing wins, paths are relative to their file', async () => {
  const env = { KUBECONFIG: [one, join(folder, 'absent'), two].join(delimiter) }
  assert.equal((await loadKubeconfig({ env })).server, 'https://one:6443')
  const mixed = await loadKubeconfig({ env, context: 'mixed' })
  assert.equal(mixed.ca, 'CA FILE')
  assert.equal(mixed.token, 'secret')
})

const faults: readonly { name: string; options: () => Parameters<typeof loadKubeconfig>[0]; message: RegExp }[] = [
  {
    name: 'a file that is not there',
    options: () => ({ path: join(folder, 'absent') }),
    message: /Cannot read .*absent/,
  },
  {
    name: 'a context that is not there',
    options: () => ({ path: one, context: 'x' }),
    message: /Cannot find context "x"/,
  },
  { name: 'a plugin', options: () => ({ path: one, context: 'third' }), message: /exec plugins are not supported/ },
  {
    name: 'no file at all',
    options: () => ({ env: { KUBECONFIG: join(folder, 'absent') } }),
    message: /Cannot find a kubeconfig: looked at/,
  },
  {
    name: 'broken YAML',
    options: () => ({ path: file('bad.yaml', 'a: [') }),
    message: /Cannot parse kubeconfig .*bad.yaml/,
  },
  {
    name: 'no current context',
    options: () => ({ path: file('empty.yaml', 'clusters: []') }),
    message: /has no current-context/,
  },
]

for (const { name, options, message } of faults) {
  test(`loadKubeconfig() refuses ${name} in words`, async () => {
    await assert.rejects(() => loadKubeconfig(options()), message)
  })
}
