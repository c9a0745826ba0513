/**
 * The containers of a node: made, started, watched, stopped, forgotten. A container is known by its record on disk; it
 * has ended when its keeper wrote the exit code to `exits/<id>`, which one inotify watch tells for all of them, before
 * and after a restart of the agent alike.
 */
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import * as fs from 'node:fs'
import type { Socket } from 'node:net'
import * as os from 'node:os'
import { join } from 'node:path'
import type { Clock, Logger, Timer } from '../../../base/index.ts'
import type { ImageStore } from '../../image/index.ts'
import { runCommand } from '../../network/index.ts'
import { type ContainerConfig, RuntimeError } from '../index.ts'
import type { Cgroups } from './cgroups.ts'
import { toolsPath, writeContainerFiles } from './container-files.ts'
import type { IsolationLevel } from './isolation.ts'
import { enterSandbox } from './namespaces.ts'
import { bootId, identify, isAlive, killTree, signalProcess } from './proc.ts'
import { missingProgram, plainSpec, processSpec } from './process-spec.ts'
import { type ContainerRecord, readRecords, type SandboxRecord, writeRecord } from './records.ts'
import type { ShimClient } from './shim-client.ts'
import type { Tools } from './tools.ts'

export interface ContainersOptions {
  /** The runtime's folder. */
  readonly directory: string
  readonly level: IsolationLevel
  readonly cgroups: Cgroups | undefined
  readonly tools: Tools | undefined
  readonly images: ImageStore
  readonly shim: ShimClient
  readonly clock: Clock
  readonly log: Logger
  /** cgroup.procs files that take a keeper out of the agent's own group. */
  readonly keeperEntrances: readonly string[]
  readonly onChange: (type: 'created' | 'started' | 'stopped' | 'deleted', record: ContainerRecord) => void
}

/** Containers whose keeper was killed are looked after by asking for their process this often. */
const lookMs = 2000
/** How long a container's end may wait for the last of its log. */
const drainMs = 2000

export class Containers {
  readonly records = new Map<string, ContainerRecord>()
  readonly #options: ContainersOptions
  readonly #directory: string
  readonly #exits: string
  readonly #ends = new Map<string, PromiseWithResolvers<void>>()
  readonly #ending = new Set<string>()
  #watcher: fs.FSWatcher | undefined
  #timer: Timer | undefined

  constructor(options: ContainersOptions) {
    this.#options = options
    this.#directory = join(options.directory, 'containers')
    this.#exits = join(options.directory, 'exits')
  }

