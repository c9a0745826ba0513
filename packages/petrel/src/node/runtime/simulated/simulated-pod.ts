/** What is kept of a simulated pod: its config as given, a few numbers, and its containers. */
import type { Timer } from '../../../base/index.ts'
import type {
  ContainerConfig,
  ContainerState,
  ContainerStatus,
  PodSandboxConfig,
  PodSandboxState,
  PodSandboxStatus,
} from '../index.ts'

export interface SimulatedPod {
  readonly id: string
  readonly config: PodSandboxConfig
  readonly createdAt: number
  readonly ips: readonly string[]
  state: PodSandboxState
  readonly containers: SimulatedContainer[]
}

export interface SimulatedContainer {
  readonly id: string
  readonly pod: SimulatedPod
  readonly config: ContainerConfig
  readonly imageRef: string
  readonly createdAt: number
  state: ContainerState
  startedAt: number
  finishedAt: number
  exitCode: number
  /** Ends it by itself. */
  timer: Timer | undefined
}

export function podStatus({ id, config, state, createdAt, ips }: SimulatedPod): PodSandboxStatus {
  return { id, config, state, createdAt, ips: state === 'ready' ? ips : [] }
}

export function containerStatus(container: SimulatedContainer): ContainerStatus {
  const { id, pod, config, state, createdAt, startedAt, finishedAt, exitCode, imageRef } = container
  return {
    id,
    podSandboxId: pod.id,
    config,
    state,
    createdAt,
    startedAt,
    finishedAt,
    exitCode,
    reason: state !== 'exited' ? '' : exitCode === 0 ? 'Completed' : 'Error',
    message: '',
    imageRef,
    pid: 0,
  }
}
