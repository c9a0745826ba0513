/**
 * The host's programs that set up a container, copied with their libraries into one folder that is bound read-only into
 * every container as `/dev/.petrel-<id>`. Inside, they run through their own loader, so nothing of the image is used:
 * once the root has changed, mount targets are resolved by the kernel inside the container, symlinks and all, and exec
 * finds setpriv there. The folder is named by what it was copied from; containers keep the one they started with.
 */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import * as fs from 'node:fs'
import { basename, delimiter, join } from 'node:path'

/** Program → what else it may be called. */
const wanted = ['sh', 'mount', 'umount', 'mkdir', 'setpriv', 'setsid', 'env', 'unshare'] as const
export type Tool = (typeof wanted)[number]

export interface Tools {
  readonly directory: string
  /** Relative to the folder; undefined when the programs are static. */
  readonly loader: string | undefined
}

export function findProgram(name: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/bin', '/sbin', '/bin']
  return folders.map(folder => join(folder, name)).find(path => folderHasProgram(path))
}

/** Copies the tools unless that was done before. Throws when one is missing. */
export function installTools(parent: string): Tools {
  const programs = wanted.map(name => {
    const path = findProgram(name)
    if (path === undefined) throw new Error(`program "${name}" is not installed`)
    return { name, path: fs.realpathSync(path) }
  })
  const stamp = createHash('sha256')
  for (const { path } of programs) stamp.update(`${path} ${fs.statSync(path).mtimeMs} ${fs.statSync(path).size}\n`)
  const directory = join(parent, `tools-${stamp.digest('hex').slice(0, 12)}`)
  if (!fs.existsSync(directory)) copyTools(programs, parent, directory)
  const loader = fs.readdirSync(join(directory, 'lib')).find(name => /^ld[-.]/.test(name))
  return { directory, loader: loader && `lib/${loader}` }
}

/** The words that run a tool when the folder is visible at `at`. */
export function toolCommand(loader: string | undefined, at: string, tool: Tool): string[] {
  const program = `${at}/bin/${tool}`
  return loader === undefined ? [program] : [`${at}/${loader}`, '--library-path', `${at}/lib`, program]
}

function copyTools(programs: readonly { name: string; path: string }[], parent: string, directory: string): void {
  fs.mkdirSync(parent, { recursive: true })
  const draft = fs.mkdtempSync(join(parent, 'tools-tmp-'))
  fs.chmodSync(draft, 0o755)
  // `old` is where the host's root hangs for a moment while a container changes its root.
  for (const folder of ['bin', 'lib', 'old']) fs.mkdirSync(join(draft, folder), { mode: 0o755 })
  for (const { name, path } of programs) {
    fs.copyFileSync(path, join(draft, 'bin', name), fs.constants.COPYFILE_FICLONE)
    fs.chmodSync(join(draft, 'bin', name), 0o755)
    for (const library of libraries(path)) {
      const target = join(draft, 'lib', basename(library))
      if (!fs.existsSync(target)) fs.copyFileSync(fs.realpathSync(library), target, fs.constants.COPYFILE_FICLONE)
      fs.chmodSync(target, 0o755)
    }
  }
  fs.renameSync(draft, directory)
}

function libraries(program: string): string[] {
  try {
    const listing = execFileSync('ldd', [program], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
    return [...listing.matchAll(/(?:^|\s)(\/\S+) \(0x/gm)].flatMap(([, path]) => path ?? [])
  } catch {
    // ldd fails for static programs, which need none.
    return []
  }
}

function folderHasProgram(path: string): boolean {
  try {
    fs.accessSync(path, fs.constants.X_OK)
    return fs.statSync(path).isFile()
  } catch {
    return false
  }
}
