import assert from 'node:assert/strict'
import * as fs from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { dockerArchive, image, ociArchive, stream, type TestImage, tar } from './archive-fixture.ts'
import { mediaTypes, sha256 } from './oci.ts'
import { ImageStore, type ImageStoreOptions } from './store.ts'

const folder = fs.mkdtempSync(join(tmpdir(), 'petrel-images-'))
after(() => fs.rmSync(folder, { recursive: true }))
let count = 0

function open(options: Partial<ImageStoreOptions> = {}): ImageStore & { readonly path: string } {
  const path = options.directory ?? join(folder, `store-${count++}`)
  const store = new ImageStore({
    durable: false,
    platform: { os: 'linux', architecture: 'amd64' },
    ...options,
    directory: path,
  })
  return Object.assign(store, { path })
}

const lower = await tar([{ name: 'bin/sh', body: 'shell', mode: 0o755 }])
const upper = await tar([{ name: 'app', body: 'application' }])

test('load() takes docker archives, shares layers, and finds the image by every name', async () => {
  const store = open()
  const [loaded] = await store.load(
    stream(await dockerArchive(image([lower, upper]), ['redis:alpine', 'quay.io/x/y:1'])),
  )
  assert.deepEqual(loaded?.repoTags, ['docker.io/library/redis:alpine', 'quay.io/x/y:1'])
  for (const name of ['redis:alpine', 'docker.io/library/redis:alpine', 'quay.io/x/y:1', loaded?.id ?? '']) {
    assert.equal((await store.status(name))?.id, loaded?.id, name)
  }
  const resolved = await store.resolve('redis:alpine')
  assert.equal(fs.readFileSync(join(resolved.layers[0] ?? '', 'app'), 'utf8'), 'application')
  assert.deepEqual(resolved.config.cmd, ['sh'])
  await store.load(stream(await dockerArchive(image([lower]), ['base:1'])))
  assert.equal((await store.resolve('base:1')).layers[0], resolved.layers[1])
  // Unpacked, the blobs of layers are not kept.
  assert.equal(fs.readdirSync(join(store.path, 'blobs/sha256')).length, 4)
})

for (const [kind, compress] of Object.entries({
  plain: (b: Buffer) => b,
  gzip: (b: Buffer) => gzipSync(b),
  zstd: (b: Buffer) => zstdCompressSync(b),
})) {
  test(`load() takes OCI layouts with ${kind} layers, and compressed as a whole`, async () => {
    const store = open()
    const archive = await ociArchive(image([lower, upper], compress), 'ghcr.io/a/b:2')
    const [loaded] = await store.load(stream(compress(archive)))
    assert.deepEqual(loaded?.repoTags, ['ghcr.io/a/b:2'])
    assert.equal((await store.resolve('ghcr.io/a/b:2')).layers.length, 2)
  })
}

test('a reference with a digest is found when the digest is that of the image, or was given when loading', async () => {
  const store = open()
  const made = image([lower])
  await store.load(stream(await ociArchive(made, 'busybox:1')))
  assert.ok(await store.status(`busybox:1@${made.manifestDigest}`))
  assert.ok(await store.status(`busybox:other-tag@${made.manifestDigest}`))
  const foreign = `sha256:${'b'.repeat(64)}`
  assert.equal(await store.status(`busybox:1@${foreign}`), undefined)
  await store.load(stream(await dockerArchive(made, [])), { name: `busybox:1.38.0@${foreign}` })
  assert.ok(await store.status(`busybox:1.38.0@${foreign}`))
  assert.ok(await store.status('busybox:1.38.0'))
})

test('remove() takes one name; with the last one the image goes, unless a container uses it', async () => {
  const used = new Set<string>()
  const store = open({ inUse: () => used })
  const [loaded] = await store.load(stream(await dockerArchive(image([lower, upper]), ['a:1', 'a:2'])))
  used.add(loaded?.id ?? '')
  await store.remove('a:1')
  assert.ok(await store.status('a:2'))
  await store.remove('a:2')
  const [top = ''] = (await store.resolve(loaded?.id ?? '')).layers
  assert.ok(fs.existsSync(top))
  used.clear()
  await store.collect()
  assert.ok(!fs.existsSync(top))
  assert.deepEqual(await store.list(), [])
  assert.deepEqual(fs.readdirSync(join(store.path, 'blobs/sha256')), [])
})

