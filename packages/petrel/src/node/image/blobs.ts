/**
 * Content by digest: `blobs/sha256/<hex>`. A blob appears under its name only when its bytes were hashed and agree,
 * by rename; what is being written lives in `ingest/`, named by the digest it should have, so that a broken download
 * is continued.
 */
import { createHash } from 'node:crypto'
import { createReadStream, mkdirSync } from 'node:fs'
import { open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { digestHex, sha256 } from './oci.ts'

const partialKeptMs = 24 * 3600 * 1000

export class BlobStore {
  readonly #blobs: string
  readonly #ingest: string
  #sequence = 0

  constructor(directory: string) {
    this.#blobs = join(directory, 'blobs', 'sha256')
    this.#ingest = join(directory, 'ingest')
    mkdirSync(this.#blobs, { recursive: true })
    mkdirSync(this.#ingest, { recursive: true })
  }

  path(digest: string): string {
    return join(this.#blobs, digestHex(digest))
  }

  async has(digest: string): Promise<boolean> {
    return (await this.size(digest)) !== undefined
  }

  async size(digest: string): Promise<number | undefined> {
    return (await stat(this.path(digest)).catch(absent))?.size
  }

  read(digest: string): Promise<Buffer> {
    return readFile(this.path(digest))
  }

  /** Stores a small document and returns its digest. */
  async put(bytes: Uint8Array): Promise<string> {
    const digest = sha256(bytes)
    const temporary = this.#temporary()
    await writeFile(temporary, bytes)
    await rename(temporary, this.path(digest))
    return digest
  }

  /** Stores a stream of unknown digest (an entry of an archive); returns digest and size. */
  async putStream(source: AsyncIterable<Uint8Array>, limitBytes: number): Promise<{ digest: string; size: number }> {
    const temporary = this.#temporary()
    try {
      const { digest, size } = await this.#write(source, temporary, 0, limitBytes)
      await rename(temporary, this.path(digest))
      return { digest, size }
    } catch (error) {
      await rm(temporary, { force: true })
      throw error
    }
  }

  /** Bytes of `digest` that an earlier, broken download left. */
  async partial(digest: string): Promise<number> {
    return (await stat(this.#partialPath(digest)).catch(absent))?.size ?? 0
  }

  /**
   * Continues the download of `digest` at `offset` and commits it. Rejects, and forgets the bytes, when the whole
   * does not hash to `digest`; rejects and keeps them when the source broke off.
   */
  async ingest(digest: string, source: AsyncIterable<Uint8Array>, offset: number, sizeBytes: number): Promise<void> {
    const path = this.#partialPath(digest)
    const { digest: actual, size } = await this.#write(source, path, offset, sizeBytes)
    if (size < sizeBytes) throw new Error(`blob ${digest} broke off after ${size} of ${sizeBytes} bytes`)
    if (actual !== digest) {
      await rm(path, { force: true })
      throw new DigestMismatch(`blob has digest ${actual}, expected ${digest}`)
    }
    await rename(path, this.path(digest))
  }

  async remove(digest: string): Promise<void> {
    await rm(this.path(digest), { force: true })
  }

  /** Removes every blob that is not in `keep`, and what has lain unfinished for a day. Returns how many. */
  async collect(keep: ReadonlySet<string>, now: number): Promise<number> {
    let removed = 0
    for (const name of await readdir(this.#blobs)) {
      if (keep.has(`sha256:${name}`)) continue
      await rm(join(this.#blobs, name), { force: true })
      removed++
    }
    for (const name of await readdir(this.#ingest)) {
      const path = join(this.#ingest, name)
      const written = (await stat(path).catch(absent))?.mtimeMs ?? now
      if (now - written > partialKeptMs) await rm(path, { force: true })
    }
    return removed
  }

  #partialPath(digest: string): string {
    return join(this.#ingest, digestHex(digest))
  }

  #temporary(): string {
    return join(this.#ingest, `tmp-${process.pid}-${this.#sequence++}`)
  }

  async #write(
    source: AsyncIterable<Uint8Array>,
    path: string,
    offset: number,
    limitBytes: number,
  ): Promise<{ digest: string; size: number }> {
    const hash = createHash('sha256')
    if (offset > 0) for await (const chunk of createReadStream(path, { end: offset - 1 })) hash.update(chunk as Buffer)
    let size = offset
    const file = await open(path, offset > 0 ? 'r+' : 'w')
    try {
      // By hand rather than by a pipeline, which throws away what it holds when the source breaks off.
      for await (const chunk of source) {
        if (size + chunk.length > limitBytes)
          throw new RangeError(`more than the ${limitBytes} bytes that are allowed here`)
        hash.update(chunk)
        await file.write(chunk, 0, chunk.length, size)
        size += chunk.length
      }
    } finally {
      await file.close()
    }
    return { digest: `sha256:${hash.digest('hex')}`, size }
  }
}

/** The bytes are not those that the digest names; trying the same source again is no use. */
export class DigestMismatch extends Error {
  override readonly name = 'DigestMismatch'
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT') return undefined
  throw error
}
