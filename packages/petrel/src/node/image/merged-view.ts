/**
 * Layers seen as overlayfs shows them, without mounting: the topmost folder that has a path decides, a whiteout hides
 * what is below. Symlinks are followed inside the root only, so that no name leads out of it. Used to unpack a layer
 * onto those below, and to look into an image (users, programs, mount points) before a container exists.
 */
import { lstatSync, readdirSync, readlinkSync, type Stats } from 'node:fs'
import { join } from 'node:path'

export interface Found {
  /** The path inside the root, free of symlinks: `usr/bin/env`; the root itself is ''. */
  readonly path: string
  /** Where it lies on this machine. */
  readonly hostPath: string
  /** 0 is the topmost layer. */
  readonly layer: number
  readonly stat: Stats
}

const symlinkLimit = 255

export class MergedView {
  /** Topmost first. */
  readonly layers: readonly string[]
  /** Paths that a layer being unpacked removes from those below it, and folders whose lower contents it removes. */
  readonly removed = new Set<string>()
  readonly opaque = new Set<string>()

  constructor(layers: readonly string[]) {
    this.layers = layers
  }

  /** What is at a path whose folders are no symlinks; itself it may be one. */
  lookup(path: string): Found | undefined {
    for (let layer = 0; layer < this.layers.length; layer++) {
      if (layer > 0 && this.#hides(path)) return undefined
      const found = this.#lookupIn(layer, path)
      if (found === 'hidden') return undefined
      if (found) return found
    }
    return undefined
  }

  /** What is at `path` in the layers below the topmost. */
  lookupBelow(path: string): Found | undefined {
    for (let layer = 1; layer < this.layers.length; layer++) {
      const found = this.#lookupIn(layer, path)
      if (found === 'hidden') return undefined
      if (found) return found
    }
    return undefined
  }

  /**
   * Follows symlinks, absolute ones from the root of the image; `..` stops at the root. With `followLast` false the
   * last name is taken as it is. The names that do not exist are kept: the result may name nothing.
   * Throws RangeError for a loop.
   */
  resolve(path: string, followLast = true): string {
    let pending = segments(path)
    let done: string[] = []
    let followed = 0
    for (let name = pending.shift(); name !== undefined; name = pending.shift()) {
      if (name === '..') {
        done.pop()
        continue
      }
      const next = [...done, name]
      const found = !followLast && pending.length === 0 ? undefined : this.lookup(next.join('/'))
      if (!found?.stat.isSymbolicLink()) {
        done = next
        continue
      }
      if (++followed > symlinkLimit) throw new RangeError(`${JSON.stringify(path)}: too many symbolic links`)
      const target = readlinkSync(found.hostPath)
      if (target.startsWith('/')) done = []
      pending = [...segments(target), ...pending]
    }
    return done.join('/')
  }

  /** Follows symlinks and says what is there. */
  find(path: string): Found | undefined {
    return this.lookup(this.resolve(path))
  }

  /** Names in a folder of the layers below the topmost. */
  namesBelow(path: string): string[] {
    const names = new Map<string, boolean>()
    for (let layer = 1; layer < this.layers.length; layer++) {
      const found = this.#lookupIn(layer, path)
      if (found === 'hidden') break
      if (!found) continue
      if (!found.stat.isDirectory()) break
      for (const name of readdirSync(found.hostPath)) {
        if (!names.has(name)) names.set(name, !isWhiteout(lstatSync(join(found.hostPath, name))))
      }
    }
    return [...names].filter(([, visible]) => visible).map(([name]) => name)
  }

  #lookupIn(layer: number, path: string): Found | 'hidden' | undefined {
    const root = this.layers[layer]
    if (root === undefined) return undefined
    const names = path === '' ? [] : path.split('/')
    let hostPath = root
    let stat = lstat(hostPath)
    for (const name of names) {
      if (!stat) return undefined
      // A file, or a whiteout, in the place of a folder hides the folders of that name below.
      if (!stat.isDirectory()) return 'hidden'
      hostPath = join(hostPath, name)
      stat = lstat(hostPath)
    }
    if (!stat) return undefined
    return isWhiteout(stat) ? 'hidden' : { path, hostPath, layer, stat }
  }

  #hides(path: string): boolean {
    if (this.removed.size === 0 && this.opaque.size === 0) return false
    if (this.removed.has(path)) return true
    for (let end = path.lastIndexOf('/'); end >= 0; end = path.lastIndexOf('/', end - 1)) {
      const parent = path.slice(0, end)
      if (this.removed.has(parent) || this.opaque.has(parent)) return true
      if (end === 0) break
    }
    return path !== '' && this.opaque.has('')
  }
}

/** The names of a path; `.` and empty ones left out. */
export function segments(path: string): string[] {
  return path.split('/').filter(name => name !== '' && name !== '.')
}

/** overlayfs marks a removed name by a character device 0:0. */
function isWhiteout(stat: Stats): boolean {
  return stat.isCharacterDevice() && stat.rdev === 0
}

function lstat(path: string): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false })
}
