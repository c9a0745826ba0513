/**
 * Control groups: limits, usage, and the one sure way to find every process of a container. Version 1 (one tree per
 * controller, also the hybrid layout) and version 2 (unified) behind one interface; paths are relative to our own root,
 * `petrel-<node>`, beside which nothing of others is touched.
 */
import * as fs from 'node:fs'
import { join } from 'node:path'
import type { Resources } from '../index.ts'
import { signalIfThere } from './proc.ts'

export interface Usage {
  readonly cpuUsageNanos: number
  readonly memoryWorkingSetBytes: number
}

export interface Cgroups {
  readonly description: string
  /** Makes the group, with the groups above it. */
  create(path: string, resources: Resources): void
  update(path: string, resources: Resources): void
  /** Files into which a process writes 0 to enter the group. */
  entrances(path: string): readonly string[]
  /**
   * Files into which a process writes 0 to leave the group of the agent, so that a service manager that ends the agent
   * does not end it too. None where the agent is in no such group: entering a group costs milliseconds.
   */
  leavingAgent(): readonly string[]
  /** A group below `path` that has no limits of its own and only keeps processes together; its entrance. */
  createTracking(path: string): string
  processes(path: string): readonly number[]
  usage(path: string): Usage | undefined
  /** How often the kernel killed a process in the group for lack of memory. */
  oomKills(path: string): number
  /** Kills every process in the group and below it. */
  kill(path: string): void
  /** Removes the group and those below it; false while processes are left. */
  remove(path: string): boolean
}

const periodMicros = 100_000

/** The groups of this machine, or why there are none. `rootName` is the name of our own root. */
export function detectCgroups(
  rootName: string,
  mountinfo = fs.readFileSync('/proc/self/mountinfo', 'utf8'),
): Cgroups | string {
  const mounts = mountinfo.split('\n').flatMap(line => {
    const [before = '', after = ''] = line.split(' - ')
    const [type = '', , options = ''] = after.split(' ')
    const path = before.split(' ')[4]
    return path && type.startsWith('cgroup') ? [{ path, type, controllers: options.split(',') }] : []
  })
  const v1 = new Map<string, string>()
  for (const controller of ['cpu', 'cpuacct', 'memory', 'pids']) {
    const mount = mounts.findLast(m => m.type === 'cgroup' && m.controllers.includes(controller))
    if (mount) v1.set(controller, mount.path)
  }
  const systemd = mounts.findLast(m => m.type === 'cgroup' && m.controllers.includes('name=systemd'))?.path
  const unified = mounts.findLast(m => m.type === 'cgroup2')
  try {
    if (v1.has('memory') || v1.has('pids')) return new CgroupsV1(v1, systemd, rootName)
    if (unified) return new CgroupsV2(unified.path, rootName)
  } catch (error) {
    return `cgroups cannot be written: ${(error as Error).message}`
  }
  return 'no cgroups are mounted'
}

class CgroupsV1 implements Cgroups {
  readonly description: string
  readonly #mounts: ReadonlyMap<string, string>
  readonly #rootName: string
  readonly #service: string | undefined

