/**
 * Reads an image archive as it streams by: what `docker save` writes (manifest.json, Docker image specification v1.2)
 * and OCI image layouts in a tar (index.json, image-spec image-layout.md), also both in one. Every file becomes a
 * blob on the way, so an archive is read once and needs no other space. The outcome names blobs by digest.
 */
import { Readable } from 'node:stream'
import { createGunzip, createZstdDecompress } from 'node:zlib'
import { extract } from 'tar-stream'
import type { BlobStore } from './blobs.ts'
import { segments } from './merged-view.ts'
import {
  choosePlatform,
  type Descriptor,
  documentLimitBytes,
  isIndex,
  type Manifest,
  mediaTypes,
  type Platform,
  parseDocument,
  parseManifest,
  parseManifests,
} from './oci.ts'

export interface ArchivedImage {
  readonly manifestDigest: string
  readonly manifest: Manifest
  /** As the archive writes them; may be incomplete names. */
  readonly names: readonly string[]
}

const entryLimitBytes = 64 * 2 ** 30
const entryLimit = 10_000

/** Stores the archive's blobs and says which images it holds. Rejects when it holds none for `platform`. */
export async function readArchive(source: Readable, blobs: BlobStore, platform: Platform): Promise<ArchivedImage[]> {
  const files = await readFiles(source, blobs)
  const index = await files.document('index.json')
  const docker = await files.documentList('manifest.json')
  if (index) return readLayout(index, docker, files, blobs, platform)
  if (docker) return readDocker(docker, files, blobs)
  throw new Error('the archive has neither index.json (OCI layout) nor manifest.json (docker save)')
}

class ArchiveFiles {
  readonly digests = new Map<string, { digest: string; size: number }>()
  readonly links = new Map<string, string>()
  readonly #blobs: BlobStore

  constructor(blobs: BlobStore) {
    this.#blobs = blobs
  }

  get(path: string): { digest: string; size: number } | undefined {
    let name = path
    for (let followed = 0; followed < 10; followed++) {
      const target = this.links.get(name)
      if (target === undefined) return this.digests.get(name)
      name = target
    }
    return undefined
  }

  async bytes(path: string): Promise<Buffer | undefined> {
    const file = this.get(path)
    if (!file) return undefined
    if (file.size > documentLimitBytes)
      throw new RangeError(`${path} of the archive is larger than ${documentLimitBytes} bytes`)
    return this.#blobs.read(file.digest)
  }

  async document(path: string): Promise<Record<string, unknown> | undefined> {
    const bytes = await this.bytes(path)
    return bytes && parseDocument(bytes, path)
  }

  async documentList(path: string): Promise<Record<string, unknown>[] | undefined> {
    const bytes = await this.bytes(path)
    if (!bytes) return undefined
    const list: unknown = JSON.parse(bytes.toString('utf8'))
    if (!Array.isArray(list)) throw new TypeError(`${path} of the archive must be a list`)
    return list.filter(item => typeof item === 'object' && item !== null)
  }
}

async function readFiles(source: Readable, blobs: BlobStore): Promise<ArchiveFiles> {
  const files = new ArchiveFiles(blobs)
  const entries = extract()
  const tar = await decompressed(source)
  tar.on('error', error => entries.destroy(error))
  tar.pipe(entries)
  let count = 0
  for await (const entry of entries) {
    const { name, type, linkname } = entry.header
    if (++count > entryLimit) throw new RangeError(`the archive has more than ${entryLimit} entries`)
    const path = normalise(name)
    if (path === undefined) throw new RangeError(`entry ${JSON.stringify(name)} of the archive leaves it`)
    if (type === 'file' || type === 'contiguous-file') {
      files.digests.set(path, await blobs.putStream(entry as AsyncIterable<Uint8Array>, entryLimitBytes))
    } else if ((type === 'symlink' || type === 'link') && linkname) {
      const folder = type === 'symlink' ? path.split('/').slice(0, -1).join('/') : ''
      const target = normalise(`${folder}/${linkname}`)
      if (target !== undefined) files.links.set(path, target)
    }
    entry.resume()
  }
  return files
}

