/** What the runtime says about one pod: its sandbox, and of each container the newest and the one before. */
import type { ContainerStatus, PodSandboxStatus, Runtime } from '../runtime/index.ts'
import { containerNameOf, podUidOf } from './pod-labels.ts'

export interface ContainerHistory {
  readonly current: ContainerStatus
  /** The run before, for lastState and `logs --previous`. */
  readonly previous: ContainerStatus | undefined
  /** Older runs, to be removed. */
  readonly older: readonly ContainerStatus[]
}

export interface PodState {
  /** The newest one. */
  readonly sandbox: PodSandboxStatus | undefined
  readonly oldSandboxes: readonly PodSandboxStatus[]
  readonly containers: ReadonlyMap<string, ContainerHistory>
}

/** The state of every pod that the runtime knows, by uid. */
export async function readAllPodStates(runtime: Runtime): Promise<Map<string, PodState>> {
  const [sandboxes, containers] = await Promise.all([runtime.listPodSandboxes(), runtime.listContainers()])
  const uidOfSandbox = new Map(sandboxes.map(({ id, config }) => [id, config.uid]))
  const uids = new Set(sandboxes.map(({ config }) => config.uid))
  const byUid = Map.groupBy(
    containers,
    status => uidOfSandbox.get(status.podSandboxId) ?? podUidOf(status.config.labels),
  )
  for (const uid of byUid.keys()) uids.add(uid)
  const sandboxesByUid = Map.groupBy(sandboxes, ({ config }) => config.uid)
  return new Map([...uids].map(uid => [uid, stateOf(sandboxesByUid.get(uid) ?? [], byUid.get(uid) ?? [])]))
}

export async function readPodState(runtime: Runtime, uid: string): Promise<PodState> {
  const [sandboxes, containers] = await Promise.all([runtime.listPodSandboxes(uid), runtime.listContainers(uid)])
  return stateOf(sandboxes, containers)
}

export function stateOf(sandboxes: readonly PodSandboxStatus[], containers: readonly ContainerStatus[]): PodState {
  const [sandbox, ...oldSandboxes] = [...sandboxes].sort(
    (a, b) => b.config.attempt - a.config.attempt || b.createdAt - a.createdAt,
  )
  const histories = new Map<string, ContainerHistory>()
  for (const [name, runs] of Map.groupBy(containers, containerNameOf)) {
    const [current, previous, ...older] = runs.sort(
      (a, b) => b.config.attempt - a.config.attempt || b.createdAt - a.createdAt,
    )
    if (current) histories.set(name, { current, previous, older })
  }
  return { sandbox, oldSandboxes, containers: histories }
}
