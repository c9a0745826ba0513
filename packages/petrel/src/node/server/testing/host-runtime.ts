/**
 * A runtime for tests of the server: pods as the simulated runtime has them, but exec runs real programs of this machine,
 * ports are those of this machine, and logs are files. Attach joins a `cat`.
 */
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Pod } from '@petrel/machinery/api/core-v1'
import type { Clock } from '../../../base/index.ts'
import type { ContainerConfig, ExecOptions, PodSandboxConfig, Runtime, StreamSession } from '../../runtime/index.ts'
import { createSimulatedRuntime } from '../../runtime/simulated/index.ts'

export interface HostPod extends Disposable {
  readonly runtime: Runtime
  readonly pod: Pod
  readonly sandboxId: string
  readonly containerId: string
  /** The container's log. */
  readonly logFile: string
  /** Sessions that were closed before their process had ended. */
  readonly closed: StreamSession[]
}

export const uid = '11111111-2222-3333-4444-555555555555'

export async function startHostPod(clock: Clock, overrides: Partial<Runtime> = {}): Promise<HostPod> {
  const folder = mkdtempSync(join(tmpdir(), 'node-server-'))
  const simulated = createSimulatedRuntime({ clock, podCidr: '10.1.0.0/24', nodeIp: '127.0.0.1' })
  const closed: StreamSession[] = []
  const own: Partial<Runtime> = {
    exec: async (_id, options) => run(options, closed),
    attach: async (_id, options) => run({ ...options, command: ['cat'] }, closed),
    portForward: (_id, port) =>
      new Promise((resolve, reject) => {
        const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true })
        socket.once('connect', () => resolve(socket))
        socket.once('error', reject)
      }),
    ...overrides,
  }
  const runtime = new Proxy(simulated, {
    get(target, name) {
      if (name === 'containerLog') return undefined
      const value: unknown = Reflect.get(own, name) ?? Reflect.get(target, name)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  await simulated.images.pull('x')
  const config = {
    name: 'p',
    namespace: 'default',
    uid,
    labels: {},
    annotations: {},
    hostNetwork: false,
    logDirectory: folder,
  }
  const sandboxId = await simulated.runPodSandbox(config as unknown as PodSandboxConfig)
  const container = {
    name: 'main',
    attempt: 0,
    image: 'x',
    labels: {},
    annotations: {},
    logPath: 'main/0.log',
    stdinOnce: false,
  }
  const containerId = await simulated.createContainer(sandboxId, container as unknown as ContainerConfig)
  await simulated.startContainer(containerId)
  mkdirSync(join(folder, 'main'))
  return {
    runtime,
    pod: {
      metadata: { name: 'p', namespace: 'default', uid },
      spec: {
        nodeName: 'n1',
        containers: [
          { name: 'main', image: 'x' },
          { name: 'later', image: 'x' },
        ],
      },
    },
    sandboxId,
    containerId,
    logFile: join(folder, 'main/0.log'),
    closed,
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}

function run(
  { command: [program = '', ...args], stdin, stdout, stderr }: ExecOptions,
  closed: StreamSession[],
): StreamSession {
  const child = spawn(program, args, { stdio: 'pipe' })
  if (!stdin) child.stdin.end()
  if (!stdout) child.stdout.resume()
  if (!stderr) child.stderr.resume()
  const session: StreamSession = {
    stdin: stdin ? child.stdin : undefined,
    stdout: stdout ? child.stdout : undefined,
    stderr: stderr ? child.stderr : undefined,
    // Told by the program's own words, since there is no terminal here.
    resize: (columns, rows) => void child.stdin.write(`${columns}x${rows}\n`),
    exit: new Promise((resolve, reject) => {
      child.once('error', reject)
      child.once('close', code => resolve(code ?? 137))
    }),
    close() {
      closed.push(session)
      child.kill('SIGKILL')
    },
  }
  return session
}
