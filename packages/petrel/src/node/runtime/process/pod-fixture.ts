/** For tests: a runtime in a folder of its own, small configs, and what a machine must have for real containers. */
import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ImageStore } from '../../image/index.ts'
import type { ContainerConfig, ContainerSecurityContext, ContainerStatus, PodSandboxConfig } from '../index.ts'
import { openProcessRuntime, type ProcessRuntime, type ProcessRuntimeOptions } from './runtime.ts'

/** Why real containers cannot be tested here; false when they can (as node:test's `skip` wants it). */
export function whyNoContainers(): string | false {
  if (process.platform !== 'linux') return 'not Linux'
  if (process.getuid?.() !== 0) return 'not root'
  if (!existsSync('/bin/busybox')) return 'no static busybox for the image'
  return false
}

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'petrel-test-'))
  chmodSync(folder, 0o755)
  return folder
}

export interface TestNode extends AsyncDisposable {
  readonly folder: string
  readonly runtime: ProcessRuntime
}

/** Ends every pod, the shim, and removes the folder when disposed. */
export async function startNode(
  options: Partial<ProcessRuntimeOptions> = {},
  folder = temporaryFolder(),
): Promise<TestNode> {
  const images = new ImageStore({ directory: join(folder, 'images'), durable: false })
  const runtime = await openProcessRuntime({ directory: join(folder, 'runtime'), images, ...options })
  return {
    folder,
    runtime,
    async [Symbol.asyncDispose]() {
      for (const pod of await runtime.listPodSandboxes()) await runtime.removePodSandbox(pod.id)
      await runtime.close()
      endShim(folder)
      removeGroups(join(folder, 'runtime'))
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** The shim's supervisor is a shell that would start it again; it goes first. */
export function endShim(folder: string): void {
  const list = execFileSync('ps', ['-eo', 'pid,ppid,args'], { encoding: 'utf8' })
  const mine = list.split('\n').filter(line => line.includes('petrel-shim') && line.includes(join(folder, 'runtime')))
  for (const line of mine) {
    const pid = Number(line.trim().split(/\s+/)[0])
    const children = list.split('\n').filter(other => Number(other.trim().split(/\s+/)[1]) === pid)
    for (const target of [pid, ...children.map(child => Number(child.trim().split(/\s+/)[0]))]) {
      try {
        process.kill(target, 'SIGKILL')
      } catch {
        // Ended by itself.
      }
    }
  }
}

function removeGroups(directory: string): void {
  const name = execFileSync('sh', ['-c', `printf %s "$1" | sha256sum | cut -c1-8`, 'sh', directory], {
    encoding: 'utf8',
  }).trim()
  execFileSync('sh', ['-c', 'rmdir /sys/fs/cgroup/*/petrel-$0 /sys/fs/cgroup/petrel-$0 2>/dev/null || :', name])
}

export function podConfig(folder: string, overrides: Partial<PodSandboxConfig> = {}): PodSandboxConfig {
  return {
    name: 'pod',
    namespace: 'default',
    uid: 'uid-1',
    attempt: 0,
    hostname: 'pod-host',
    logDirectory: join(folder, 'logs'),
    portMappings: [],
    labels: {},
    annotations: {},
    hostNetwork: false,
    hostPid: false,
    hostIpc: false,
    shareProcessNamespace: false,
    sysctls: {},
    securityContext: { supplementalGroups: [] },
    resources: {},
    ...overrides,
  }
}

export interface ContainerOverrides extends Partial<Omit<ContainerConfig, 'securityContext'>> {
  readonly security?: Partial<ContainerSecurityContext>
}

/** A container of petrel.dev/node that runs `script` in its shell. */
export function containerConfig(script: string, overrides: ContainerOverrides = {}): ContainerConfig {
  const { security, ...rest } = overrides
  return {
    name: 'main',
    attempt: 0,
    image: 'petrel.dev/node',
    command: ['sh', '-c', script],
    args: [],
    workingDir: '',
    env: [],
    mounts: [],
    labels: {},
    annotations: {},
    logPath: 'main/0.log',
    stdin: false,
    stdinOnce: false,
    tty: false,
    resources: {},
    ...rest,
    securityContext: {
      supplementalGroups: [],
      privileged: false,
      readonlyRootfs: false,
      noNewPrivs: false,
      addCapabilities: [],
      dropCapabilities: [],
      ...security,
    },
  }
}

/** Resolves with the status once the container has ended. */
export async function whenEnded(runtime: ProcessRuntime, id: string): Promise<ContainerStatus> {
  const abort = new AbortController()
  const events = runtime.events(abort.signal)[Symbol.asyncIterator]()
  // Listening starts with the first call of next, so the status is asked for afterwards.
  let next = events.next()
  for (;;) {
    const status = await runtime.containerStatus(id)
    if (status.state === 'exited') {
      abort.abort()
      return status
    }
    await next
    next = events.next()
  }
}

export interface Run {
  readonly status: ContainerStatus
  readonly sandboxId: string
}

/** One pod with one container, started. */
export async function startPod(
  node: TestNode,
  container: ContainerConfig,
  pod: Partial<PodSandboxConfig> = {},
): Promise<{ sandboxId: string; id: string }> {
  const sandboxId = await node.runtime.runPodSandbox(podConfig(node.folder, pod))
  const id = await node.runtime.createContainer(sandboxId, container)
  await node.runtime.startContainer(id)
  return { sandboxId, id }
}
