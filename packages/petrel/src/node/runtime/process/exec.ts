/**
 * Processes in a running container: nsenter into its namespaces, its cgroup, then the same dropping of rights, user and
 * environment that its own program got. Each gets a tracking cgroup, so that a timeout ends everything it started.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import type { Readable, Writable } from 'node:stream'
import type { Clock } from '../../../base/index.ts'
import { type ExecOptions, type ExecResult, RuntimeError, type StreamSession } from '../index.ts'
import type { Cgroups } from './cgroups.ts'
import type { IsolationLevel } from './isolation.ts'
import { programCommand } from './launch.ts'
import { identify, killTree } from './proc.ts'
import type { ContainerRecord, SandboxRecord } from './records.ts'
import { quote, quoteAll } from './shell.ts'
import { toolCommand } from './tools.ts'

export interface ExecTarget {
  readonly level: IsolationLevel
  readonly container: ContainerRecord
  readonly sandbox: SandboxRecord
  readonly cgroups: Cgroups | undefined
  readonly directory: string
}

/** What CRI implementations keep of the output of ExecSync. */
const outputLimitBytes = 16 << 20
let sequence = 0

export async function execSync(
  target: ExecTarget,
  command: readonly string[],
  timeoutMs: number,
  clock: Clock,
): Promise<ExecResult> {
  const running = start(target, { command, stdin: false, stdout: true, stderr: true, tty: false })
  const collect = (stream: Readable | null): Buffer[] => {
    const chunks: Buffer[] = []
    let size = 0
    stream?.on('data', (chunk: Buffer) => {
      if (size < outputLimitBytes) chunks.push(chunk.subarray(0, outputLimitBytes - size))
      size += chunk.length
    })
    return chunks
  }
  const stdout = collect(running.child.stdout)
  const stderr = collect(running.child.stderr)
  let late = false
  const timer =
    timeoutMs > 0
      ? clock.after(timeoutMs, () => {
          late = true
          running.kill()
        })
      : undefined
  const exitCode = await running.exit
  timer?.cancel()
  if (late) {
    throw new RuntimeError(
      'Timeout',
      `failed to exec in container: timeout ${timeoutMs / 1000}s exceeded: context deadline exceeded`,
    )
  }
  return { exitCode, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr) }
}

export function execStream(target: ExecTarget, options: ExecOptions): StreamSession {
  const { child, exit, kill, terminal } = start(target, options)
  if (!options.stdin) child.stdin?.end()
  child.stdin?.on('error', () => {})
  if (!options.stdout) child.stdout?.resume()
  if (!options.stderr) child.stderr?.resume()
  let resizing: Promise<void> = Promise.resolve()
  return {
    stdin: options.stdin ? (child.stdin as Writable) : undefined,
    stdout: options.stdout ? (child.stdout as Readable) : undefined,
    stderr: options.stderr && !options.tty ? (child.stderr as Readable) : undefined,
    resize(columns, rows) {
      resizing = resizing
        .then(() => terminal)
        .then(path => (path === undefined ? undefined : resizeTerminal(path, columns, rows)))
    },
    exit,
    close: kill,
  }
}

/** Sets the size of a pseudo terminal; its foreground processes get SIGWINCH. */
export function resizeTerminal(path: string, columns: number, rows: number): Promise<void> {
  return new Promise(resolve => {
    const child = spawn('stty', ['-F', path, 'cols', String(columns), 'rows', String(rows)], { stdio: 'ignore' })
    // A terminal that is gone has no size; the session's end tells its own story.
    child.on('error', () => resolve())
    child.on('exit', () => resolve())
  })
}

interface Running {
  readonly child: ChildProcess
  readonly exit: Promise<number>
  readonly terminal: Promise<string | undefined>
  kill(): void
}