async function readDocker(
  list: Record<string, unknown>[],
  files: ArchiveFiles,
  blobs: BlobStore,
): Promise<ArchivedImage[]> {
  const images: ArchivedImage[] = []
  for (const item of list) {
    const config = need(files, String(item['Config']))
    const layerNames = Array.isArray(item['Layers']) ? item['Layers'] : []
    const layers = layerNames.map(name => ({
      mediaType: mediaTypes.ociLayer,
      ...need(files, String(name)),
      annotations: {},
    }))
    const manifest: Manifest = { config: { mediaType: mediaTypes.ociConfig, ...config, annotations: {} }, layers }
    // docker save keeps no manifest: one is made, as containerd does on import.
    const strip = ({ mediaType, digest, size }: Descriptor): object => ({ mediaType, digest, size })
    const document = {
      schemaVersion: 2,
      mediaType: mediaTypes.ociManifest,
      config: strip(manifest.config),
      layers: layers.map(strip),
    }
    images.push({
      manifestDigest: await blobs.put(Buffer.from(JSON.stringify(document))),
      manifest,
      names: repoTags(item),
    })
  }
  return images
}

async function readLayout(
  index: Record<string, unknown>,
  docker: Record<string, unknown>[] | undefined,
  files: ArchiveFiles,
  blobs: BlobStore,
  platform: Platform,
): Promise<ArchivedImage[]> {
  const images = new Map<string, ArchivedImage>()
  for (const root of parseManifests(index)) {
    let descriptor: Descriptor | undefined = root
    let document: Record<string, unknown> | undefined
    // An index may name indexes; three levels are more than any tool writes.
    for (let depth = 0; descriptor && depth < 3; depth++) {
      document = await readBlob(descriptor, files)
      if (!document || !isIndex(descriptor.mediaType, document)) break
      descriptor = choosePlatform(parseManifests(document), platform)
      document = undefined
    }
    if (!descriptor || !document) continue
    const manifest = parseManifest(document)
    for (const part of [manifest.config, ...manifest.layers]) {
      if (!(await blobs.has(part.digest))) throw new Error(`the archive lacks blob ${part.digest}`)
    }
    const names = new Set(images.get(descriptor.digest)?.names)
    const full = root.annotations['io.containerd.image.name']
    const short = root.annotations['org.opencontainers.image.ref.name']
    // The specification lets ref.name be a mere tag, which names no image.
    if (full) names.add(full)
    else if (short && /[/:]/.test(short)) names.add(short)
    for (const item of docker ?? []) {
      if (files.get(normalise(String(item['Config'])) ?? '')?.digest === manifest.config.digest) {
        for (const tag of repoTags(item)) names.add(tag)
      }
    }
    images.set(descriptor.digest, { manifestDigest: descriptor.digest, manifest, names: [...names] })
  }
  if (images.size === 0) throw new Error(`the archive has no image for ${platform.os}/${platform.architecture}`)
  return [...images.values()]
}

async function readBlob(descriptor: Descriptor, files: ArchiveFiles): Promise<Record<string, unknown> | undefined> {
  const path = `blobs/${descriptor.digest.replace(':', '/')}`
  const file = files.get(path)
  if (!file) return undefined
  if (file.digest !== descriptor.digest) throw new Error(`${path} of the archive has digest ${file.digest}`)
  return files.document(path)
}

function need(files: ArchiveFiles, name: string): { digest: string; size: number } {
  const path = normalise(name)
  const file = path === undefined ? undefined : files.get(path)
  if (!file) throw new Error(`manifest.json names ${JSON.stringify(name)}, which the archive lacks`)
  return file
}

function repoTags(item: Record<string, unknown>): string[] {
  return Array.isArray(item['RepoTags']) ? item['RepoTags'].filter(tag => typeof tag === 'string') : []
}

/** The path without `.`, with `..` worked out; undefined when it leaves the archive. */
function normalise(name: string): string | undefined {
  const done: string[] = []
  for (const part of segments(name)) {
    if (part !== '..') done.push(part)
    else if (done.pop() === undefined) return undefined
  }
  return done.join('/')
}

/** Archives themselves may be compressed, whatever their names say. */
async function decompressed(source: Readable): Promise<Readable> {
  const chunks = source[Symbol.asyncIterator]() as AsyncIterator<Buffer>
  let head = Buffer.alloc(0)
  while (head.length < 4) {
    const { value, done } = await chunks.next()
    if (done) break
    head = Buffer.concat([head, value])
  }
  if (head.length === 0) throw new Error('the archive is empty')
  const whole = Readable.from(
    (async function* () {
      yield head
      for (let next = await chunks.next(); !next.done; next = await chunks.next()) yield next.value
    })(),
    { objectMode: false },
  )
  const gzip = head[0] === 0x1f && head[1] === 0x8b
  const zstd = head.length >= 4 && head.readUInt32LE(0) === 0xfd2fb528
  if (!gzip && !zstd) return whole
  const decoder = gzip ? createGunzip() : createZstdDecompress()
  whole.on('error', error => decoder.destroy(error))
  return whole.pipe(decoder)
}