test('another store on the same folder knows the images; a damaged index is refused by name', async () => {
  const store = open()
  await store.load(stream(await dockerArchive(image([lower]), ['a:1'])))
  assert.ok(await open({ directory: store.path }).status('a:1'))
  fs.writeFileSync(join(store.path, 'images.json'), '{"images":')
  assert.throws(() => open({ directory: store.path }), /images\.json is damaged/)
})

const bad: [string, () => Promise<Buffer> | Buffer, RegExp][] = [
  ['nothing', () => Buffer.alloc(0), /empty/],
  ['no archive', () => Buffer.from('hello world'.repeat(200)), /./],
  [
    'an archive of something else',
    () => tar([{ name: 'readme', body: 'x' }]),
    /neither index\.json .* nor manifest\.json/,
  ],
  [
    'a missing layer',
    () =>
      tar([
        { name: 'c.json', body: '{}' },
        { name: 'manifest.json', body: '[{"Config":"c.json","Layers":["l"]}]' },
      ]),
    /"l", which the archive lacks/,
  ],
  [
    'a layer that is not the one of the config',
    async () => dockerArchive({ ...image([lower]), layers: [upper] }, ['x:1']),
    /the image config says/,
  ],
  [
    'a blob under another digest',
    async () => ociArchive({ ...image([lower]), manifest: Buffer.from('{}') }, 'x:1'),
    /no image for linux\/amd64/,
  ],
  [
    'another platform',
    async () => ociArchive(image([lower]), 'x:1', { os: 'windows', architecture: 'amd64' }),
    /no image for linux\/amd64/,
  ],
  ['a name that leaves the archive', () => tar([{ name: '../x', body: 'x' }]), /leaves it/],
]
for (const [title, make, message] of bad) {
  test(`load() refuses ${title}`, async () => {
    const store = open()
    await assert.rejects(store.load(stream(await make())), message)
    assert.deepEqual(await store.list(), [])
    assert.equal(fs.readdirSync(join(store.path, 'layers')).length, 0)
  })
}

test('petrel.dev/node is made from the running Node in moments', async () => {
  const store = open()
  const made = await store.status('petrel.dev/node')
  assert.deepEqual(made?.repoTags, ['petrel.dev/node:latest', `petrel.dev/node:${process.versions.node}`])
  const { layers, config } = await store.resolve('petrel.dev/node:24')
  assert.deepEqual(config.cmd, ['node'])
  assert.ok(fs.statSync(join(layers[0] ?? '', 'usr/local/bin/node')).size > 1 << 20)
  assert.equal(await store.status('petrel.dev/node:1'), undefined)
  assert.equal((await open({ directory: store.path }).status('petrel.dev/node'))?.id, made?.id)
})

interface Registry extends AsyncDisposable {
  readonly host: string
  readonly requests: string[]
}

