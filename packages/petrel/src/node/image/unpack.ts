/**
 * Unpacks one layer (image-spec, layer.md) into a folder of its own, to be an overlayfs lower layer above `below`.
 * Names are resolved in the merged view and never leave the folder: `..` is refused, symlinks are followed inside the
 * root. Whiteouts become overlayfs' devices 0:0, opaque folders one whiteout for each name they hide, so that no
 * extended attribute is needed; that makes the folder right above exactly these lower layers (it is named by ChainID).
 * Everything here is synchronous: it is meant for a worker thread.
 */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import * as fs from 'node:fs'
import { dirname, join } from 'node:path'
import { Transform } from 'node:stream'
import { createGunzip, createZstdDecompress } from 'node:zlib'
import { extract, type Header } from 'tar-stream'
import { MergedView, segments } from './merged-view.ts'

export interface UnpackOptions {
  /** The tar, plain or compressed with gzip or zstd. */
  readonly blob: string
  /** Empty folder to fill. */
  readonly target: string
  /** Folders of the layers below, topmost first. */
  readonly below: readonly string[]
  /** Digest that the uncompressed tar must have; undefined accepts any. */
  readonly diffId?: string
  /** Owners and device nodes are restored; without it everything belongs to the caller. */
  readonly privileged: boolean
  readonly limitBytes?: number
  readonly limitEntries?: number
}

export interface Unpacked {
  readonly diffId: string
  readonly sizeBytes: number
}

/** An entry of tar-stream: its header, then its bytes. */
export interface TarEntry extends AsyncIterable<unknown> {
  readonly header: Header
  resume(): unknown
}

const whiteoutPrefix = '.wh.'
const opaqueName = '.wh..wh..opq'

/** Rejects when an entry would leave the root, a limit is passed, or the digest is another. */
export async function unpackLayer(options: UnpackOptions): Promise<Unpacked> {
  const writer = new LayerWriter(options)
  const hash = createHash('sha256')
  const tar = fs.createReadStream(options.blob, { highWaterMark: 1 << 18 }).pipe(decompressor(options.blob))
  const limitBytes = options.limitBytes ?? 64 * 2 ** 30
  let size = 0
  const counter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.length
      hash.update(chunk)
      done(size > limitBytes ? new RangeError(`the layer is larger than ${limitBytes} bytes`) : null, chunk)
    },
  })
  const entries = extract()
  tar.on('error', error => counter.destroy(error))
  counter.on('error', error => entries.destroy(error))
  // tar-stream stops at the end mark; what follows belongs to the digest as well, so the counter reads on by itself.
  const finished = new Promise<void>((resolve, reject) => counter.on('end', resolve).on('error', reject))
  finished.catch(() => {})
  tar.pipe(counter).pipe(entries)
  try {
    for await (const entry of entries) await writer.add(entry)
    counter.resume()
    await finished
  } finally {
    tar.destroy()
  }
  writer.finish()
  const diffId = `sha256:${hash.digest('hex')}`
  if (options.diffId !== undefined && diffId !== options.diffId) {
    throw new Error(`layer has digest ${diffId}, but the image config says ${options.diffId}`)
  }
  return { diffId, sizeBytes: writer.sizeBytes }
}

/** Chosen by the magic number: media types in the field are not to be relied on. */
function decompressor(blob: string): Transform {
  const magic = Buffer.alloc(4)
  const fd = fs.openSync(blob, 'r')
  fs.readSync(fd, magic, 0, 4, 0)
  fs.closeSync(fd)
  if (magic[0] === 0x1f && magic[1] === 0x8b) return createGunzip()
  if (magic.readUInt32LE(0) === 0xfd2fb528) return createZstdDecompress()
  return new Transform({ transform: (chunk, _encoding, done) => done(null, chunk) })
}

class LayerWriter {
  sizeBytes = 0
  readonly #view: MergedView
  readonly #target: string
  readonly #privileged: boolean
  readonly #limitEntries: number
  readonly #directoryTimes = new Map<string, Date>()
  readonly #nodes: string[][] = []
  #entries = 0

