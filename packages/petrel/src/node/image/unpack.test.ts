import assert from 'node:assert/strict'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { type TarItem, tar } from './archive-fixture.ts'
import { MergedView } from './merged-view.ts'
import { sha256 } from './oci.ts'
import { unpackLayer } from './unpack.ts'

const folder = fs.mkdtempSync(join(tmpdir(), 'petrel-unpack-'))
after(() => fs.rmSync(folder, { recursive: true }))
const root = process.getuid?.() === 0
let count = 0

async function layer(
  items: readonly TarItem[],
  below: readonly string[] = [],
  compress = (bytes: Buffer): Buffer => bytes,
): Promise<string> {
  const blob = join(folder, `blob-${count}`)
  const target = join(folder, `layer-${count++}`)
  const bytes = await tar(items)
  fs.writeFileSync(blob, compress(bytes))
  fs.mkdirSync(target)
  await unpackLayer({ blob, target, below, privileged: root, diffId: sha256(bytes) })
  return target
}

/** All visible paths of a stack of layers, topmost first. */
function listing(layers: readonly string[]): string[] {
  const view = new MergedView(['/nonexistent', ...layers])
  const walk = (path: string): string[] => {
    const found = view.lookup(path)
    if (!found?.stat.isDirectory()) return found ? [path] : []
    return [
      `${path}/`,
      ...view
        .namesBelow(path)
        .sort()
        .flatMap(name => walk(path === '' ? name : `${path}/${name}`)),
    ]
  }
  return walk('').slice(1)
}

for (const [name, compress] of Object.entries({
  plain: (b: Buffer) => b,
  gzip: (b: Buffer) => gzipSync(b),
  zstd: (b: Buffer) => zstdCompressSync(b),
})) {
  test(`unpackLayer() restores files, modes, links and times of a ${name} layer`, async () => {
    const at = await layer(
      [
        { name: 'usr/bin/tool', body: 'tool', mode: 0o4755 },
        { name: 'usr/bin/hard', type: 'link', linkname: 'usr/bin/tool' },
        { name: 'bin', type: 'symlink', linkname: 'usr/bin' },
        { name: 'tmp/', type: 'directory', mode: 0o1777 },
        { name: './etc/conf', body: 'x'.repeat(100_000) },
      ],
      [],
      compress,
    )
    const tool = fs.statSync(join(at, 'usr/bin/tool'))
    assert.deepEqual([tool.mode & 0o7777, tool.nlink, tool.mtimeMs], [0o4755, 2, 1e12])
    assert.equal(fs.readlinkSync(join(at, 'bin')), 'usr/bin')
    assert.equal(fs.statSync(join(at, 'tmp')).mode & 0o7777, 0o1777)
    assert.equal(fs.statSync(join(at, 'etc/conf')).size, 100_000)
  })
}

test('unpackLayer() restores owners and device nodes for root', { skip: !root && 'not root' }, async () => {
  const at = await layer([
    { name: 'f', uid: 1000, gid: 2000, body: 'x' },
    { name: 'null', type: 'character-device', devmajor: 1, devminor: 3 },
    { name: 'pipe', type: 'fifo' },
  ])
  assert.deepEqual([fs.statSync(join(at, 'f')).uid, fs.statSync(join(at, 'f')).gid], [1000, 2000])
  assert.ok(fs.statSync(join(at, 'null')).isCharacterDevice())
  assert.ok(fs.statSync(join(at, 'pipe')).isFIFO())
})

