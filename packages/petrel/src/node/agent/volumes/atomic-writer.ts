/**
 * Writes the files of a volume so that readers see all of the old ones or all of the new ones (pkg/volume/util,
 * AtomicWriter): the files lie in a folder of their own, `..data` points to it and is replaced by a rename, and each name
 * at the top is a link through `..data`.
 */
import {
  chmod,
  chown,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Payload } from './payload.ts'

const dataLink = '..data'
const versionPrefix = '..version_'

/** `group` owns the files when given (fsGroup), and may read what the owner may. Resolves with false when nothing changed. */
export async function writePayload(folder: string, payload: Payload, group: number | undefined): Promise<boolean> {
  await mkdir(folder, { recursive: true, mode: 0o755 })
  const old = await readlink(join(folder, dataLink)).catch(() => undefined)
  if (old !== undefined && (await isSame(join(folder, old), payload))) {
    // The process may have died after it replaced `..data` and before it did this.
    await linkNames(folder, payload)
    return false
  }

  const fresh = await mkdtemp(join(folder, versionPrefix))
  await chmod(fresh, 0o755)
  for (const [path, { data, mode }] of payload) {
    const file = join(fresh, path)
    await mkdir(dirname(file), { recursive: true, mode: 0o755 })
    await writeFile(file, data)
    if (group !== undefined) await chown(file, -1, group)
    await chmod(file, group === undefined ? mode : mode | ((mode & 0o400) >> 3))
  }
  const next = join(folder, '..data_tmp')
  await rm(next, { force: true })
  await symlink(fresh.slice(folder.length + 1), next)
  await rename(next, join(folder, dataLink))
  await linkNames(folder, payload)
  // The old version, and what a process that died left half written.
  for (const name of await readdir(folder)) {
    const isOld = name.startsWith(versionPrefix) && join(folder, name) !== fresh
    if (isOld) await rm(join(folder, name), { recursive: true, force: true })
  }
  return true
}

async function linkNames(folder: string, payload: Payload): Promise<void> {
  const names = new Set([...payload.keys()].map(path => path.split('/')[0]!))
  for (const present of await readdir(folder)) {
    if (!present.startsWith('..') && !names.has(present)) await rm(join(folder, present), { force: true })
    names.delete(present)
  }
  for (const name of names) await symlink(join(dataLink, name), join(folder, name))
}

async function isSame(folder: string, payload: Payload): Promise<boolean> {
  const present = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])
  const files = present.filter(entry => entry.isFile())
  if (files.length !== payload.size) return false
  for (const [path, { data }] of payload) {
    const bytes = await readFile(join(folder, path)).catch(() => undefined)
    if (!bytes?.equals(data)) return false
  }
  return true
}
