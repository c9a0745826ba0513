/**
 * Fills a container's folder: the scripts, the mount tables, the FIFOs. After this, starting is one spawn.
 * Sources of volumes are resolved here, on the host; targets never are: the kernel does that inside the container.
 */
import * as fs from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { MergedView } from '../../image/index.ts'
import { runCommand } from '../../network/index.ts'
import { type ContainerConfig, type Mount, RuntimeError } from '../index.ts'
import type { IsolationLevel } from './isolation.ts'
import {
  initScript,
  plainSetupScript,
  prepareDev,
  protectedTable,
  rootTable,
  setupScript,
  spawnScript,
} from './launch.ts'
import { enterSandbox } from './namespaces.ts'
import type { ContainerRecord, SandboxRecord } from './records.ts'
import { type FstabEntry, fstab } from './shell.ts'

export interface ContainerFilesOptions {
  readonly level: IsolationLevel
  readonly directory: string
  readonly sandboxDirectory: string
  readonly record: ContainerRecord
  readonly sandbox: SandboxRecord
  readonly layers: readonly string[]
  readonly toolsDirectory: string
  readonly entrances: readonly string[]
  readonly cgroupNamespace: boolean
}

export async function writeContainerFiles(options: ContainerFilesOptions): Promise<void> {
  const { directory, level, record, sandbox } = options
  const { config } = record
  const fifos = [
    ...(config.stdin || config.tty ? ['stdin'] : []),
    'stdout',
    ...(config.tty ? [] : ['stderr']),
    'control',
  ]
  const made = runCommand(['mkfifo', '-m', '600', ...fifos.map(name => join(directory, name))])
  if (!config.stdin && !config.tty) fs.symlinkSync('/dev/null', join(directory, 'stdin'))
  const write = (name: string, text: string): void => fs.writeFileSync(join(directory, name), text, { mode: 0o600 })
  write('log-path', join(sandbox.config.logDirectory, config.logPath))
  write(
    'init',
    initScript({ level, entrances: options.entrances, tty: config.tty, cgroupNamespace: options.cgroupNamespace }),
  )
  if (config.tty) {
    const enter = enterSandbox(level, sandbox, options.sandboxDirectory)
    write('spawn', spawnScript(enter))
  }
  if (level === 'plain') writePlain(options, write)
  else writeIsolated(options, write)
  await made
}

function writeIsolated(options: ContainerFilesOptions, write: (name: string, text: string) => void): void {
  const { directory, level, record, sandbox } = options
  const { securityContext: security } = record.config
  const { toolsAt, toolsLoader } = record
  for (const name of ['root', 'upper', 'work']) fs.mkdirSync(join(directory, name), { mode: 0o755 })
  const [top = ''] = options.layers
  fs.symlinkSync(dirname(top), join(directory, 'l'))
  requireFolders(options.layers, join(directory, 'upper'))
  if (!security.privileged) prepareDev(join(directory, 'dev'), toolsAt)
  const root = rootTable({
    level,
    directory,
    layers: options.layers.map(layer => `l/${layer.slice(dirname(top).length + 1)}`),
    toolsDirectory: options.toolsDirectory,
    toolsAt,
    privileged: security.privileged,
    hostPid: sandbox.config.hostPid,
  })
  write('fstab', fstab(root))
  const volumes = volumeEntries(options)
  const files = volumes.filter(volume => !volume.directory)
  const folders = volumes.filter(volume => volume.directory)
  const late = security.privileged ? [] : protectedTable()
  const nested = files.some(file => folders.some(folder => file.entry.target.startsWith(`${folder.entry.target}/`)))
  const tables: [string, FstabEntry[]][] = nested
    ? [
        ['fstab.folders', folders.map(v => v.entry)],
        ['fstab.files', [...files.map(v => v.entry), ...late]],
      ]
    : [['fstab.volumes', [...folders, ...files].map(v => v.entry).concat(late)]]
  for (const [name, entries] of tables) write(name, fstab(entries))
  write(
    'setup',
    setupScript({
      level,
      directory,
      toolsAt,
      toolsLoader,
      spec: record.process,
      tty: record.config.tty,
      privileged: security.privileged,
      readonlyRootfs: security.readonlyRootfs,
      fileTargets: files.map(file => file.entry.target),
      volumeTables: tables.filter(([, entries]) => entries.length > 0).map(([name]) => name),
    }),
  )
}