function start(target: ExecTarget, options: ExecOptions): Running {
  const { container, cgroups } = target
  if (!container.init || container.state !== 'running') {
    throw new RuntimeError('NotFound', `container "${container.id}" is not running`)
  }
  if (options.command.length === 0) throw new RuntimeError('InvalidArgument', 'exec needs a command')
  const group = `${container.cgroup}/exec-${process.pid}-${sequence++}`
  const entrances = cgroups ? [...cgroups.entrances(container.cgroup), cgroups.createTracking(group)] : []
  const inside = insideCommand(target, options)
  const enter = `${entrances.map(path => `echo 0 >${quote(path)}`).join('\n')}\n`
  const words = options.tty
    ? ['script', '-qfec', `sh -c ${quote(`tty >&3\n${enter}exec ${quoteAll(inside)} 3>&-`)}`, '/dev/null']
    : ['sh', '-c', `${enter}exec "$@"`, 'exec', ...inside]
  const [program = 'sh', ...args] = words
  const env = { PATH: process.env['PATH'] ?? '', SHELL: '/bin/sh' }
  const child = spawn(program, args, {
    env,
    cwd: target.directory,
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe', options.tty ? 'pipe' : 'ignore'],
  })
  const kill = (): void => {
    if (cgroups) cgroups.kill(group)
    killTree(identify(child.pid ?? 0))
  }
  const exit = new Promise<number>((resolve, reject) => {
    child.on('error', cause =>
      reject(new RuntimeError('ExecError', `failed to exec in container: ${cause.message}`, { cause })),
    )
    child.on('close', (code, signal) => resolve(code ?? 128 + signalNumber(signal)))
  }).finally(() => void cgroups?.remove(group))
  exit.catch(() => {})
  return {
    child,
    exit,
    kill,
    terminal: options.tty ? firstLine(child.stdio[3] as Readable) : Promise.resolve(undefined),
  }
}

function insideCommand(target: ExecTarget, options: ExecOptions): string[] {
  const { container, level, sandbox } = target
  const spec = { ...container.process, argv: options.command, env: execEnv(container.process.env, options.tty) }
  if (level === 'plain') return ['sh', '-c', 'cd "$0" && exec "$@"', spec.cwd, 'env', '-i', ...spec.env, ...spec.argv]
  const at = container.toolsAt
  const pid = String(container.init?.pid)
  // The pod's user namespace, not the program's: that one may be nested in it for the sake of another id.
  const user = level === 'user' ? [`--user=/proc/${sandbox.holder?.pid ?? 0}/ns/user`, '--preserve-credentials'] : []
  const program = programCommand(level, container.toolsLoader, at, spec, options.tty)
  return [
    ...[
      'nsenter',
      '-t',
      pid,
      ...user,
      '-m',
      ...(sandbox.netns ? ['-n'] : []),
      '-u',
      '-i',
      ...(sandbox.config.hostPid ? [] : ['-p']),
      '--',
    ],
    ...[...toolCommand(container.toolsLoader, at, 'sh'), '-c', 'cd -- "$0" && exec "$@"', spec.cwd],
    ...program,
  ]
}

function execEnv(env: readonly string[], tty: boolean): string[] {
  return tty && !env.some(pair => pair.startsWith('TERM=')) ? [...env, 'TERM=xterm'] : [...env]
}

/** Where a container with a terminal keeps its path: written by init. */
export function containerTerminal(directory: string): string | undefined {
  try {
    return readFileSync(`${directory}/terminal`, 'utf8').trim()
  } catch {
    return undefined
  }
}

function firstLine(stream: Readable): Promise<string | undefined> {
  return new Promise(resolve => {
    let text = ''
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      if (text.includes('\n')) resolve(text.slice(0, text.indexOf('\n')))
    })
    stream.on('close', () => resolve(undefined))
    stream.on('error', () => resolve(undefined))
  })
}

function signalNumber(signal: NodeJS.Signals | null): number {
  const numbers: Partial<Record<NodeJS.Signals, number>> = {
    SIGHUP: 1,
    SIGINT: 2,
    SIGQUIT: 3,
    SIGABRT: 6,
    SIGKILL: 9,
    SIGSEGV: 11,
    SIGPIPE: 13,
    SIGTERM: 15,
  }
  return signal ? (numbers[signal] ?? 0) : 0
}
