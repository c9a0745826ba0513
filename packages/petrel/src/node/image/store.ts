/**
 * The node's images: names, the images they point to, and the layers these share. `images.json` is the truth and is
 * replaced atomically after everything it names is on the disk; blobs and layers that it does not lead to are removed.
 * A layer's blob is dropped once it is unpacked: the folder is what containers use.
 *
 * Names: `repository:tag` and `repository@digest` are separate names. A reference with a digest is found by its digest
 * alone. The digests of an image are those of its manifest and of the index it was pulled through; an archive of
 * `docker save` has lost them, so loading with an explicit `name:tag@digest` takes the caller's word for it.
 */
import { readFileSync } from 'node:fs'
import { mkdir, open, rename } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { type Clock, systemClock } from '../../base/index.ts'
import { type Image, type ImageService, RuntimeError } from '../runtime/index.ts'
import { readArchive } from './archive.ts'
import { BlobStore } from './blobs.ts'
import { LayerStore } from './layers.ts'
import { isNodeImage, NodeImage } from './node-image.ts'
import {
  chainIds,
  hostPlatform,
  type ImageConfig,
  type Manifest,
  type Platform,
  parseDocument,
  parseImageConfig,
} from './oci.ts'
import { digestName, formatReference, parseReference, type Reference, repositoryName, tagName } from './reference.ts'
import { type Credentials, RegistryClient, type RegistryOptions } from './registry.ts'

export interface ImageStoreOptions {
  readonly directory: string
  /** Owners and device nodes of layers are kept. Default: whether we are root. */
  readonly privileged?: boolean
  readonly clock?: Clock
  readonly platform?: Platform
  readonly registry?: Omit<RegistryOptions, 'clock'>
  /** Ids of images that containers use: their layers stay even when all names are gone. */
  readonly inUse?: () => ReadonlySet<string>
  /** Waits for the disk before an image counts as present (default). Tests need not. */
  readonly durable?: boolean
}

/** An image ready to run. */
export interface ResolvedImage {
  readonly id: string
  /** Folders for overlayfs, topmost first. */
  readonly layers: readonly string[]
  readonly config: ImageConfig
}

interface Stored {
  readonly manifestDigest: string
  readonly diffIds: readonly string[]
  readonly sizeBytes: number
  readonly user: string
}

interface Index {
  readonly images: Record<string, Stored>
  readonly names: Record<string, string>
}

export class ImageStore implements ImageService {
  readonly #directory: string
  readonly #options: ImageStoreOptions
  readonly #blobs: BlobStore
  readonly #layers: LayerStore
  readonly #node: NodeImage
  readonly #platform: Platform
  readonly #registry: RegistryClient
  readonly #clock: Clock
  readonly #configs = new Map<string, ImageConfig>()
  readonly #pulls = new Map<string, Promise<Image>>()
  #index: Index
  #inUse: () => ReadonlySet<string>
  #busy = 0
  #saving: Promise<void> = Promise.resolve()
  #collecting: Promise<void> = Promise.resolve()

  constructor(options: ImageStoreOptions) {
    this.#directory = options.directory
    this.#options = options
    this.#blobs = new BlobStore(options.directory)
    this.#layers = new LayerStore(options.directory, options.privileged ?? process.getuid?.() === 0)
    this.#node = new NodeImage(join(options.directory, 'node'))
    this.#platform = options.platform ?? hostPlatform()
    this.#clock = options.clock ?? systemClock
    this.#registry = new RegistryClient({ ...options.registry, clock: this.#clock })
    this.#inUse = options.inUse ?? (() => new Set())
    this.#index = readIndex(join(options.directory, 'images.json'))
  }

  /** Tells which images containers use; the runtime calls it once. */
  setInUse(inUse: () => ReadonlySet<string>): void {
    this.#inUse = inUse
  }

