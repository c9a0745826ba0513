/**
 * What the runtime knows, on disk: one JSON file per sandbox and per container, replaced by rename. It is enough to
 * adopt everything after a crash; what only the kernel knows (does it run?) is asked for again. No fsync: after a power
 * cut nothing runs any more, and a file that is then unreadable stands for something to be removed.
 */
import * as fs from 'node:fs'
import { join } from 'node:path'
import type { ContainerConfig, ContainerState, PodSandboxConfig, PodSandboxState } from '../index.ts'
import type { ProcessIdentity } from './proc.ts'

/** How a process in a container starts; kept so that exec does the same years after the image is gone. */
export interface ProcessSpec {
  readonly argv: readonly string[]
  /** `NAME=value`. */
  readonly env: readonly string[]
  readonly cwd: string
  readonly uid: number
  readonly gid: number
  readonly groups: readonly number[]
  readonly capabilities: readonly string[] | 'all'
  readonly noNewPrivs: boolean
}

export interface SandboxRecord {
  readonly id: string
  readonly config: PodSandboxConfig
  readonly createdAt: number
  readonly bootId: string
  state: PodSandboxState
  ips: readonly string[]
  /** Where the network namespace is pinned; undefined when it is the node's. */
  netns?: string
  /** Keeps the pid or user namespace of the pod, where one is shared. */
  holder?: ProcessIdentity
}

export interface ContainerRecord {
  readonly id: string
  readonly podSandboxId: string
  readonly config: ContainerConfig
  readonly createdAt: number
  readonly imageRef: string
  readonly stopSignal: string
  readonly process: ProcessSpec
  /** Path of its group under our root. */
  readonly cgroup: string
  /** The tools as the container sees them. */
  readonly toolsAt: string
  readonly toolsLoader: string | undefined
  bootId: string
  state: ContainerState
  startedAt: number
  finishedAt: number
  exitCode: number
  reason: string
  message: string
  /** First process of the container. */
  init?: ProcessIdentity
  /** The shell that waits for it. */
  keeper?: ProcessIdentity
  /** Holds stdin open. */
  stdinHolder?: ProcessIdentity
}

export function writeRecord(directory: string, record: SandboxRecord | ContainerRecord): void {
  const path = join(directory, 'state.json')
  fs.writeFileSync(`${path}.tmp`, JSON.stringify(record), { mode: 0o600 })
  fs.renameSync(`${path}.tmp`, path)
}

/** All records below a folder; those that cannot be read go to `damaged`. */
export function readRecords<T>(parent: string, damaged: (directory: string, error: unknown) => void): T[] {
  fs.mkdirSync(parent, { recursive: true })
  const records: T[] = []
  for (const name of fs.readdirSync(parent)) {
    const directory = join(parent, name)
    try {
      records.push(JSON.parse(fs.readFileSync(join(directory, 'state.json'), 'utf8')) as T)
    } catch (error) {
      damaged(directory, error)
    }
  }
  return records
}