const base: TarItem[] = [
  { name: 'a/one', body: '1' },
  { name: 'a/two', body: '2' },
  { name: 'a/deep/x', body: 'x' },
  { name: 'b', body: 'b' },
  { name: 'usr/lib/libc', body: 'c' },
  { name: 'lib', type: 'symlink', linkname: 'usr/lib' },
]
const changes: { title: string; items: TarItem[]; expected: string[] }[] = [
  {
    title: 'a whiteout removes a file',
    items: [{ name: 'a/.wh.one' }],
    expected: ['a/', 'a/deep/', 'a/deep/x', 'a/two', 'b', 'lib', 'usr/', 'usr/lib/', 'usr/lib/libc'],
  },
  {
    title: 'a whiteout removes a folder',
    items: [{ name: '.wh.a' }],
    expected: ['b', 'lib', 'usr/', 'usr/lib/', 'usr/lib/libc'],
  },
  {
    title: 'a folder removed and made again is empty',
    items: [{ name: '.wh.a' }, { name: 'a/new', body: 'n' }],
    expected: ['a/', 'a/new', 'b', 'lib', 'usr/', 'usr/lib/', 'usr/lib/libc'],
  },
  {
    title: 'an opaque folder hides what was in it',
    items: [
      { name: 'a/', type: 'directory', mode: 0o755 },
      { name: 'a/deep/y', body: 'y' },
      { name: 'a/.wh..wh..opq' },
    ],
    expected: ['a/', 'a/deep/', 'a/deep/y', 'b', 'lib', 'usr/', 'usr/lib/', 'usr/lib/libc'],
  },
  {
    title: 'a file takes the place of a folder',
    items: [{ name: 'a', body: 'file' }],
    expected: ['a', 'b', 'lib', 'usr/', 'usr/lib/', 'usr/lib/libc'],
  },
  {
    title: 'a name below a symlink of a lower layer lands where it leads',
    items: [{ name: 'lib/new', body: 'n' }],
    expected: [
      'a/',
      'a/deep/',
      'a/deep/x',
      'a/one',
      'a/two',
      'b',
      'lib',
      'usr/',
      'usr/lib/',
      'usr/lib/libc',
      'usr/lib/new',
    ],
  },
  {
    title: 'a hard link to a lower file is a copy',
    items: [{ name: 'c', type: 'link', linkname: 'b' }],
    expected: ['a/', 'a/deep/', 'a/deep/x', 'a/one', 'a/two', 'b', 'c', 'lib', 'usr/', 'usr/lib/', 'usr/lib/libc'],
  },
]
for (const { title, items, expected } of changes) {
  test(`unpackLayer(): ${title}`, async () => {
    const lower = await layer(base)
    assert.deepEqual(listing([await layer(items, [lower]), lower]), expected)
  })
}

const hostile: { title: string; items: TarItem[]; message?: RegExp }[] = [
  { title: '.. in a name', items: [{ name: '../escape', body: 'x' }], message: /leaves the root/ },
  { title: '.. in the middle of a name', items: [{ name: 'a/../../escape', body: 'x' }], message: /leaves the root/ },
  {
    title: 'a hard link out of the root',
    items: [{ name: 'h', type: 'link', linkname: '../../../etc/passwd' }],
    message: /leaves the root/,
  },
  {
    title: 'a hard link to a file of the host',
    items: [{ name: 'h', type: 'link', linkname: '/etc/passwd' }],
    message: /no file/,
  },
  {
    title: 'a loop of symlinks',
    items: [
      { name: 'a', type: 'symlink', linkname: 'b' },
      { name: 'b', type: 'symlink', linkname: 'a' },
      { name: 'a/x', body: 'x' },
    ],
    message: /too many symbolic links/,
  },
  {
    title: 'a file through an absolute symlink',
    items: [
      { name: 'out', type: 'symlink', linkname: folder },
      { name: 'out/escape', body: 'x' },
    ],
  },
  {
    title: 'a file through a climbing symlink',
    items: [
      { name: 'out', type: 'symlink', linkname: '../../..' },
      { name: `out${folder}/escape`, body: 'x' },
    ],
  },
  {
    title: 'a file over a symlink',
    items: [
      { name: 'f', type: 'symlink', linkname: join(folder, 'escape') },
      { name: 'f', body: 'x' },
    ],
  },
  {
    title: 'a hard link to a symlink, then written',
    items: [
      { name: 's', type: 'symlink', linkname: join(folder, 'escape') },
      { name: 'h', type: 'link', linkname: 's' },
      { name: 'h', body: 'x' },
    ],
  },
  {
    title: 'a whiteout through a symlink',
    items: [
      { name: 'out', type: 'symlink', linkname: folder },
      { name: 'out/.wh.kept', body: '' },
    ],
  },
]
for (const { title, items, message } of hostile) {
  test(`unpackLayer() keeps ${title} inside`, async () => {
    fs.writeFileSync(join(folder, 'kept'), '')
    if (message) await assert.rejects(layer(items), message)
    else await layer(items)
    assert.ok(!fs.existsSync(join(folder, 'escape')))
    assert.ok(fs.existsSync(join(folder, 'kept')))
  })
}

test('unpackLayer() refuses another digest, too many entries, too many bytes, and a torn archive', async () => {
  const bytes = await tar([
    { name: 'a', body: 'x'.repeat(5000) },
    { name: 'b', body: 'y' },
  ])
  const blob = join(folder, 'limits')
  fs.writeFileSync(blob, bytes)
  const attempt = (options: object): Promise<unknown> => {
    const target = join(folder, `limit-${count++}`)
    fs.mkdirSync(target)
    return unpackLayer({ blob, target, below: [], privileged: false, ...options })
  }
  await assert.rejects(attempt({ diffId: `sha256:${'0'.repeat(64)}` }), /the image config says/)
  await assert.rejects(attempt({ limitEntries: 1 }), /more than 1 entries/)
  await assert.rejects(attempt({ limitBytes: 2000 }), /larger than 2000 bytes/)
  fs.writeFileSync(blob, bytes.subarray(0, 3000))
  await assert.rejects(attempt({}))
})
