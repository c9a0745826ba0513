/**
 * The documents of the OCI image specification (image-spec v1.1) and their Docker twins, as far as we read them.
 * Everything here comes from outside: parse functions narrow, and refuse what they cannot use by name.
 */
import { createHash } from 'node:crypto'

export interface Descriptor {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
  readonly annotations: Readonly<Record<string, string>>
  readonly platform?: Platform
}

export interface Platform {
  readonly os: string
  readonly architecture: string
  readonly variant?: string
}

export interface Manifest {
  readonly config: Descriptor
  readonly layers: readonly Descriptor[]
}

/** What of an image config decides how a container runs. */
export interface ImageConfig {
  readonly user: string
  readonly env: readonly string[]
  readonly entrypoint: readonly string[]
  readonly cmd: readonly string[]
  readonly workingDir: string
  /** `SIGTERM`, `SIGQUIT`, `15`; empty is SIGTERM. */
  readonly stopSignal: string
  readonly diffIds: readonly string[]
}

export const mediaTypes = {
  ociManifest: 'application/vnd.oci.image.manifest.v1+json',
  ociIndex: 'application/vnd.oci.image.index.v1+json',
  ociConfig: 'application/vnd.oci.image.config.v1+json',
  ociLayer: 'application/vnd.oci.image.layer.v1.tar',
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
  dockerIndex: 'application/vnd.docker.distribution.manifest.list.v2+json',
} as const

/** Manifests and configs larger than this are refused (the distribution specification asks for at least 4 MiB). */
export const documentLimitBytes = 4 << 20

export function isIndex(mediaType: string, document: Record<string, unknown>): boolean {
  return (
    mediaType === mediaTypes.ociIndex || mediaType === mediaTypes.dockerIndex || Array.isArray(document['manifests'])
  )
}

export function sha256(bytes: Uint8Array | string): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

/** The part of a digest that names files; throws RangeError for anything but sha256. */
export function digestHex(digest: string): string {
  if (!/^sha256:[0-9a-f]{64}$/.test(digest))
    throw new RangeError(`digest ${JSON.stringify(digest)} is not sha256 with 64 hex digits`)
  return digest.slice(7)
}

/** image-spec, config.md, "Layer ChainID": the identity of a layer together with all below it. */
export function chainIds(diffIds: readonly string[]): string[] {
  const chain: string[] = []
  for (const diffId of diffIds) chain.push(chain.length === 0 ? diffId : sha256(`${chain.at(-1)} ${diffId}`))
  return chain
}

export function parseDocument(bytes: Uint8Array, what: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(Buffer.from(bytes).toString('utf8'))
  } catch (cause) {
    throw new SyntaxError(`${what} is not JSON`, { cause })
  }
  return object(value, what)
}

function parseDescriptor(value: unknown, what: string): Descriptor {
  const fields = object(value, what)
  const digest = text(fields['digest'])
  digestHex(digest)
  const size = fields['size']
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0)
    throw new TypeError(`${what}: size must be a whole number`)
  const platform = fields['platform'] === undefined ? undefined : object(fields['platform'], `${what}.platform`)
  return {
    mediaType: text(fields['mediaType']),
    digest,
    size,
    annotations: stringMap(fields['annotations']),
    ...(platform
      ? {
          platform: {
            os: text(platform['os']),
            architecture: text(platform['architecture']),
            ...(platform['variant'] ? { variant: text(platform['variant']) } : {}),
          },
        }
      : {}),
  }
}

export function parseManifests(document: Record<string, unknown>): Descriptor[] {
  return list(document['manifests'], 'index.manifests').map((m, i) => parseDescriptor(m, `index.manifests[${i}]`))
}

export function parseManifest(document: Record<string, unknown>): Manifest {
  if (document['schemaVersion'] === 1) throw new TypeError('image manifest schema 1 is not supported')
  return {
    config: parseDescriptor(document['config'], 'manifest.config'),
    layers: list(document['layers'], 'manifest.layers').map((l, i) => parseDescriptor(l, `manifest.layers[${i}]`)),
  }
}

export function parseImageConfig(document: Record<string, unknown>): ImageConfig {
  const config =
    document['config'] === undefined || document['config'] === null ? {} : object(document['config'], 'config')
  const rootfs = document['rootfs'] === undefined ? {} : object(document['rootfs'], 'rootfs')
  const diffIds = strings(rootfs['diff_ids'], 'rootfs.diff_ids')
  for (const id of diffIds) digestHex(id)
  return {
    user: text(config['User']),
    env: strings(config['Env'], 'config.Env'),
    entrypoint: strings(config['Entrypoint'], 'config.Entrypoint'),
    cmd: strings(config['Cmd'], 'config.Cmd'),
    workingDir: text(config['WorkingDir']),
    stopSignal: text(config['StopSignal']),
    diffIds,
  }
}

/** Picks the manifest for `platform`: an exact variant first, then any of the same os and architecture. */
export function choosePlatform(manifests: readonly Descriptor[], platform: Platform): Descriptor | undefined {
  const fitting = manifests.filter(
    m => m.platform?.os === platform.os && m.platform.architecture === platform.architecture,
  )
  const byVariant = (m: Descriptor): boolean => m.platform?.variant === platform.variant
  return (
    fitting.find(byVariant) ??
    fitting[0] ??
    (manifests.length === 1 && !manifests[0]?.platform ? manifests[0] : undefined)
  )
}

/** The platform of this machine in Go's words. Containers are Linux everywhere. */
export function hostPlatform(): Platform {
  const architectures: Record<string, Platform> = {
    x64: { os: 'linux', architecture: 'amd64' },
    arm64: { os: 'linux', architecture: 'arm64', variant: 'v8' },
    arm: { os: 'linux', architecture: 'arm', variant: 'v7' },
    ia32: { os: 'linux', architecture: '386' },
  }
  return architectures[process.arch] ?? { os: 'linux', architecture: process.arch }
}

function object(value: unknown, what: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new TypeError(`${what} must be an object`)
  return value as Record<string, unknown>
}

function list(value: unknown, what: string): unknown[] {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) throw new TypeError(`${what} must be a list`)
  return value
}

function strings(value: unknown, what: string): string[] {
  return list(value, what).map(v => {
    if (typeof v !== 'string') throw new TypeError(`${what} must be a list of strings`)
    return v
  })
}

function stringMap(value: unknown): Record<string, string> {
  if (value === undefined || value === null) return {}
  return Object.fromEntries(Object.entries(object(value, 'annotations')).map(([k, v]) => [k, text(v)]))
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