function writePlain(options: ContainerFilesOptions, write: (name: string, text: string) => void): void {
  const root = join(options.directory, 'root')
  fs.mkdirSync(options.record.process.cwd, { recursive: true })
  for (const mount of options.record.config.mounts) {
    const target = join(root, posix.resolve('/', mount.containerPath))
    fs.mkdirSync(dirname(target), { recursive: true })
    if (!fs.existsSync(target)) fs.symlinkSync(mount.hostPath, target)
  }
  write('setup', plainSetupScript(options.record.process))
}

/** The working directory and the kernel's file systems need folders; an image where they are something else is refused. */
function requireFolders(layers: readonly string[], upper: string): void {
  const view = new MergedView(layers)
  for (const name of ['proc', 'sys', 'dev']) {
    const found = view.lookup(name)
    if (!found) fs.mkdirSync(join(upper, name), { mode: 0o755 })
    else if (!found.stat.isDirectory())
      throw new RuntimeError('CreateContainerError', `/${name} of the image is not a folder`)
  }
}

interface Volume {
  readonly directory: boolean
  readonly entry: FstabEntry
}

function volumeEntries(options: ContainerFilesOptions): Volume[] {
  const { record, sandboxDirectory } = options
  const { mounts, securityContext: security } = record.config
  const all = [...mounts]
  for (const name of ['hosts', 'hostname', 'resolv.conf']) {
    const containerPath = `/etc/${name}`
    if (mounts.some(mount => posix.resolve('/', mount.containerPath) === containerPath)) continue
    all.push({ containerPath, hostPath: join(sandboxDirectory, name), readonly: security.readonlyRootfs })
  }
  return all
    .map(mount => volume(mount, `${record.toolsAt}/old`, security.privileged))
    .sort((a, b) => a.entry.target.split('/').length - b.entry.target.split('/').length)
}

function volume(mount: Mount, oldRoot: string, privileged: boolean): Volume {
  const refuse = (why: string): RuntimeError =>
    new RuntimeError(
      'CreateContainerError',
      `cannot mount ${JSON.stringify(mount.hostPath)} at ${JSON.stringify(mount.containerPath)}: ${why}`,
    )
  const target = posix.resolve('/', mount.containerPath)
  if (target === '/') throw refuse('the root cannot be a volume')
  if (mount.propagation === 'bidirectional') throw refuse('Bidirectional propagation is not supported by this runtime')
  let source: string
  try {
    source = fs.realpathSync(mount.hostPath)
  } catch (error) {
    throw refuse(
      (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'the source does not exist' : (error as Error).message,
    )
  }
  const opts = ['rbind', mount.propagation === 'host-to-container' ? 'rslave' : 'rprivate']
  if (mount.readonly) opts.push('ro')
  // A device made in a volume is of no use, unless the host's own devices were asked for.
  if (!privileged && source !== '/dev' && !source.startsWith('/dev/')) opts.push('nodev')
  const directory = fs.statSync(source).isDirectory()
  if (directory) opts.push('X-mount.mkdir')
  return { directory, entry: { source: oldRoot + source, target, type: 'none', options: opts.join(',') } }
}

/** Where the tools hang in a container: unpredictable, and outside of /dev where that is not ours alone. */
export function toolsPath(id: string, config: ContainerConfig): string {
  const ownDev =
    !config.securityContext.privileged &&
    !config.mounts.some(mount => posix.resolve('/', mount.containerPath) === '/dev')
  return `${ownDev ? '/dev' : ''}/.petrel-${id.slice(0, 24)}`
}
