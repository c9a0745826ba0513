/**
 * The scripts that turn a process into a container. Three stages, each a POSIX shell reading a file of the container's
 * folder, so that everything can be looked at:
 *
 *   keeper  outside; lives as long as the container and longer. Holds the FIFOs open, runs `init` in the foreground,
 *           writes the exit code in one write, waits until the output was read. Builtins only: after its first fork
 *           the new pid namespace has its init, and there must be no other.
 *   init    process 1 of the container: writes down its pid as the host sees it, enters its cgroups, a mount namespace.
 *   setup   mounts the root and changes into it (pivot_root), mounts the volumes *inside*, where the kernel resolves
 *           symlinks as the container would see them, lets go of the old root, drops rights, and becomes the program.
 *
 * The old root hangs under a name that no image can know beforehand, so no volume can be mounted over it.
 */
import { existsSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { release } from 'node:os'
import type { IsolationLevel } from './isolation.ts'
import type { ProcessSpec } from './records.ts'
import type { FstabEntry } from './shell.ts'
import { quote, quoteAll } from './shell.ts'
import { type Tool, toolCommand } from './tools.ts'

export const keeperScript = `# $1: the container's folder, $2: file for the exit code, $3: tty|pipes, then cgroup.procs files to enter.
cd "$1" || exit 1
exits=$2 mode=$3
shift 3
for entrance; do echo 0 >"$entrance"; done
exec 4<>stdout 5<stdout 6>stdout 4>&-
exec 9<>control
if [ "$mode" = tty ]; then
  # script(1) makes the terminal; the new pid namespace has to begin below it.
  SHELL=/bin/sh script -qfec 'exec sh ./spawn' /dev/null <>stdin >&6 2>&1 5<&- 6>&- 9<&-
  code=$?
else
  exec 4<>stderr 7<stderr 8>stderr 4>&-
  sh ./init <stdin >&6 2>&8 5<&- 6>&- 7<&- 8>&- 9<&-
  code=$?
  exec 8>&-
fi
# Writers gone, readers kept: what the container wrote last stays in the FIFOs until it was read.
exec 6>&- 3>&-
echo "$code" >"$exits"
read -r _ <&9
`

export interface InitOptions {
  readonly level: IsolationLevel
  /** cgroup.procs files. */
  readonly entrances: readonly string[]
  readonly tty: boolean
  /** A cgroup namespace, so that the container sees its group as the root. */
  readonly cgroupNamespace: boolean
}

/** The first stage inside. */
export function initScript(options: InitOptions): string {
  const lines = ['set -e', "trap '' PIPE", 'exec 4>&2 2>error']
  if (options.tty) lines.push('tty >terminal')
  if (options.level === 'plain') {
    lines.push('echo $$ >pid', 'exec sh ./setup')
  } else {
    // The host's /proc tells the pid in the host's pid namespace, whatever namespace the reader is in.
    lines.push('read -r pid rest </proc/self/stat', 'echo "$pid" >pid')
    for (const entrance of options.entrances) lines.push(`echo 0 >${quote(entrance)}`)
    lines.push(`exec unshare -m ${options.cgroupNamespace ? '-C ' : ''}--propagation slave sh ./setup`)
  }
  return script(lines)
}

/** Between script(1) and init: a shell outside the pid namespace that waits for its first process. */
export function spawnScript(enter: readonly string[]): string {
  return script([`exec ${quoteAll([...enter, 'sh', '-c', 'sh ./init; exit $?'])}`])
}

export interface SetupOptions {
  readonly level: IsolationLevel
  readonly directory: string
  readonly toolsAt: string
  readonly toolsLoader: string | undefined
  readonly spec: ProcessSpec
  readonly tty: boolean
  readonly privileged: boolean
  readonly readonlyRootfs: boolean
  /** Files that have to exist before something can be mounted on them. */
  readonly fileTargets: readonly string[]
  /** The volumes come in two parts when a file is mounted inside another volume. */
  readonly volumeTables: readonly string[]
}

/** The second stage: from a mount namespace to the running program. */
export function setupScript(options: SetupOptions): string {
  const { toolsAt, toolsLoader, spec } = options
  const tool = (name: Tool, ...args: string[]): string =>
    quoteAll([...toolCommand(toolsLoader, toolsAt, name), ...args])
  const old = `${toolsAt}/old`
  const lines = ['set -e', 'umask 022', 'mount -a -T fstab']
  if (options.privileged) lines.push('cp -ax /dev/. root/dev/')
  lines.push('cd root', `pivot_root . .${old}`, 'cd /')
  const [first, ...rest] = options.volumeTables
  const mountTable = (name: string): void =>
    void lines.push(tool('mount', '-a', '-T', `${old}${options.directory}/${name}`))
  if (rest.length > 0 && first !== undefined) mountTable(first)
  for (const target of options.fileTargets) {
    const parent = target.slice(0, target.lastIndexOf('/')) || '/'
    lines.push(`[ -e ${quote(target)} ] || { ${tool('mkdir', '-p', parent)}; : >${quote(target)}; }`)
  }
  for (const table of rest.length > 0 ? rest : options.volumeTables) mountTable(table)
  lines.push(tool('umount', '-l', old), `[ ! -e ${quote(`${old}/proc`)} ]`)
  if (options.readonlyRootfs) lines.push(tool('mount', '-o', 'remount,bind,ro', '/'))
  lines.push(`cd ${quote(spec.cwd)}`, 'trap - PIPE', 'echo started >&3', 'exec 2>&4 3>&- 4>&-', 'set +e', 'umask 0022')
  lines.push(`exec ${quoteAll(programCommand(options.level, toolsLoader, toolsAt, spec, options.tty))}`)
  return script(lines)
}

/** Without namespaces: a folder as the working directory, and the image's programs first in PATH. */
export function plainSetupScript(spec: ProcessSpec): string {
  const lines = ['set -e', `cd ${quote(spec.cwd)}`, 'trap - PIPE', 'echo started >&3', 'exec 2>&4 3>&- 4>&-']
  return script([...lines, `exec ${quoteAll(['env', '-i', ...spec.env, ...spec.argv])}`])
}

/** The words that drop rights and become the program, inside the container's root. */
export function programCommand(
  level: IsolationLevel,
  loader: string | undefined,
  at: string,
  spec: ProcessSpec,
  tty: boolean,
): string[] {
  const words = tty ? [...toolCommand(loader, at, 'setsid'), '-c'] : []
  words.push(...toolCommand(loader, at, 'setpriv'))
  if (level === 'root') {
    words.push('--reuid', String(spec.uid), '--regid', String(spec.gid))
    words.push(...(spec.groups.length > 0 ? ['--groups', spec.groups.join(',')] : ['--clear-groups']))
  }
  if (spec.capabilities !== 'all') {
    words.push('--bounding-set', ['-all', ...spec.capabilities.map(name => `+${name}`)].join(','), '--inh-caps', '-all')
  }
  if (spec.noNewPrivs) words.push('--no-new-privs')
  words.push('--')
  if (level === 'user' && (spec.uid !== 0 || spec.gid !== 0)) {
    // One id is all that is mapped; another is had by mapping it once more.
    words.push(...toolCommand(loader, at, 'unshare'), '-U', `--map-user=${spec.uid}`, `--map-group=${spec.gid}`, '--')
  }
  words.push(...toolCommand(loader, at, 'env'), '-i', ...spec.env, ...spec.argv)
  return words
}

export interface RootOptions {
  readonly level: IsolationLevel
  readonly directory: string
  readonly layers: readonly string[]
  readonly toolsDirectory: string
  readonly toolsAt: string
  readonly privileged: boolean
  readonly hostPid: boolean
}

/** What is mounted before the root is changed. Layers are named relative to the container's folder: see `l`. */
export function rootTable(options: RootOptions): FstabEntry[] {
  const { level, privileged } = options
  const root = `${options.directory}/root`
  const user = level === 'user'
  const nodev = privileged ? '' : ',nodev'
  const entry = (source: string, path: string, type: string, opts: string): FstabEntry => ({
    source,
    target: root + path,
    type,
    options: opts,
  })
  // Without `volatile` (Linux 5.10) the end of a container waits until the whole disk is synchronised. Its upper folder
  // is never mounted twice, so nothing is lost that a restart would have kept.
  const volatile = kernelAtLeast(5, 10) ? ',volatile' : ''
  const overlay = `lowerdir=${options.layers.join(':')},upperdir=upper,workdir=work${volatile}${user ? ',userxattr' : ''}${nodev}`
  const table = [
    entry('overlay', '', 'overlay', overlay),
    user && options.hostPid
      ? entry('/proc', '/proc', 'none', 'rbind')
      : entry('proc', '/proc', 'proc', 'nosuid,nodev,noexec'),
    // A sysfs of one's own shows a network namespace, which in a user namespace is not ours.
    user
      ? entry('/sys', '/sys', 'none', 'rbind')
      : entry('sysfs', '/sys', 'sysfs', `nosuid,nodev,noexec,${privileged ? 'rw' : 'ro'}`),
    privileged
      ? entry('tmpfs', '/dev', 'tmpfs', 'mode=755,size=65536k,nosuid,strictatime')
      : entry(`${options.directory}/dev`, '/dev', 'none', 'bind,nosuid,nodev'),
    entry(
      'devpts',
      '/dev/pts',
      'devpts',
      `newinstance,ptmxmode=0666,mode=0620${user ? '' : ',gid=5'},nosuid,noexec,X-mount.mkdir`,
    ),
    entry('shm', '/dev/shm', 'tmpfs', 'mode=1777,size=65536k,nosuid,nodev,noexec,X-mount.mkdir'),
    entry('mqueue', '/dev/mqueue', 'mqueue', 'nosuid,nodev,noexec,X-mount.mkdir'),
  ]
  if (!privileged) for (const name of deviceNames) table.push(entry(`/dev/${name}`, `/dev/${name}`, 'none', 'bind'))
  table.push(entry(options.toolsDirectory, options.toolsAt, 'none', 'bind,ro,nosuid,nodev,X-mount.mkdir'))
  return table
}

/** Nodes that every container has; bound from the host, so that no other device of a container works. */
const deviceNames = ['null', 'zero', 'full', 'random', 'urandom', 'tty'] as const

/** Fills the folder that becomes /dev. It lies on a file system that may forbid devices: the nodes are mounted. */
export function prepareDev(directory: string, toolsAt: string): void {
  for (const name of ['', 'pts', 'shm', 'mqueue', toolsAt.replace(/^\/dev\//, '')]) {
    mkdirSync(`${directory}/${name}`, { mode: 0o755 })
  }
  for (const name of deviceNames) writeFileSync(`${directory}/${name}`, '', { mode: 0o666 })
  symlinkSync('/proc/self/fd', `${directory}/fd`)
  for (const [fd, name] of ['stdin', 'stdout', 'stderr'].entries())
    symlinkSync(`/proc/self/fd/${fd}`, `${directory}/${name}`)
  symlinkSync('pts/ptmx', `${directory}/ptmx`)
}

/** Paths of /proc and /sys that runc hides or makes read-only by default. */
export function protectedTable(): FstabEntry[] {
  const masked = [
    '/proc/acpi',
    '/proc/asound',
    '/proc/kcore',
    '/proc/keys',
    '/proc/latency_stats',
    '/proc/timer_list',
    '/proc/timer_stats',
    '/proc/sched_debug',
    '/proc/scsi',
    '/sys/firmware',
    '/sys/devices/virtual/powercap',
  ]
  const readonly = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger']
  const there = (path: string): boolean => existsSync(path)
  return [
    ...masked
      .filter(there)
      .map(target =>
        statSync(target).isDirectory()
          ? { source: 'tmpfs', target, type: 'tmpfs', options: 'ro,size=0' }
          : { source: '/dev/null', target, type: 'none', options: 'bind' },
      ),
    ...readonly.filter(there).map(path => ({ source: path, target: path, type: 'none', options: 'bind,ro' })),
  ]
}

function kernelAtLeast(major: number, minor: number): boolean {
  const [a = 0, b = 0] = release().split('.').map(Number)
  return a > major || (a === major && b >= minor)
}

function script(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`
}