  async list(): Promise<readonly Image[]> {
    const node = this.#node.built()
    return [...Object.keys(this.#index.images).map(id => this.#describe(id)), ...(node ? [node.image] : [])]
  }

  async status(reference: string): Promise<Image | undefined> {
    const node = this.#node.built()?.image
    if (node?.id === reference) return node
    if (isNodeImage(reference)) return (await this.#node.ensure()).image
    const id = this.#find(reference)
    return id === undefined ? undefined : this.#describe(id)
  }

  /** What a container of this image needs. Rejects with RuntimeError `ErrImageNeverPull`-like absence as `NotFound`. */
  async resolve(reference: string): Promise<ResolvedImage> {
    if (isNodeImage(reference) || this.#node.built()?.image.id === reference) return this.#node.ensure()
    const id = this.#find(reference)
    const stored = id === undefined ? undefined : this.#index.images[id]
    if (id === undefined || !stored) throw new RuntimeError('NotFound', `image ${JSON.stringify(reference)}: not found`)
    const config = this.#configs.get(id) ?? parseImageConfig(parseDocument(await this.#blobs.read(id), `config ${id}`))
    this.#configs.set(id, config)
    return {
      id,
      layers: chainIds(stored.diffIds)
        .map(chain => this.#layers.path(chain))
        .reverse(),
      config,
    }
  }

  /**
   * Loads an archive (docker save, OCI layout; gzip and zstd too). With `name` the archive must hold one image, which
   * gets that name besides its own.
   */
  async load(source: Readable, options: { readonly name?: string } = {}): Promise<readonly Image[]> {
    const extra = options.name === undefined ? undefined : parseReference(options.name)
    const loaded = this.#working(async () => {
      const archived = await readArchive(source, this.#blobs, this.#platform)
      if (extra && archived.length !== 1) {
        throw new RangeError(`the archive holds ${archived.length} images, so that --name does not say which is meant`)
      }
      const images: Image[] = []
      for (const image of archived) {
        const references = [...image.names.map(name => parseReference(name)), ...(extra ? [extra] : [])]
        const names = references.flatMap(reference => namesOf(reference, [image.manifestDigest]))
        images.push(await this.#install(image.manifestDigest, image.manifest, names))
      }
      return images
    })
    // Whatever else lay in the archive goes, also when it was refused.
    return loaded.finally(() => this.collect())
  }

  pull(reference: string, auth?: Credentials): Promise<Image> {
    const key = `${reference}\0${auth?.username ?? ''}\0${auth?.password ?? ''}`
    let pull = this.#pulls.get(key)
    if (!pull) {
      pull = this.#working(() => this.#pull(reference, auth)).finally(() => this.#pulls.delete(key))
      this.#pulls.set(key, pull)
    }
    return pull
  }

  /** Takes away one name, or with an id all names; what nothing uses any more is deleted. */
  async remove(reference: string): Promise<void> {
    const id = this.#find(reference)
    if (id === undefined) return
    const byId = reference === id
    const gone = byId ? undefined : lookupName(parseReference(reference))
    await this.#save(index => {
      const names = Object.fromEntries(
        Object.entries(index.names).filter(([name, of]) => (byId ? of !== id : name !== gone)),
      )
      // Digest names alone keep nothing: nobody could list what they mean.
      if (!Object.entries(names).some(([name, of]) => of === id && !name.includes('@'))) {
        for (const [name, of] of Object.entries(names)) if (of === id) delete names[name]
      }
      return { ...index, names }
    })
    await this.collect()
  }

  /** Deletes images without a name that no container uses, then blobs and layers that nothing leads to. */
  collect(): Promise<void> {
    if (this.#busy === 0) this.#collecting = this.#collecting.then(() => this.#collect())
    const collected = this.#collecting
    this.#collecting = collected.catch(() => {})
    return collected
  }

  async #collect(): Promise<void> {
    if (this.#busy > 0) return
    const inUse = this.#inUse()
    const named = new Set(Object.values(this.#index.names))
    await this.#save(index => ({
      ...index,
      images: Object.fromEntries(Object.entries(index.images).filter(([id]) => named.has(id) || inUse.has(id))),
    }))
    if (this.#busy > 0) return
    const images = Object.entries(this.#index.images)
    await this.#blobs.collect(new Set(images.flatMap(([id, stored]) => [id, stored.manifestDigest])), this.#clock.now())
    await this.#layers.collect(new Set(images.flatMap(([, stored]) => chainIds(stored.diffIds))))
  }

  async #pull(text: string, auth: Credentials | undefined): Promise<Image> {
    const reference = parseReference(text)
    if (isNodeImage(text)) return (await this.#node.ensure()).image
    const name = JSON.stringify(formatReference(reference))
    try {
      const pulled = await this.#registry.resolve(reference, this.#platform, auth)
      await this.#blobs.put(pulled.bytes)
      const config = await this.#fetchConfig(reference, pulled.manifest, auth)
      const chain = chainIds(config.diffIds)
      const missing: number[] = []
      for (const [i, chainId] of chain.entries()) if (!(await this.#layers.has(chainId))) missing.push(i)
      await this.#registry.fetchBlobs(
        reference,
        missing.flatMap(i => pulled.manifest.layers[i] ?? []),
        this.#blobs,
        auth,
      )
      return await this.#install(pulled.digest, pulled.manifest, namesOf(reference, pulled.digests))
    } catch (cause) {
      if (cause instanceof RuntimeError) throw cause
      const why = cause instanceof Error ? cause.message : String(cause)
      throw new RuntimeError('ErrImagePull', `failed to pull and unpack image ${name}: ${why}`, { cause })
    }
  }

  async #fetchConfig(reference: Reference, manifest: Manifest, auth: Credentials | undefined): Promise<ImageConfig> {
    await this.#registry.fetchBlobs(reference, [manifest.config], this.#blobs, auth)
    return parseImageConfig(parseDocument(await this.#blobs.read(manifest.config.digest), 'image config'))
  }

  /** Unpacks what is missing and makes the image known under `names`. */
  async #install(manifestDigest: string, manifest: Manifest, names: readonly string[]): Promise<Image> {
    const id = manifest.config.digest
    const config = parseImageConfig(parseDocument(await this.#blobs.read(id), `config ${id}`))
    const diffIds = config.diffIds
    if (diffIds.length !== manifest.layers.length) {
      throw new Error(`the image has ${manifest.layers.length} layers, but its config lists ${diffIds.length}`)
    }
    const chain = chainIds(diffIds)
    for (const [i, layer] of manifest.layers.entries()) {
      await this.#layers.unpack(this.#blobs.path(layer.digest), diffIds[i] ?? '', chain, i)
    }
    if (this.#options.durable !== false) await this.#layers.sync()
    const sizeBytes = manifest.layers.reduce((sum, layer) => sum + layer.size, manifest.config.size)
    await this.#save(index => ({
      images: { ...index.images, [id]: { manifestDigest, diffIds, sizeBytes, user: config.user } },
      names: { ...index.names, ...Object.fromEntries(names.map(name => [name, id])) },
    }))
    for (const layer of manifest.layers) await this.#blobs.remove(layer.digest)
    return this.#describe(id)
  }

  #find(reference: string): string | undefined {
    if (this.#index.images[reference]) return reference
    if (/^[0-9a-f]{64}$/.test(reference) && this.#index.images[`sha256:${reference}`]) return `sha256:${reference}`
    return this.#index.names[lookupName(parseReference(reference))]
  }

  #describe(id: string): Image {
    const stored = this.#index.images[id]
    const names = Object.keys(this.#index.names).filter(name => this.#index.names[name] === id)
    return {
      id,
      repoTags: names.filter(name => !name.includes('@')),
      repoDigests: names.filter(name => name.includes('@')),
      sizeBytes: stored?.sizeBytes ?? 0,
      user: stored?.user ?? '',
    }
  }

  async #working<T>(work: () => Promise<T>): Promise<T> {
    this.#busy++
    try {
      // What is being written looks like what nothing leads to.
      await this.#collecting
      return await work()
    } finally {
      this.#busy--
    }
  }

  /** One change at a time; memory follows the disk. */
  #save(change: (index: Index) => Index): Promise<void> {
    const saved = this.#saving.then(async () => {
      const index = change(this.#index)
      const path = join(this.#directory, 'images.json')
      await mkdir(this.#directory, { recursive: true })
      const file = await open(`${path}.tmp`, 'w', 0o600)
      try {
        await file.writeFile(JSON.stringify(index))
        if (this.#options.durable !== false) await file.sync()
      } finally {
        await file.close()
      }
      await rename(`${path}.tmp`, path)
      this.#index = index
    })
    this.#saving = saved.catch(() => {})
    return saved
  }
}

function namesOf(reference: Reference, digests: readonly string[]): string[] {
  const names = [
    tagName(reference),
    digestName(reference),
    ...digests.map(digest => `${repositoryName(reference)}@${digest}`),
  ]
  return [...new Set(names.filter(name => name !== undefined))]
}

/** The name that decides: the digest's where there is one. */
function lookupName(reference: Reference): string {
  return digestName(reference) ?? tagName(reference) ?? ''
}

function readIndex(path: string): Index {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { images: {}, names: {} }
    throw error
  }
  try {
    return JSON.parse(text) as Index
  } catch (cause) {
    throw new Error(`${path} is damaged; remove it and load or pull the images again`, { cause })
  }
}