  /** Reads what an earlier agent left, takes over what runs, and learns how the rest ended. */
  async adopt(): Promise<void> {
    fs.mkdirSync(this.#exits, { recursive: true })
    const records = readRecords<ContainerRecord>(this.#directory, (directory, error) => {
      this.#options.log.warn('removing what is left of a container', { directory, err: error })
      fs.rmSync(directory, { recursive: true, force: true })
    })
    for (const record of records) this.records.set(record.id, record)
    this.#watcher = fs.watch(this.#exits, (_event, name) => {
      if (name) this.#ended(name)
    })
    this.#watcher.on('error', error => this.#options.log.error('cannot watch for ends of containers', { err: error }))
    const boot = bootId()
    for (const record of records) {
      // Killed between spawning and writing down: the pid file knows.
      if (record.state === 'created') this.#recognise(record, boot)
      if (record.state !== 'running') continue
      if (fs.existsSync(join(this.#exits, record.id))) this.#ended(record.id)
      else if (record.bootId !== boot || !this.#lives(record)) this.#lost(record)
      else this.#options.shim.add(record.id)
    }
    this.#look()
    await Promise.all([...this.#ending].map(id => this.#ends.get(id)?.promise))
  }

  get(id: string): ContainerRecord {
    const record = this.records.get(id)
    if (!record) throw new RuntimeError('NotFound', `container "${id}": not found`)
    return record
  }

  folder(id: string): string {
    return join(this.#directory, id)
  }

  async create(sandbox: SandboxRecord, sandboxDirectory: string, config: ContainerConfig): Promise<ContainerRecord> {
    const { level, cgroups, tools } = this.#options
    const image = await this.#options.images.resolve(config.image)
    const id = randomBytes(32).toString('hex')
    const directory = this.folder(id)
    const spec = processSpec(image, config, sandbox.config)
    const record: ContainerRecord = {
      id,
      podSandboxId: sandbox.id,
      config,
      createdAt: this.#options.clock.now(),
      imageRef: image.id,
      stopSignal: image.config.stopSignal,
      process: level === 'plain' ? plainSpec(spec, image.layers, join(directory, 'root')) : spec,
      cgroup: `pod-${sandbox.id.slice(0, 32)}/${id.slice(0, 32)}`,
      toolsAt: toolsPath(id, config),
      toolsLoader: tools?.loader,
      bootId: bootId(),
      state: 'created',
      startedAt: 0,
      finishedAt: 0,
      exitCode: 0,
      reason: '',
      message: '',
    }
    fs.mkdirSync(directory, { recursive: true, mode: 0o711 })
    try {
      cgroups?.create(record.cgroup, config.resources)
      await writeContainerFiles({
        level,
        directory,
        sandboxDirectory,
        record,
        sandbox,
        layers: image.layers,
        toolsDirectory: tools?.directory ?? '',
        entrances: cgroups?.entrances(record.cgroup) ?? [],
        cgroupNamespace: level === 'root' && !config.securityContext.privileged,
      })
      const missing =
        level === 'plain'
          ? undefined
          : missingProgram(
              image.layers,
              spec,
              config.mounts.map(m => m.containerPath),
            )
      if (missing) fs.writeFileSync(join(directory, 'missing'), missing)
      writeRecord(directory, record)
    } catch (error) {
      cgroups?.remove(record.cgroup)
      fs.rmSync(directory, { recursive: true, force: true })
      throw error instanceof RuntimeError
        ? error
        : new RuntimeError('CreateContainerError', (error as Error).message, { cause: error })
    }
    this.records.set(id, record)
    this.#options.onChange('created', record)
    return record
  }

  async start(record: ContainerRecord, sandbox: SandboxRecord, sandboxDirectory: string): Promise<void> {
    if (record.state !== 'created')
      throw new RuntimeError('RunContainerError', `container "${record.id}" is ${record.state}, not created`)
    const directory = this.folder(record.id)
    const missing = join(directory, 'missing')
    if (fs.existsSync(missing)) return this.#failStart(record, fs.readFileSync(missing, 'utf8'))
    const { level, keeperEntrances } = this.#options
    const { config } = record
    this.#ends.set(record.id, Promise.withResolvers())
    if (config.stdin && !config.tty) record.stdinHolder = await this.#holdStdin(directory)
    const enter = config.tty ? [] : enterSandbox(level, sandbox, sandboxDirectory)
    const keeper = join(this.#options.directory, 'keeper')
    const words = [
      'sh',
      keeper,
      directory,
      join(this.#exits, record.id),
      config.tty ? 'tty' : 'pipes',
      ...keeperEntrances,
    ]
    const [program = 'sh', ...args] = [...enter, ...words]
    const errors = fs.openSync(join(directory, 'keeper.log'), 'a', 0o600)
    const child = spawn(program, args, {
      cwd: directory,
      detached: true,
      stdio: ['ignore', 'ignore', errors, 'pipe'],
      env: { PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/usr/bin:/sbin:/bin` },
    })
    fs.closeSync(errors)
    child.unref()
    const started = await new Promise<boolean>(resolve => {
      const ready = child.stdio[3] as Socket
      ready.on('data', () => resolve(true))
      ready.on('close', () => resolve(false))
      ready.on('error', () => resolve(false))
      child.on('error', () => resolve(false))
    })
    ;(child.stdio[3] as Socket).destroy()
    const keeperIdentity = identify(child.pid ?? 0)
    if (keeperIdentity) record.keeper = keeperIdentity
    if (!started) {
      killTree(record.keeper)
      this.#kill(record)
      const words = ['error', 'keeper.log'].map(name => readIfThere(join(directory, name)).trim()).filter(Boolean)
      return this.#failStart(record, words.join('; ') || 'the container ended before its program was started')
    }
    const init = identify(Number(readIfThere(join(directory, 'pid'))))
    if (init) record.init = init
    record.state = 'running'
    record.startedAt = this.#options.clock.now()
    writeRecord(directory, record)
    this.#options.shim.add(record.id)
    this.#options.onChange('started', record)
    if (fs.existsSync(join(this.#exits, record.id))) this.#ended(record.id)
  }

  /** Resolves when the container has ended. */
  async stop(record: ContainerRecord, graceMs: number): Promise<void> {
    if (record.state !== 'running') return
    const end = this.#ends.get(record.id)
    if (graceMs > 0) {
      signalProcess(record.init, parseSignal(record.stopSignal))
      const { promise, resolve } = Promise.withResolvers<void>()
      const timer = this.#options.clock.after(graceMs, resolve)
      await Promise.race([end?.promise, promise])
      timer.cancel()
    }
    // The record changes behind the compiler's back.
    if ((record.state as string) === 'exited') return
    this.#kill(record)
    await end?.promise
  }

  async remove(record: ContainerRecord): Promise<void> {
    await this.stop(record, 0)
    killTree(record.keeper)
    signalProcess(record.stdinHolder, 'SIGKILL')
    this.#options.cgroups?.remove(record.cgroup)
    await removeFolder(this.folder(record.id))
    fs.rmSync(join(this.#exits, record.id), { force: true })
    this.#ends.delete(record.id)
    if (this.records.delete(record.id)) this.#options.onChange('deleted', record)
  }

  close(): void {
    this.#watcher?.close()
    this.#timer?.cancel()
  }

  /** SIGKILL for everything in the container. */
  #kill(record: ContainerRecord): void {
    // The first process takes its pid namespace along; the group gets what lives in a shared one.
    signalProcess(record.init, 'SIGKILL')
    if (this.#options.cgroups) this.#options.cgroups.kill(record.cgroup)
    else killTree(record.init)
  }

  #failStart(record: ContainerRecord, why: string): never {
    record.state = 'exited'
    record.startedAt = record.finishedAt = this.#options.clock.now()
    record.exitCode = 128
    record.reason = 'StartError'
    record.message = why
    writeRecord(this.folder(record.id), record)
    fs.rmSync(join(this.#exits, record.id), { force: true })
    this.#ends.get(record.id)?.resolve()
    this.#options.onChange('stopped', record)
    throw new RuntimeError('RunContainerError', why)
  }

  async #holdStdin(directory: string): Promise<NonNullable<ContainerRecord['stdinHolder']>> {
    const script = 'for entrance; do echo 0 >"$entrance"; done; exec sleep 2147483647 <>stdin'
    const child = spawn('sh', ['-c', script, 'stdin', ...this.#options.keeperEntrances], {
      cwd: directory,
      detached: true,
      stdio: 'ignore',
    })
    child.unref()
    await new Promise<void>((resolve, reject) => child.once('spawn', resolve).once('error', reject))
    const identity = identify(child.pid ?? 0)
    if (!identity) throw new RuntimeError('RunContainerError', 'the holder of stdin ended at once')
    return identity
  }

  #recognise(record: ContainerRecord, boot: string): void {
    const init = identify(Number(readIfThere(join(this.folder(record.id), 'pid'))))
    const ended = fs.existsSync(join(this.#exits, record.id))
    if (record.bootId !== boot || (!init && !ended)) return
    if (init) record.init = init
    record.state = 'running'
    record.startedAt =
      fs.statSync(join(this.folder(record.id), 'pid'), { throwIfNoEntry: false })?.mtimeMs ?? this.#options.clock.now()
    writeRecord(this.folder(record.id), record)
  }

  #lives(record: ContainerRecord): boolean {
    if (!this.#ends.has(record.id)) this.#ends.set(record.id, Promise.withResolvers())
    return isAlive(record.init)
  }

  /** Called for every change of the exit file; the code is there once its line is whole. */
  #ended(id: string): void {
    const record = this.records.get(id)
    if (record?.state !== 'running' || this.#ending.has(id)) return
    const text = readIfThere(join(this.#exits, id))
    if (!text.endsWith('\n')) return
    const at = fs.statSync(join(this.#exits, id)).mtimeMs
    this.#finish(record, Number(text), at, '')
  }

  /** Nobody is left who could tell the exit code. */
  #lost(record: ContainerRecord): void {
    if (this.#ending.has(record.id)) return
    this.#finish(
      record,
      255,
      this.#options.clock.now(),
      'the exit code is not known: the machine or the keeper was restarted',
    )
  }

  #finish(record: ContainerRecord, exitCode: number, finishedAt: number, message: string): void {
    this.#ending.add(record.id)
    if (!this.#ends.has(record.id)) this.#ends.set(record.id, Promise.withResolvers())
    this.#complete(record, exitCode, finishedAt, message).catch((error: unknown) => {
      this.#options.log.error('cannot finish a container', { container: record.id, err: error })
    })
  }

  async #complete(record: ContainerRecord, exitCode: number, finishedAt: number, message: string): Promise<void> {
    const { cgroups, shim } = this.#options
    const killed = (cgroups?.oomKills(record.cgroup) ?? 0) > 0
    // In a shared pid namespace the others do not go with the first process.
    cgroups?.kill(record.cgroup)
    await shim.drained(record.id, drainMs)
    signalProcess(record.stdinHolder, 'SIGKILL')
    record.state = 'exited'
    record.exitCode = exitCode
    // The time of a file lags behind the clock by up to a tick.
    record.finishedAt = Math.max(Math.round(finishedAt), record.startedAt)
    record.reason =
      killed && exitCode !== 0 ? 'OOMKilled' : message ? 'Unknown' : exitCode === 0 ? 'Completed' : 'Error'
    record.message = message
    cgroups?.remove(record.cgroup)
    if (this.records.has(record.id)) writeRecord(this.folder(record.id), record)
    this.#ending.delete(record.id)
    this.#ends.get(record.id)?.resolve()
    this.#options.onChange('stopped', record)
  }

  #look(): void {
    this.#timer = this.#options.clock.after(lookMs, () => {
      for (const record of this.records.values()) {
        if (record.state !== 'running' || this.#ending.has(record.id) || isAlive(record.init)) continue
        // The keeper is about to write, unless it is gone too.
        if (fs.existsSync(join(this.#exits, record.id))) this.#ended(record.id)
        else if (!isAlive(record.keeper)) this.#lost(record)
      }
      this.#look()
    })
  }
}

function parseSignal(text: string): number {
  const { signals } = os.constants
  const name = text.toUpperCase()
  const number = /^\d+$/.test(text)
    ? Number(text)
    : (signals[name as NodeJS.Signals] ?? signals[`SIG${name}` as NodeJS.Signals])
  return number ?? signals.SIGTERM
}

/** Also when it holds folders without rights, as overlayfs and containers make them: these stop everyone but root. */
async function removeFolder(folder: string): Promise<void> {
  if (process.getuid?.() !== 0 && fs.existsSync(folder)) await runCommand(['chmod', '-R', 'u+rwX', folder])
  await fs.promises.rm(folder, { recursive: true, force: true })
}

function readIfThere(path: string): string {
  try {
    return fs.readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw error
  }
}
