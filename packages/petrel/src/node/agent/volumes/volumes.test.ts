import assert from 'node:assert/strict'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { ConfigMap, Pod, Secret, Volume } from '@petrel/machinery/api/core-v1'
import { namespaces, pods, serviceAccounts } from '@petrel/machinery/kinds'
import type { Client } from '../../../client/index.ts'
import { startTestServer } from '../../../testing/index.ts'
import { writePayload } from './atomic-writer.ts'
import { ensureHostPath } from './host-path.ts'
import { PodVolumes, ServiceAccountTokens } from './index.ts'
import { type Payload, payloadOf } from './payload.ts'

interface Cleanup {
  after(fn: () => void | Promise<void>): void
}

function folderFor(t: Cleanup): string {
  const folder = mkdtempSync(join(tmpdir(), 'petrel-volumes-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

const configMap: ConfigMap = {
  metadata: { name: 'config' },
  data: { a: 'one', b: 'two' },
  binaryData: { raw: btoa('\u0000') },
}
const secret: Secret = { metadata: { name: 'secret' }, data: { key: btoa('hidden') } }
const sources = {
  objects: {
    configMap: async (_namespace: string, name: string) => (name === 'config' ? configMap : undefined),
    secret: async (_namespace: string, name: string) => (name === 'secret' ? secret : undefined),
  },
  node: { name: 'n1', addresses: ['192.0.2.1'], allocatable: { cpu: '4' } },
  podIPs: ['10.1.0.2'],
  token: async (_pod: Pod, audience: string | undefined, seconds: number) => `token ${audience} ${seconds}`,
}
const pod: Pod = {
  metadata: { name: 'p', namespace: 'ns', uid: 'u', labels: { a: '1' } },
  spec: { containers: [{ name: 'main', resources: { limits: { memory: '64Mi' } } }] },
}

async function show(volume: Partial<Volume>): Promise<Record<string, string>> {
  const payload = await payloadOf(pod, { name: 'v', ...volume }, sources)
  return Object.fromEntries(
    [...(payload ?? [])].map(([path, { data, mode }]) => [path, `${data.toString()} ${mode.toString(8)}`]),
  )
}

const item = (key: string, path: string, mode?: number) => ({ key, path, ...(mode !== undefined && { mode }) })

const payloads: readonly [what: string, volume: Partial<Volume>, files: Record<string, string>][] = [
  ['a config map', { configMap: { name: 'config' } }, { a: 'one 644', b: 'two 644', raw: '\u0000 644' }],
  [
    'items of a config map',
    { configMap: { name: 'config', defaultMode: 0o600, items: [item('a', 'x/y'), item('b', 'z', 0o400)] } },
    { 'x/y': 'one 600', z: 'two 400' },
  ],
  ['a secret', { secret: { secretName: 'secret', defaultMode: 0o400 } }, { key: 'hidden 400' }],
  ['nothing that is optional', { secret: { secretName: 'none', optional: true } }, {}],
  [
    'what is there of optional items',
    { configMap: { name: 'config', optional: true, items: [item('a', 'x'), item('none', 'y')] } },
    { x: 'one 644' },
  ],
  [
    'the pod itself',
    {
      downwardAPI: {
        items: [
          { path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } },
          {
            path: 'mem',
            resourceFieldRef: { containerName: 'main', resource: 'limits.memory', divisor: '1Mi' },
            mode: 0o600,
          },
        ],
      },
    },
    { labels: 'a="1" 644', mem: '64 600' },
  ],
  [
    'several in one',
    {
      projected: {
        defaultMode: 0o440,
        sources: [
          { configMap: { name: 'config', items: [item('a', 'a')] } },
          { secret: { name: 'secret' } },
          { downwardAPI: { items: [{ path: 'ns', fieldRef: { fieldPath: 'metadata.namespace' } }] } },
          { serviceAccountToken: { path: 'token', audience: 'vault', expirationSeconds: 600 } },
        ],
      },
    },
    { a: 'one 440', key: 'hidden 440', ns: 'ns 440', token: 'token vault 600 440' },
  ],
]

for (const [what, volume, files] of payloads) {
  test(`payloadOf() holds ${what}`, async () => assert.deepEqual(await show(volume), files))
}

for (const [volume, words] of [
  [{ configMap: { name: 'none' } }, 'configmap "none" not found'],
  [{ secret: { secretName: 'none' } }, 'secret "none" not found'],
  [
    { configMap: { name: 'config', items: [item('none', 'x')] } },
    'configmap "ns/config" references non-existent config key: none',
  ],
  [
    { secret: { secretName: 'secret', items: [item('none', 'x')] } },
    'secret "ns/secret" references non-existent secret key: none',
  ],
] as const) {
  test(`payloadOf() refuses: ${words}`, async () => {
    await assert.rejects(show(volume as unknown as Partial<Volume>), new Error(words))
  })
}

function payload(files: Record<string, string>, mode = 0o644): Payload {
  return new Map(Object.entries(files).map(([path, text]) => [path, { data: Buffer.from(text), mode }]))
}

/** All that a container sees: names that do not begin with two dots. */
function visible(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(name => !name.startsWith('..'))
  const files = names.filter(name => statSync(join(folder, name)).isFile())
  // Links to folders are not followed by readdir.
  const deep = names
    .filter(name => statSync(join(folder, name)).isDirectory())
    .flatMap(name => readdirSync(join(folder, name)).map(inner => join(name, inner)))
  return Object.fromEntries([...files, ...deep].sort().map(name => [name, readFileSync(join(folder, name), 'utf8')]))
}

test('writePayload() writes, changes and removes files, and does nothing when nothing changed', async t => {
  const folder = folderFor(t)
  assert.equal(await writePayload(folder, payload({ a: '1', 'd/b': '2' }, 0o640), undefined), true)
  assert.deepEqual(visible(folder), { a: '1', 'd/b': '2' })
  assert.equal(statSync(join(folder, 'a')).mode & 0o777, 0o640)
  assert.equal(await writePayload(folder, payload({ a: '1', 'd/b': '2' }), undefined), false)
  assert.equal(await writePayload(folder, payload({ a: '3', c: '4' }), undefined), true)
  assert.deepEqual(visible(folder), { a: '3', c: '4' })
  assert.equal(readdirSync(folder).filter(name => name.startsWith('..version_')).length, 1)
  assert.equal(await writePayload(folder, payload({}), undefined), true)
  assert.deepEqual(visible(folder), {})
})

test('writePayload() mends what a process that died left behind', async t => {
  const folder = folderFor(t)
  await writePayload(folder, payload({ a: '1' }), undefined)
  // It had replaced ..data and not yet made the links.
  unlinkSync(join(folder, 'a'))
  mkdirSync(join(folder, '..version_half'))
  await writePayload(folder, payload({ a: '1' }), undefined)
  assert.deepEqual(visible(folder), { a: '1' })
  await writePayload(folder, payload({ a: '2' }), undefined)
  assert.equal(readdirSync(folder).filter(name => name.startsWith('..version_')).length, 1)
})

test('writePayload() gives the files to the group, which may read them', async t => {
  const folder = folderFor(t)
  const group = process.getgid?.() ?? 0
  await writePayload(folder, payload({ a: '1' }, 0o400), group)
  const { mode, gid } = statSync(join(folder, 'a'))
  assert.deepEqual([mode & 0o777, gid], [0o440, group])
})

test('readers see the old files or the new ones and never some of each', async t => {
  const folder = folderFor(t)
  const version = (n: number): Payload =>
    payload(Object.fromEntries(Array.from({ length: 5 }, (_, i) => [`f${i}`, `${n}`])))
  await writePayload(folder, version(0), undefined)
  let done = false
  const seen = new Set<string>()
  const read = async (): Promise<void> => {
    while (!done) {
      // As a reader does that opens the folder once: through ..data as it is now.
      const { readlink, readFile } = await import('node:fs/promises')
      const now = join(folder, await readlink(join(folder, '..data')))
      const texts = await Promise.all(
        [0, 1, 2, 3, 4].map(i => readFile(join(now, `f${i}`), 'utf8').catch(() => undefined)),
      )
      // The version may be gone by the time it is read; it is never half there while ..data points to it.
      if (!texts.includes(undefined)) seen.add(texts.join(''))
      assert.ok(existsSync(join(folder, 'f0')))
    }
  }
  const reading = read()
  for (let n = 1; n <= 40; n++) await writePayload(folder, version(n), undefined)
  done = true
  await reading
  for (const text of seen) assert.match(text, /^(\d+)\1{4}$/)
  assert.ok(seen.size > 1)
})

const hostPaths: readonly [type: string, present: string, outcome: 'fine' | 'made' | string][] = [
  ['', 'nothing', 'made'],
  ['', 'file', 'fine'],
  ['DirectoryOrCreate', 'nothing', 'made'],
  ['DirectoryOrCreate', 'folder', 'fine'],
  ['DirectoryOrCreate', 'file', 'is not a directory'],
  ['Directory', 'nothing', 'is not a directory'],
  ['Directory', 'folder', 'fine'],
  ['FileOrCreate', 'nothing', 'made'],
  ['FileOrCreate', 'file', 'fine'],
  ['FileOrCreate', 'folder', 'is not a file'],
  ['File', 'nothing', 'is not a file'],
  ['File', 'file', 'fine'],
  ['Socket', 'file', 'is not a socket'],
  ['Socket', 'socket', 'fine'],
  ['CharDevice', 'file', 'is not a character device'],
  ['BlockDevice', 'folder', 'is not a block device'],
]

for (const [type, present, outcome] of hostPaths) {
  test(`ensureHostPath() of type "${type}" with ${present}: ${outcome}`, async t => {
    const path = join(folderFor(t), 'it')
    if (present === 'file') writeFileSync(path, '')
    if (present === 'folder') mkdirSync(path)
    if (present === 'socket') {
      const server = createServer()
      await new Promise<void>(resolve => server.listen(path, resolve))
      t.after(() => new Promise<void>(resolve => server.close(() => resolve())))
    }
    const ensured = ensureHostPath(path, type)
    if (outcome === 'fine' || outcome === 'made') await ensured
    else await assert.rejects(ensured, new Error(`hostPath type check failed: ${path} ${outcome}`))
    assert.equal(existsSync(path), present !== 'nothing' || outcome === 'made')
  })
}

test('PodVolumes sets up, refreshes and removes what a pod has', async t => {
  const root = folderFor(t)
  const volumes = new PodVolumes(root)
  const withVolumes: Pod = {
    ...pod,
    spec: {
      ...pod.spec!,
      volumes: [
        { name: 'scratch', emptyDir: {} },
        { name: 'config', configMap: { name: 'config' } },
        { name: 'host', hostPath: { path: root, type: 'Directory' } },
      ],
    },
  }
  const paths = await volumes.setUp(withVolumes, sources)
  assert.equal(paths.get('config'), join(root, 'u/volumes/kubernetes.io~configmap/config'))
  assert.equal(paths.get('host'), root)
  assert.equal(statSync(paths.get('scratch')!).mode & 0o777, 0o777)
  writeFileSync(join(paths.get('scratch')!, 'kept'), 'x')
  // A container that restarts finds its files.
  assert.deepEqual(await volumes.setUp(withVolumes, sources), paths)
  assert.ok(existsSync(join(paths.get('scratch')!, 'kept')))

  const changed = { ...sources.objects, configMap: async () => ({ data: { a: 'new' } }) }
  await volumes.refresh(withVolumes, { ...sources, objects: changed })
  assert.deepEqual(visible(paths.get('config')!), { a: 'new' })
  await volumes.refresh(withVolumes, { ...sources, objects: { ...changed, configMap: async () => undefined } })
  assert.deepEqual(visible(paths.get('config')!), { a: 'new' })

  assert.deepEqual(await volumes.pods(), ['u'])
  await volumes.tearDown('u')
  await volumes.tearDown('u')
  assert.deepEqual(await volumes.pods(), [])
})

test('PodVolumes says which volume could not be set up, and why', async t => {
  const volumes = new PodVolumes(folderFor(t))
  const failing = (volume: Partial<Volume>) =>
    volumes.setUp({ ...pod, spec: { ...pod.spec!, volumes: [{ name: 'v', ...volume }] } }, sources)
  await assert.rejects(failing({ secret: { secretName: 'none' } }), {
    message: 'MountVolume.SetUp failed for volume "v" : secret "none" not found',
  })
  await assert.rejects(failing({ nfs: { server: 's', path: '/' } }), {
    message:
      'MountVolume.SetUp failed for volume "v" : no volume plugin matched: nfs volumes are not supported on this node',
  })
})

test('an emptyDir of a pod with a group belongs to it, and what is made inside does too', async t => {
  const root = folderFor(t)
  const group = process.getgid?.() ?? 0
  const grouped = {
    ...pod,
    spec: { ...pod.spec!, securityContext: { fsGroup: group }, volumes: [{ name: 'v', emptyDir: {} }] },
  }
  const path = (await new PodVolumes(root).setUp(grouped, sources)).get('v')!
  const { mode, gid } = statSync(path)
  assert.deepEqual([mode & 0o7777, gid], [0o2777, group])
  chmodSync(path, 0o777)
})

test('service account tokens are kept, renewed after 80 % of their life, and forgotten with the pod', async () => {
  const server = startTestServer()
  const { client, clock } = server
  await client.create(namespaces, { metadata: { name: 'ns' } })
  await client.create(serviceAccounts, { metadata: { namespace: 'ns', name: 'default' } })
  const made = await client.create(pods, {
    metadata: { namespace: 'ns', name: 'p' },
    spec: { containers: [{ name: 'a', image: 'i' }] },
  })
  const asked: { audiences: readonly string[]; uid: string | undefined }[] = []
  const issue: Client['createSubresource'] = async <R>(
    _resource: unknown,
    _key: unknown,
    _name: unknown,
    body: unknown,
  ) => {
    const { spec } = body as {
      spec: { audiences: string[]; expirationSeconds: number; boundObjectRef: { uid: string } }
    }
    asked.push({ audiences: spec.audiences, uid: spec.boundObjectRef.uid })
    const expirationTimestamp = new Date(clock.now() + spec.expirationSeconds * 1000).toISOString()
    return { status: { token: `token ${asked.length}`, expirationTimestamp } } as R
  }
  const tokens = new ServiceAccountTokens({ ...client, createSubresource: issue }, clock)
  assert.equal(await tokens.get(made, undefined, 3600), 'token 1')
  assert.equal(await tokens.get(made, 'vault', 3600), 'token 2')
  assert.deepEqual(asked, [
    { audiences: [], uid: made.metadata?.uid },
    { audiences: ['vault'], uid: made.metadata?.uid },
  ])
  await clock.advance(2879_000)
  assert.equal(await tokens.get(made, undefined, 3600), 'token 1')
  await clock.advance(1_000)
  assert.equal(await tokens.get(made, undefined, 3600), 'token 3')
  tokens.forget(made.metadata?.uid ?? '')
  assert.equal(await tokens.get(made, undefined, 3600), 'token 4')
  // However long they live, a day is enough.
  assert.equal(await tokens.get(made, undefined, 30 * 86_400), 'token 5')
  await clock.advance(86_400_000)
  assert.equal(await tokens.get(made, undefined, 30 * 86_400), 'token 6')
  await server.close()
})
