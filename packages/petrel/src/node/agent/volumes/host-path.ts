/** hostPath volumes: the path must be what its type says, or is made so (pkg/volume/hostpath). */
import type { Stats } from 'node:fs'
import { mkdir, open, stat } from 'node:fs/promises'

/** Rejects with the words of the FailedMount event. */
export async function ensureHostPath(path: string, type: string): Promise<void> {
  const found = await stat(path).catch(() => undefined)
  switch (type) {
    case '':
      // Not checked: but a bind mount needs something to bind.
      if (!found) await mkdir(path, { recursive: true })
      return
    case 'DirectoryOrCreate':
      if (!found) await mkdir(path, { recursive: true, mode: 0o755 })
      else require(found.isDirectory(), path, 'directory')
      return
    case 'FileOrCreate':
      if (!found) await (await open(path, 'a', 0o644)).close()
      else require(found.isFile(), path, 'file')
      return
    default:
      require(isOfType(found, type), path, names[type] ?? type)
  }
}

const names: Readonly<Record<string, string>> = {
  Directory: 'directory',
  File: 'file',
  Socket: 'socket',
  CharDevice: 'character device',
  BlockDevice: 'block device',
}

function isOfType(found: Stats | undefined, type: string): boolean {
  if (!found) return false
  if (type === 'Directory') return found.isDirectory()
  if (type === 'File') return found.isFile()
  if (type === 'Socket') return found.isSocket()
  if (type === 'CharDevice') return found.isCharacterDevice()
  return type === 'BlockDevice' && found.isBlockDevice()
}

function require(holds: boolean, path: string, what: string): void {
  if (!holds) throw new Error(`hostPath type check failed: ${path} is not a ${what}`)
}
