/**
 * The namespaces that the containers of a pod share. As root they are pinned by bind mounts below the sandbox's folder
 * and need no process; a pid namespace always needs one (`holder`), and so does a user namespace. `enter` are the words
 * that put a program into them.
 */
import { spawn } from 'node:child_process'
import * as fs from 'node:fs'
import { join } from 'node:path'
import { runCommand } from '../../network/index.ts'
import { type PodSandboxConfig, RuntimeError } from '../index.ts'
import type { IsolationLevel } from './isolation.ts'
import { identify, killTree, type ProcessIdentity } from './proc.ts'
import type { SandboxRecord } from './records.ts'
import { quote } from './shell.ts'

/** Sysctls that belong to a namespace of the pod (kubelet's namespaced list). */
const namespacedSysctl = /^(kernel\.(shm\w+|msg\w+|sem)|fs\.mqueue\.[\w.]+|net\.[\w./-]+)$/

/** Reaps what is orphaned in a shared pid namespace; ends with a signal. */
const pauseScript = 'trap "exit 0" TERM INT; while :; do sleep 2147483 & wait; done'

export interface Namespaces {
  readonly netns?: string
  readonly holder?: ProcessIdentity
}

/** Whether this pod gets a network of its own. */
export function ownNetwork(level: IsolationLevel, config: PodSandboxConfig, hasPodNetwork: boolean): boolean {
  return level === 'root' && !config.hostNetwork && hasPodNetwork
}

export async function createNamespaces(
  level: IsolationLevel,
  directory: string,
  config: PodSandboxConfig,
  network: boolean,
  entrances: readonly string[],
): Promise<Namespaces> {
  if (level === 'plain') return {}
  const setup = sandboxSetup(level, config, level === 'root' && network)
  if (level === 'user') return { holder: await startHolder(userHolder(config), setup, entrances) }

  const pins = pinned(directory, config, network)
  fs.mkdirSync(join(directory, 'ns'), { recursive: true })
  for (const { path } of pins) fs.writeFileSync(path, '')
  const flags = pins.map(({ kind, path }) => `--${kind}=${path}`)
  if (flags.length > 0) await runCommand(['unshare', ...flags, 'sh', '-c', setup])
  const netns = pins.find(pin => pin.kind === 'net')?.path
  const enter = enterNamespaces({ config, ...(netns ? { netns } : {}) }, directory)
  const shared = config.shareProcessNamespace && !config.hostPid
  const holder = shared
    ? await startHolder([...enter, 'unshare', '-p', '-f', '--kill-child'], ':', entrances)
    : undefined
  return { ...(netns ? { netns } : {}), ...(holder ? { holder } : {}) }
}

/** Words before a program that put it into the pod's namespaces, except the pid namespace of its own. */
export function enterNamespaces(sandbox: Pick<SandboxRecord, 'config' | 'netns'>, directory: string): string[] {
  const pins = pinned(directory, sandbox.config, sandbox.netns !== undefined)
  return pins.length === 0 ? [] : ['nsenter', ...pins.map(({ kind, path }) => `--${kind}=${path}`)]
}

/** Words that put a program into the pod's namespaces and make its next child the first of its pid namespace. */
export function enterSandbox(level: IsolationLevel, sandbox: SandboxRecord, directory: string): string[] {
  if (level === 'plain') return []
  const { config, holder } = sandbox
  if (level === 'user') {
    const join = [
      'nsenter',
      '-t',
      String(holder?.pid ?? 0),
      '-U',
      '--preserve-credentials',
      '-u',
      ...(config.hostIpc ? [] : ['-i']),
    ]
    if (config.hostPid) return join
    if (config.shareProcessNamespace) return [...join, `--pid=/proc/${holder?.pid}/ns/pid_for_children`, '-F']
    return [...join, 'unshare', '-p']
  }
  const enter = enterNamespaces(sandbox, directory)
  if (config.hostPid) return enter
  if (config.shareProcessNamespace) {
    return [...(enter.length > 0 ? enter : ['nsenter']), `--pid=/proc/${holder?.pid}/ns/pid_for_children`, '-F']
  }
  return [...enter, 'unshare', '-p']
}

