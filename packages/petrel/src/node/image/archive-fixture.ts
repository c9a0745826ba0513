/** For tests: tar archives and images made in memory. */
import { Readable } from 'node:stream'
import { type Header, pack } from 'tar-stream'
import { mediaTypes, sha256 } from './oci.ts'

export type TarItem = Partial<Header> & { readonly name: string; readonly body?: string | Uint8Array }

export async function tar(items: readonly TarItem[]): Promise<Buffer> {
  const archive = pack()
  for (const { body, ...header } of items) archive.entry({ mode: 0o644, mtime: new Date(1e12), ...header }, body ?? '')
  archive.finalize()
  const chunks: Buffer[] = []
  for await (const chunk of archive) chunks.push(Buffer.from(chunk as Uint8Array))
  return Buffer.concat(chunks)
}

export function stream(bytes: Uint8Array): Readable {
  return Readable.from([bytes])
}

export interface TestImage {
  readonly config: Buffer
  readonly manifest: Buffer
  readonly manifestDigest: string
  /** As they are in the archive: perhaps compressed. */
  readonly layers: readonly Buffer[]
}

/** An image of these layers; `compress` is applied to what is stored, diff ids are of the plain tar. */
export function image(
  layers: readonly Buffer[],
  compress: (bytes: Buffer) => Buffer = bytes => bytes,
  config: object = {},
): TestImage {
  const document = Buffer.from(
    JSON.stringify({
      architecture: 'amd64',
      os: 'linux',
      config: { Cmd: ['sh'], ...config },
      rootfs: { type: 'layers', diff_ids: layers.map(sha256) },
    }),
  )
  const stored = layers.map(compress)
  const descriptor = (mediaType: string, bytes: Buffer): object => ({
    mediaType,
    digest: sha256(bytes),
    size: bytes.length,
  })
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: mediaTypes.ociManifest,
      config: descriptor(mediaTypes.ociConfig, document),
      layers: stored.map(layer => descriptor(mediaTypes.ociLayer, layer)),
    }),
  )
  return { config: document, manifest, manifestDigest: sha256(manifest), layers: stored }
}

/** What `docker save` writes. */
export function dockerArchive({ config, layers }: TestImage, tags: readonly string[]): Promise<Buffer> {
  const name = sha256(config).slice(7)
  const names = layers.map((_, i) => `layer${i}/layer.tar`)
  const manifest = JSON.stringify([{ Config: `${name}.json`, RepoTags: tags, Layers: names }])
  return tar([
    ...layers.map((body, i) => ({ name: names[i] ?? '', body })),
    { name: `${name}.json`, body: config },
    { name: 'manifest.json', body: manifest },
  ])
}

export function ociArchive(
  of: TestImage,
  name: string,
  platform = { os: 'linux', architecture: 'amd64' },
): Promise<Buffer> {
  const blob = (body: Buffer): TarItem => ({ name: `blobs/sha256/${sha256(body).slice(7)}`, body })
  const inner = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: mediaTypes.ociIndex,
      manifests: [{ mediaType: mediaTypes.ociManifest, digest: of.manifestDigest, size: of.manifest.length, platform }],
    }),
  )
  const index = JSON.stringify({
    schemaVersion: 2,
    manifests: [
      {
        mediaType: mediaTypes.ociIndex,
        digest: sha256(inner),
        size: inner.length,
        annotations: { 'io.containerd.image.name': name },
      },
    ],
  })
  return tar([
    { name: 'oci-layout', body: '{"imageLayoutVersion":"1.0.0"}' },
    { name: 'index.json', body: index },
    ...[of.config, of.manifest, inner, ...of.layers].map(blob),
  ])
}