  constructor(options: Pick<UnpackOptions, 'target' | 'below' | 'privileged' | 'limitEntries'>) {
    this.#target = options.target
    this.#view = new MergedView([options.target, ...options.below])
    this.#privileged = options.privileged
    this.#limitEntries = options.limitEntries ?? 2_000_000
  }

  async add(entry: TarEntry): Promise<void> {
    const header = entry.header
    if (++this.#entries > this.#limitEntries)
      throw new RangeError(`the layer has more than ${this.#limitEntries} entries`)
    const names = segments(header.name)
    if (names.includes('..')) throw new RangeError(`entry ${JSON.stringify(header.name)} of the layer leaves the root`)
    if (header.name.includes('\0') || header.name.length > 4096)
      throw new RangeError('an entry of the layer has a bad name')
    const base = names.at(-1)
    if (base === undefined) {
      if (header.type === 'directory') this.#setMetadata('', header)
      entry.resume()
      return
    }
    const parent = this.#view.resolve(names.slice(0, -1).join('/'))
    if (base.startsWith(whiteoutPrefix)) {
      this.#remove(parent, base)
      entry.resume()
      return
    }
    this.ensureDirectory(parent)
    const path = parent === '' ? base : `${parent}/${base}`
    await this.#create(path, header, entry)
  }

  /** Makes the folder, and those above it, exist in this layer; one that is below keeps its mode and owner. */
  ensureDirectory(path: string): void {
    const hostPath = join(this.#target, path)
    const own = fs.lstatSync(hostPath, { throwIfNoEntry: false })
    if (own?.isDirectory()) return
    if (path !== '') this.ensureDirectory(path.includes('/') ? dirname(path) : '')
    if (own) fs.rmSync(hostPath, { force: true })
    const below = this.#view.lookup(path)
    fs.mkdirSync(hostPath, { recursive: path === '', mode: 0o755 })
    if (!below?.stat.isDirectory()) return
    if (this.#privileged) fs.chownSync(hostPath, below.stat.uid, below.stat.gid)
    fs.chmodSync(hostPath, this.#mode(below.stat.mode, true))
    fs.utimesSync(hostPath, below.stat.atime, below.stat.mtime)
  }

  /** Writes what had to wait: device nodes, whiteouts, and the times of folders. */
  finish(): void {
    for (const path of this.#view.removed) this.#whiteOut(path)
    for (const path of this.#view.opaque) this.#whiteOutContents(path)
    if (this.#nodes.length > 0) {
      const script = this.#nodes.map(args => `mknod ${args.map(quote).join(' ')}`).join('\n')
      execFileSync('sh', ['-e'], { input: script, stdio: ['pipe', 'ignore', 'pipe'] })
    }
    for (const [path, mtime] of this.#directoryTimes) {
      if (fs.lstatSync(path, { throwIfNoEntry: false })?.isDirectory()) fs.utimesSync(path, mtime, mtime)
    }
  }

  async #create(path: string, header: Header, entry: TarEntry): Promise<void> {
    const hostPath = join(this.#target, path)
    const existing = fs.lstatSync(hostPath, { throwIfNoEntry: false })
    if (header.type === 'directory') {
      if (!existing?.isDirectory()) {
        if (existing) fs.rmSync(hostPath)
        fs.mkdirSync(hostPath, 0o755)
      }
      this.#setMetadata(path, header)
      entry.resume()
      return
    }
    if (existing) fs.rmSync(hostPath, { recursive: true })
    switch (header.type) {
      case 'file':
      case 'contiguous-file':
        await this.#writeFile(hostPath, entry)
        break
      case 'link':
        this.#link(hostPath, header)
        entry.resume()
        // The other name already carries owner, mode and time.
        return
      case 'symlink':
        fs.symlinkSync(header.linkname ?? '', hostPath)
        break
      case 'fifo':
        this.#nodes.push(['-m', octal(header), hostPath, 'p'])
        break
      case 'character-device':
      case 'block-device':
        if (this.#privileged) {
          const kind = header.type === 'block-device' ? 'b' : 'c'
          this.#nodes.push([
            '-m',
            octal(header),
            hostPath,
            kind,
            String(header.devmajor ?? 0),
            String(header.devminor ?? 0),
          ])
        }
        break
      default:
        break
    }
    entry.resume()
    if (fs.lstatSync(hostPath, { throwIfNoEntry: false })) this.#setMetadata(path, header)
  }

  async #writeFile(hostPath: string, entry: TarEntry): Promise<void> {
    const { O_CREAT, O_EXCL, O_WRONLY, O_NOFOLLOW } = fs.constants
    const fd = fs.openSync(hostPath, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW, 0o600)
    try {
      for await (const chunk of entry) {
        const bytes = chunk as Uint8Array
        fs.writeSync(fd, bytes)
        this.sizeBytes += bytes.length
      }
    } finally {
      fs.closeSync(fd)
    }
  }

  /** A hard link; to a file of a lower layer it becomes a copy, as overlayfs would copy it up. */
  #link(hostPath: string, header: Header): void {
    const names = segments(header.linkname ?? '')
    if (names.includes('..'))
      throw new RangeError(`hard link ${JSON.stringify(header.linkname)} of the layer leaves the root`)
    const source = this.#view.lookup(this.#view.resolve(names.join('/'), false))
    if (!source || source.stat.isDirectory()) {
      throw new Error(
        `hard link ${JSON.stringify(header.name)}: there is no file ${JSON.stringify(header.linkname)} in the image`,
      )
    }
    if (source.layer === 0) {
      fs.linkSync(source.hostPath, hostPath)
      return
    }
    if (source.stat.isSymbolicLink()) {
      fs.symlinkSync(fs.readlinkSync(source.hostPath), hostPath)
      return
    }
    fs.copyFileSync(source.hostPath, hostPath, fs.constants.COPYFILE_FICLONE)
    if (this.#privileged) fs.chownSync(hostPath, source.stat.uid, source.stat.gid)
    fs.chmodSync(hostPath, this.#mode(source.stat.mode, false))
    fs.utimesSync(hostPath, source.stat.atime, source.stat.mtime)
    this.sizeBytes += source.stat.size
  }

  #setMetadata(path: string, header: Header): void {
    const hostPath = join(this.#target, path)
    const mtime = header.mtime ?? new Date(0)
    if (this.#privileged) fs.lchownSync(hostPath, header.uid ?? 0, header.gid ?? 0)
    if (header.type === 'symlink') {
      fs.lutimesSync(hostPath, mtime, mtime)
      return
    }
    // After chown, which clears the set-id bits.
    fs.chmodSync(hostPath, this.#mode(header.mode ?? 0o755, header.type === 'directory'))
    if (header.type === 'directory') this.#directoryTimes.set(hostPath, mtime)
    else fs.utimesSync(hostPath, mtime, mtime)
  }

  /** Who does not own the files must still be able to enter and remove folders. */
  #mode(mode: number, directory: boolean): number {
    return (mode & 0o7777) | (this.#privileged ? 0 : directory ? 0o700 : 0o400)
  }

  #remove(parent: string, base: string): void {
    if (base === opaqueName) {
      if (this.#view.lookup(parent)) this.#view.opaque.add(parent)
      return
    }
    const name = base.slice(whiteoutPrefix.length)
    // ".wh..wh." names are aufs' own; a name that is no name cannot be removed.
    if (name === '' || name === '.' || name === '..' || name.startsWith(whiteoutPrefix)) return
    this.#view.removed.add(parent === '' ? name : `${parent}/${name}`)
  }

  #whiteOut(path: string): void {
    const own = fs.lstatSync(join(this.#target, path), { throwIfNoEntry: false })
    if (own?.isDirectory()) this.#whiteOutContents(path)
    if (own || !this.#view.lookupBelow(path)) return
    const parent = path.includes('/') ? dirname(path) : ''
    // Whoever removed the folder removed this with it.
    if (parent !== '' && !this.#view.lookup(parent)?.stat.isDirectory()) return
    this.ensureDirectory(parent)
    this.#nodes.push([join(this.#target, path), 'c', '0', '0'])
  }

  #whiteOutContents(path: string): void {
    for (const name of this.#view.namesBelow(path)) this.#whiteOut(path === '' ? name : `${path}/${name}`)
  }
}

function octal(header: Header): string {
  return ((header.mode ?? 0o644) & 0o777).toString(8)
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