export async function releaseNamespaces(sandbox: SandboxRecord, directory: string): Promise<void> {
  killTree(sandbox.holder)
  const folder = join(directory, 'ns')
  const pins = fs.existsSync(folder) ? fs.readdirSync(folder).map(name => join(folder, name)) : []
  const mounted = pins.filter(path => isMountPoint(path, folder))
  if (mounted.length > 0) await runCommand(['umount', '-l', ...mounted])
  for (const path of pins) fs.rmSync(path, { force: true })
}

/** Whether the namespaces that the sandbox pinned are still there. */
export function namespacesAlive(sandbox: SandboxRecord, directory: string): boolean {
  if (sandbox.holder && identify(sandbox.holder.pid)?.startTime !== sandbox.holder.startTime) return false
  const folder = join(directory, 'ns')
  return !fs.existsSync(folder) || fs.readdirSync(folder).every(name => isMountPoint(join(folder, name), folder))
}

function pinned(
  directory: string,
  config: PodSandboxConfig,
  network: boolean,
): { kind: 'net' | 'ipc' | 'uts'; path: string }[] {
  const kinds = [
    ...(network ? (['net'] as const) : []),
    ...(config.hostIpc ? [] : (['ipc'] as const)),
    ...(config.hostNetwork ? [] : (['uts'] as const)),
  ]
  return kinds.map(kind => ({ kind, path: join(directory, 'ns', kind) }))
}

function sandboxSetup(level: IsolationLevel, config: PodSandboxConfig, network: boolean): string {
  const lines = ['set -e']
  // The file belongs to the machine's root, whoever owns the namespace: in a user namespace it takes the system call.
  if (level === 'user') lines.push(`hostname ${quote(config.hostname)}`)
  else if (!config.hostNetwork) lines.push(`printf %s ${quote(config.hostname)} >/proc/sys/kernel/hostname`)
  const sysctls: Record<string, string> = network
    ? // As containerd 2 does: ports below 1024 and ping need no rights inside a pod.
      { 'net.ipv4.ip_unprivileged_port_start': '0', 'net.ipv4.ping_group_range': '0 2147483647', ...config.sysctls }
    : { ...config.sysctls }
  for (const [name, value] of Object.entries(sysctls)) {
    if (!namespacedSysctl.test(name) || name.includes('..')) {
      throw new RuntimeError('CreatePodSandboxError', `sysctl "${name}" is not namespaced: a pod cannot set it`)
    }
    if (name.startsWith('net.') && !network) {
      throw new RuntimeError(
        'CreatePodSandboxError',
        `sysctl "${name}" needs a network namespace, which this pod does not have`,
      )
    }
    lines.push(`printf %s ${quote(value)} >/proc/sys/${name.replaceAll('.', '/')}`)
  }
  return lines.join('\n')
}

function userHolder(config: PodSandboxConfig): string[] {
  const shared = config.shareProcessNamespace && !config.hostPid
  return [
    'unshare',
    '-U',
    '-r',
    '-u',
    ...(config.hostIpc ? [] : ['-i']),
    ...(shared ? ['-p', '-f', '--kill-child'] : []),
  ]
}

/** Starts the process that keeps a namespace; resolves when it has done its setup. */
function startHolder(enter: readonly string[], setup: string, entrances: readonly string[]): Promise<ProcessIdentity> {
  const first = entrances.map(path => `echo 0 >${quote(path)}`).join('\n')
  const inner = `${setup}\necho ready >&3\nexec 3>&-\n${pauseScript}`
  const [program = 'sh', ...args] = ['sh', '-c', `${first}\nexec "$@"`, 'petrel-pod', ...enter, 'sh', '-c', inner]
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { detached: true, stdio: ['ignore', 'ignore', 'pipe', 'pipe'] })
    let words = ''
    child.stderr?.on('data', (chunk: Buffer) => {
      words += chunk.toString()
    })
    child.on('error', reject)
    child.on('exit', code => reject(new Error(`the pod's holder ended with ${code}: ${words.trim()}`)))
    child.stdio[3]?.once('data', () => {
      const identity = identify(child.pid ?? 0)
      for (const stream of [child.stderr, child.stdio[3]]) (stream as import('node:net').Socket | null)?.destroy()
      child.unref()
      if (identity) resolve(identity)
      else reject(new Error("the pod's holder ended at once"))
    })
  })
}

/** A mount has another device number than its folder. */
function isMountPoint(path: string, folder: string): boolean {
  return fs.lstatSync(path, { throwIfNoEntry: false })?.dev !== fs.statSync(folder).dev
}
