/**
 * Processes as the kernel shows them in /proc. A process is known by its pid and its start time, so that a pid which
 * was given to another process is never taken for the old one.
 */
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

export interface ProcessIdentity {
  readonly pid: number
  /** Clock ticks since boot (proc(5) field 22); empty where there is no /proc. */
  readonly startTime: string
}

export function identify(pid: number): ProcessIdentity | undefined {
  if (pid <= 0) return undefined
  if (process.platform !== 'linux') return signalReaches(pid) ? { pid, startTime: '' } : undefined
  const fields = statFields(pid)
  return fields && fields[0] !== 'Z' ? { pid, startTime: fields[19] ?? '' } : undefined
}

/** Whether exactly this process still runs; a zombie does not. */
export function isAlive(identity: ProcessIdentity | undefined): boolean {
  if (!identity) return false
  return identify(identity.pid)?.startTime === identity.startTime
}

/** Sends a signal unless the process is gone; says whether it was there. */
export function signalProcess(identity: ProcessIdentity | undefined, signal: NodeJS.Signals | number): boolean {
  if (!identity || !isAlive(identity)) return false
  try {
    process.kill(identity.pid, signal)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
    throw error
  }
}

/** The process and everything that descends from it, parents first. */
export function processTree(root: number): number[] {
  const children = new Map<number, number[]>()
  for (const [pid, parent] of parents()) {
    const list = children.get(parent)
    if (list) list.push(pid)
    else children.set(parent, [pid])
  }
  const tree = [root]
  for (const pid of tree) tree.push(...(children.get(pid) ?? []))
  return tree
}

/** Kills the process with everything below it. Stopped first, so that nothing is forked behind our back. */
export function killTree(root: ProcessIdentity | undefined): void {
  if (!root || !isAlive(root)) return
  const pids = processTree(root.pid)
  for (const signal of ['SIGSTOP', 'SIGKILL'] as const) for (const pid of pids) signalIfThere(pid, signal)
}

export function signalIfThere(pid: number, signal: NodeJS.Signals | number): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** CPU time and resident memory of a tree: what stands in for cgroup figures where there are no cgroups. */
export function treeUsage(root: number): { cpuNanos: number; residentBytes: number } {
  let cpuNanos = 0
  let residentBytes = 0
  for (const pid of processTree(root)) {
    const fields = statFields(pid)
    if (!fields) continue
    // USER_HZ is 100 and pages are 4 KiB wherever Node's Linux builds run, but for arm64 kernels with larger pages.
    cpuNanos += (Number(fields[11]) + Number(fields[12])) * 10_000_000
    residentBytes += Number(fields[21]) * 4096
  }
  return { cpuNanos, residentBytes }
}

/** Tells one boot of the machine from the next; what ran before it runs no more. */
export function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {
    return ''
  }
}

/** The fields after the command name, which may itself hold blanks and brackets. */
function statFields(pid: number): string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  } catch {
    return undefined
  }
}

function parents(): [number, number][] {
  if (process.platform !== 'linux') {
    const lines = execFileSync('ps', ['-axo', 'pid=,ppid='], { encoding: 'utf8' }).split('\n')
    return lines.map(line => line.trim().split(/\s+/).map(Number) as [number, number])
  }
  const found: [number, number][] = []
  for (const name of readdirSync('/proc')) {
    const pid = Number(name)
    if (!Number.isInteger(pid)) continue
    const fields = statFields(pid)
    if (fields) found.push([pid, Number(fields[1])])
  }
  return found
}

function signalReaches(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
