/**
 * The files of one container's log: the one being written and those set aside as `<file>.<time>`, in the order in which
 * they were written. A file is known by its inode, since rotation renames it while it is being read.
 */
import { type FileHandle, open, readdir, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

export interface LogFile {
  readonly handle: FileHandle
  readonly inode: number
  readonly modifiedMs: number
}

/** All of them, oldest first. The caller closes the handles. */
export async function openLogFiles(path: string): Promise<LogFile[]> {
  const files: LogFile[] = []
  // The current one first: were it rotated in between, it would be found again under its new name and not missed.
  const current = await openFile(path)
  for (const name of await rotated(path)) {
    const file = await openFile(name)
    if (file && file.inode !== current?.inode && !files.some(({ inode }) => inode === file.inode)) files.push(file)
    else await file?.handle.close()
  }
  return current ? [...files, current] : files
}

/** The file that follows the one with this inode; undefined when that is still the last. */
export async function openNextFile(path: string, inode: number | undefined): Promise<LogFile | undefined> {
  if (inode !== undefined && (await inodeOf(path)) === inode) return undefined
  const files = await openLogFiles(path)
  const at = files.findIndex(file => file.inode === inode)
  // A reader whose file is gone goes on with the oldest there is.
  const next = files[at + 1]
  await Promise.all(files.filter(file => file !== next).map(({ handle }) => handle.close()))
  return next
}

async function rotated(path: string): Promise<string[]> {
  const prefix = `${basename(path)}.`
  const names = await readdir(dirname(path)).catch(absent(() => [] as string[]))
  return names
    .filter(name => name.startsWith(prefix) && !/\.(gz|tmp)$/.test(name))
    .sort()
    .map(name => join(dirname(path), name))
}

async function openFile(path: string): Promise<LogFile | undefined> {
  const handle = await open(path, 'r').catch(absent(() => undefined))
  if (!handle) return undefined
  const { ino, mtimeMs } = await handle.stat()
  return { handle, inode: ino, modifiedMs: mtimeMs }
}

async function inodeOf(path: string): Promise<number | undefined> {
  return (await stat(path).catch(absent(() => undefined)))?.ino
}

/** A file that is not there (yet, or any more) is an answer; everything else is an error. */
function absent<T>(value: () => T): (error: NodeJS.ErrnoException) => T {
  return error => {
    if (error.code === 'ENOENT') return value()
    throw error
  }
}