  constructor(mounts: ReadonlyMap<string, string>, systemd: string | undefined, rootName: string) {
    this.#mounts = mounts
    this.#rootName = rootName
    this.description = `cgroup v1 (${[...mounts.keys()].join(', ')})`
    for (const mount of new Set(mounts.values())) fs.mkdirSync(join(mount, rootName), { recursive: true })
    if (systemd !== undefined && ownGroup('name=systemd') !== '/') {
      this.#service = join(systemd, rootName)
      fs.mkdirSync(this.#service, { recursive: true })
    }
  }

  create(path: string, resources: Resources): void {
    for (const mount of new Set(this.#mounts.values()))
      fs.mkdirSync(join(mount, this.#rootName, path), { recursive: true })
    this.update(path, resources)
  }

  update(path: string, resources: Resources): void {
    const { cpuLimitMilli, cpuRequestMilli, memoryLimitBytes, pidsLimit } = resources
    if (cpuLimitMilli !== undefined) this.#write('cpu', path, 'cpu.cfs_quota_us', quota(cpuLimitMilli))
    if (cpuRequestMilli !== undefined) this.#write('cpu', path, 'cpu.shares', shares(cpuRequestMilli))
    if (memoryLimitBytes !== undefined) this.#setMemory(path, memoryLimitBytes)
    if (pidsLimit !== undefined) this.#write('pids', path, 'pids.max', pidsLimit)
  }

  entrances(path: string): string[] {
    return [...new Set(this.#mounts.values())].map(mount => join(mount, this.#rootName, path, 'cgroup.procs'))
  }

  leavingAgent(): string[] {
    return this.#service === undefined ? [] : [join(this.#service, 'cgroup.procs')]
  }

  createTracking(path: string): string {
    const group = this.#at('pids', path) ?? this.#at('memory', path) ?? ''
    fs.mkdirSync(group, { recursive: true })
    return join(group, 'cgroup.procs')
  }

  processes(path: string): number[] {
    return processesBelow(this.#at('pids', path) ?? this.#at('memory', path) ?? '')
  }

  usage(path: string): Usage | undefined {
    const cpu = readNumber(this.#at('cpuacct', path), 'cpuacct.usage')
    const memory = readNumber(this.#at('memory', path), 'memory.usage_in_bytes')
    if (cpu === undefined && memory === undefined) return undefined
    const inactive = readKey(this.#at('memory', path), 'memory.stat', 'total_inactive_file') ?? 0
    return { cpuUsageNanos: cpu ?? 0, memoryWorkingSetBytes: Math.max(0, (memory ?? 0) - inactive) }
  }

  oomKills(path: string): number {
    return readKey(this.#at('memory', path), 'memory.oom_control', 'oom_kill') ?? 0
  }

  kill(path: string): void {
    killAll(() => this.processes(path))
  }

  remove(path: string): boolean {
    return [...new Set(this.#mounts.values())]
      .map(mount => removeGroup(join(mount, this.#rootName, path)))
      .every(Boolean)
  }

  /** memory.memsw has to stay above memory.limit: which is written first depends on the direction. */
  #setMemory(path: string, bytes: number): void {
    const directory = this.#at('memory', path)
    const swap = directory !== undefined && fs.existsSync(join(directory, 'memory.memsw.limit_in_bytes'))
    const files = swap ? ['memory.limit_in_bytes', 'memory.memsw.limit_in_bytes'] : ['memory.limit_in_bytes']
    const current = readNumber(directory, 'memory.limit_in_bytes') ?? 0
    for (const file of bytes > current ? files.reverse() : files) this.#write('memory', path, file, bytes)
  }

  #at(controller: string, path: string): string | undefined {
    const mount = this.#mounts.get(controller)
    return mount === undefined ? undefined : join(mount, this.#rootName, path)
  }

  #write(controller: string, path: string, file: string, value: number): void {
    const directory = this.#at(controller, path)
    if (directory !== undefined) fs.writeFileSync(join(directory, file), String(value))
  }
}

class CgroupsV2 implements Cgroups {
  readonly description: string
  readonly #root: string
  readonly #controllers: readonly string[]

  constructor(mount: string, rootName: string) {
    this.#root = join(mount, rootName)
    const offered = fs.readFileSync(join(mount, 'cgroup.controllers'), 'utf8').trim().split(' ')
    this.#controllers = ['cpu', 'memory', 'pids'].filter(controller => offered.includes(controller))
    this.description = `cgroup v2 (${this.#controllers.join(', ') || 'no controllers, so no limits'})`
    this.#enable(mount)
    fs.mkdirSync(this.#root, { recursive: true })
    this.#enable(this.#root)
  }

  create(path: string, resources: Resources): void {
    const names = path.split('/')
    for (let i = 1; i < names.length; i++) {
      const above = join(this.#root, ...names.slice(0, i))
      fs.mkdirSync(above, { recursive: true })
      this.#enable(above)
    }
    fs.mkdirSync(join(this.#root, path), { recursive: true })
    this.update(path, resources)
  }

  update(path: string, resources: Resources): void {
    const { cpuLimitMilli, cpuRequestMilli, memoryLimitBytes, pidsLimit } = resources
    if (cpuLimitMilli !== undefined) this.#write('cpu', path, 'cpu.max', `${quota(cpuLimitMilli)} ${periodMicros}`)
    if (cpuRequestMilli !== undefined) this.#write('cpu', path, 'cpu.weight', weight(shares(cpuRequestMilli)))
    if (memoryLimitBytes !== undefined) {
      this.#write('memory', path, 'memory.max', memoryLimitBytes)
      if (fs.existsSync(join(this.#root, path, 'memory.swap.max'))) this.#write('memory', path, 'memory.swap.max', 0)
    }
    if (pidsLimit !== undefined) this.#write('pids', path, 'pids.max', pidsLimit)
  }

  entrances(path: string): string[] {
    return [join(this.#root, path, 'cgroup.procs')]
  }

  leavingAgent(): string[] {
    if (ownGroup('') === '/') return []
    this.create('keepers', {})
    return this.entrances('keepers')
  }

  createTracking(path: string): string {
    fs.mkdirSync(join(this.#root, path), { recursive: true })
    return join(this.#root, path, 'cgroup.procs')
  }

  processes(path: string): number[] {
    return processesBelow(join(this.#root, path))
  }

  usage(path: string): Usage | undefined {
    const directory = join(this.#root, path)
    const micros = readKey(directory, 'cpu.stat', 'usage_usec')
    if (micros === undefined) return undefined
    const memory = readNumber(directory, 'memory.current') ?? 0
    const inactive = readKey(directory, 'memory.stat', 'inactive_file') ?? 0
    return { cpuUsageNanos: micros * 1000, memoryWorkingSetBytes: Math.max(0, memory - inactive) }
  }

  oomKills(path: string): number {
    return readKey(join(this.#root, path), 'memory.events', 'oom_kill') ?? 0
  }

  kill(path: string): void {
    const file = join(this.#root, path, 'cgroup.kill')
    if (fs.existsSync(file)) fs.writeFileSync(file, '1')
    else killAll(() => this.processes(path))
  }

  remove(path: string): boolean {
    return removeGroup(join(this.#root, path))
  }

  #enable(directory: string): void {
    const file = join(directory, 'cgroup.subtree_control')
    const enabled = (read(directory, 'cgroup.subtree_control') ?? '').trim().split(' ')
    const missing = this.#controllers.filter(controller => !enabled.includes(controller))
    if (missing.length > 0) fs.writeFileSync(file, missing.map(controller => `+${controller}`).join(' '))
  }

  #write(controller: string, path: string, file: string, value: number | string): void {
    if (this.#controllers.includes(controller)) fs.writeFileSync(join(this.#root, path, file), String(value))
  }
}

/** kubelet's MilliCPUToQuota: at least a hundredth of a core, which is the kernel's minimum. */
function quota(milli: number): number {
  return Math.max(1000, Math.floor((milli * periodMicros) / 1000))
}

/** kubelet's MilliCPUToShares. */
function shares(milli: number): number {
  return Math.min(262_144, Math.max(2, Math.floor((milli * 1024) / 1000)))
}

/** KEP-2254: 2..262144 shares become 1..10000 weight. */
function weight(cpuShares: number): number {
  return Math.floor(1 + ((cpuShares - 2) * 9999) / 262_142)
}

/** The path of our own group in a version 1 tree, or with '' in the unified one. */
function ownGroup(controller: string): string {
  const lines = fs.readFileSync('/proc/self/cgroup', 'utf8').split('\n')
  const line = lines.find(l => l.split(':')[1] === controller)
  return line?.split(':').slice(2).join(':') ?? '/'
}

function processesBelow(directory: string): number[] {
  let names: fs.Dirent[]
  try {
    names = fs.readdirSync(directory, { withFileTypes: true })
  } catch (error) {
    if (gone(error)) return []
    throw error
  }
  const below = names.filter(name => name.isDirectory()).flatMap(name => processesBelow(join(directory, name.name)))
  const own = (read(directory, 'cgroup.procs') ?? '').split('\n').map(Number)
  return [...own, ...below].filter(pid => pid > 0)
}

/** A few rounds, since a process may fork while the list is read. */
function killAll(processes: () => readonly number[]): void {
  for (let round = 0; round < 20; round++) {
    const pids = processes()
    if (pids.length === 0) return
    for (const pid of pids) signalIfThere(pid, 'SIGKILL')
  }
}

function removeGroup(directory: string): boolean {
  try {
    for (const name of fs.readdirSync(directory, { withFileTypes: true })) {
      if (name.isDirectory() && !removeGroup(join(directory, name.name))) return false
    }
    fs.rmdirSync(directory)
    return true
  } catch (error) {
    if (gone(error)) return true
    if ((error as NodeJS.ErrnoException).code === 'EBUSY') return false
    throw error
  }
}

function read(directory: string | undefined, file: string): string | undefined {
  if (directory === undefined) return undefined
  try {
    return fs.readFileSync(join(directory, file), 'utf8')
  } catch (error) {
    if (gone(error)) return undefined
    throw error
  }
}

function readNumber(directory: string | undefined, file: string): number | undefined {
  const text = read(directory, file)
  return text === undefined ? undefined : Number(text)
}

function readKey(directory: string | undefined, file: string, key: string): number | undefined {
  const line = read(directory, file)
    ?.split('\n')
    .find(l => l.startsWith(`${key} `))
  return line === undefined ? undefined : Number(line.slice(key.length + 1))
}

function gone(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code
  return code === 'ENOENT' || code === 'ENODEV'
}