/** A registry over node:http with one image; `intercept` may answer first. */
async function registry(
  of: TestImage,
  intercept: (request: IncomingMessage, response: ServerResponse) => boolean = () => false,
): Promise<Registry> {
  const blobs = new Map([of.config, ...of.layers].map(bytes => [sha256(bytes), bytes]))
  const index = Buffer.from(
    JSON.stringify({
      mediaType: mediaTypes.ociIndex,
      manifests: [
        {
          mediaType: mediaTypes.ociManifest,
          digest: of.manifestDigest,
          size: of.manifest.length,
          platform: { os: 'linux', architecture: 'amd64' },
        },
      ],
    }),
  )
  const requests: string[] = []
  const server: Server = createServer((request, response) => {
    requests.push(`${request.url} ${request.headers.range ?? ''}`.trim())
    if (intercept(request, response)) return
    const [, , , kind = '', which = ''] = (request.url ?? '').split('/')
    const body =
      kind === 'blobs'
        ? blobs.get(which)
        : which === 'v1'
          ? index
          : which === of.manifestDigest
            ? of.manifest
            : undefined
    if (!body)
      return void response.writeHead(404).end('{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}')
    const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0)
    const type =
      kind === 'blobs' ? 'application/octet-stream' : which === 'v1' ? mediaTypes.ociIndex : mediaTypes.ociManifest
    response.writeHead(from > 0 ? 206 : 200, { 'content-type': type }).end(body.subarray(from))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  return {
    host: `127.0.0.1:${port}`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

const big = await tar([{ name: 'big', body: Buffer.alloc(300_000, 'abc') }])

test('pull() resolves the index for the platform, checks digests, and does not load what is there', async () => {
  await using source = await registry(image([lower, big], b => gzipSync(b)))
  const store = open()
  const pulled = await store.pull(`${source.host}/img:v1`)
  assert.deepEqual(pulled.repoTags, [`${source.host}/img:v1`])
  assert.equal(pulled.repoDigests.length, 2)
  const before = source.requests.length
  await store.pull(`${source.host}/img:v1`)
  assert.ok(
    source.requests
      .slice(before)
      .every(request => request.includes('/manifests/') || request.includes(sha256(image([lower, big]).config))),
  )
})

test('pull() gets a token when it is asked for one', async () => {
  let host = ''
  await using source = await registry(image([lower]), (request, response) => {
    if (request.url?.startsWith('/token')) {
      const user = Buffer.from((request.headers.authorization ?? '').slice(6), 'base64').toString()
      if (user !== 'me:secret') return !!response.writeHead(401).end()
      return !!response.end(JSON.stringify({ token: 'T' }))
    }
    if (request.headers.authorization === 'Bearer T') return false
    const challenge = `Bearer realm="http://${host}/token",service="s",scope="repository:img:pull"`
    return !!response.writeHead(401, { 'www-authenticate': challenge }).end()
  })
  host = source.host
  await assert.rejects(open().pull(`${host}/img:v1`), { reason: 'ErrImagePull', message: /failed to authorize/ })
  await open().pull(`${host}/img:v1`, { username: 'me', password: 'secret' })
  assert.ok(source.requests.some(request => request.startsWith('/token?service=s&scope=repository%3Aimg%3Apull')))
})

test('pull() continues a download that broke off', async () => {
  let broken = false
  const store = open()
  const arrived = (): boolean =>
    fs.readdirSync(join(store.path, 'ingest')).some(name => fs.statSync(join(store.path, 'ingest', name)).size > 0)
  await using source = await registry(image([big]), (request, response) => {
    if (broken || !request.url?.includes(sha256(big))) return false
    broken = true
    response.writeHead(200, { 'content-length': big.length })
    response.write(big.subarray(0, 100_000))
    const timer = setInterval(() => {
      if (!arrived()) return
      clearInterval(timer)
      response.destroy()
    }, 2)
    return true
  })
  await store.pull(`${source.host}/img:v1`)
  assert.ok(
    source.requests.some(request => /bytes=[1-9]\d*-$/.test(request)),
    source.requests.join('\n'),
  )
})

test('pull() refuses a blob that is not what its digest says', async () => {
  const wrong = Buffer.from(big)
  wrong[1000] = 0
  await using source = await registry(image([big]), (request, response) => {
    if (!request.url?.includes(sha256(big))) return false
    return !!response.writeHead(200).end(wrong)
  })
  const store = open()
  await assert.rejects(store.pull(`${source.host}/img:v1`), {
    reason: 'ErrImagePull',
    message: /has digest sha256:.*, expected/,
  })
  assert.deepEqual(await store.list(), [])
})

const failures: [string, (host: string) => string, RegExp][] = [
  [
    'an absent tag',
    host => `${host}/img:none`,
    /^failed to pull and unpack image ".*img:none": failed to resolve reference ".*": .*img:none: not found$/,
  ],
  ['an absent registry', () => '127.0.0.1:1/img:v1', /failed to do request: Get "http:\/\/127\.0\.0\.1:1/],
]
for (const [title, name, message] of failures) {
  test(`pull() says what is wrong with ${title}`, async () => {
    await using source = await registry(image([lower]))
    const store = open({ registry: { attempts: 1 } })
    await assert.rejects(store.pull(name(source.host)), { reason: 'ErrImagePull', message })
  })
}
