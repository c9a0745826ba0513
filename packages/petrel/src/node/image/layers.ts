/**
 * Unpacked layers, one folder each, named by ChainID: `layers/<32 hex digits>`. Images that start alike share them.
 * A folder appears under its name only when it is whole. Names are short because overlayfs takes all of them in one
 * mount option of 4096 bytes.
 */
import { execFile } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync } from 'node:fs'
import { access, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { digestHex } from './oci.ts'
import { unpackInWorker } from './unpack-worker.ts'

const run = promisify(execFile)

export class LayerStore {
  readonly directory: string
  readonly #privileged: boolean
  /** Unpacking in progress, so that two pulls of one layer do the work once. */
  readonly #running = new Map<string, Promise<void>>()

  constructor(directory: string, privileged: boolean) {
    this.directory = join(directory, 'layers')
    this.#privileged = privileged
    mkdirSync(this.directory, { recursive: true })
  }

  path(chainId: string): string {
    return join(this.directory, digestHex(chainId).slice(0, 32))
  }

  async has(chainId: string): Promise<boolean> {
    return access(this.path(chainId)).then(
      () => true,
      () => false,
    )
  }

  /** Unpacks `blob` as the layer `chain[index]`; those below must be there. */
  async unpack(blob: string, diffId: string, chain: readonly string[], index: number): Promise<void> {
    const chainId = chain[index]
    if (chainId === undefined) throw new RangeError(`there is no layer ${index}`)
    if (await this.has(chainId)) return
    const running = this.#running.get(chainId)
    if (running) return running
    const work = this.#unpack(blob, diffId, chain.slice(0, index), chainId).finally(() => this.#running.delete(chainId))
    this.#running.set(chainId, work)
    return work
  }

  /** Removes the folders of no chain in `keep`, and what broken unpacking left. */
  async collect(keep: ReadonlySet<string>): Promise<number> {
    const names = new Set([...keep].map(chainId => digestHex(chainId).slice(0, 32)))
    let removed = 0
    for (const name of await readdir(this.directory)) {
      if (names.has(name) || (name.startsWith('tmp-') && this.#running.size > 0)) continue
      await rm(join(this.directory, name), { recursive: true, force: true })
      removed++
    }
    return removed
  }

  /** Waits until what was unpacked is on the disk: a name must never outlive its layers through a power cut. */
  async sync(): Promise<void> {
    await run('sync', ['-f', this.directory])
  }

  async #unpack(blob: string, diffId: string, below: readonly string[], chainId: string): Promise<void> {
    const target = mkdtempSync(join(this.directory, 'tmp-'))
    chmodSync(target, 0o755)
    try {
      const lower = below.map(id => this.path(id)).reverse()
      await unpackInWorker({ blob, target, below: lower, diffId, privileged: this.#privileged })
      await rename(target, this.path(chainId))
    } catch (error) {
      await rm(target, { recursive: true, force: true })
      throw error
    }
  }
}
