/**
 * The status of a pod, from its spec, what the runtime says and what its probes say (pkg/kubelet, generateAPIPodStatus
 * and getPhase). Pure: the same input gives the same status, times that did not change stay as they are.
 */
import type {
  Container,
  ContainerState,
  ContainerStatus,
  Pod,
  PodCondition,
  PodStatus,
} from '@petrel/machinery/api/core-v1'
import { toTime } from '../../base/index.ts'
import type { ContainerStatus as RuntimeStatus } from '../runtime/index.ts'
import { isSidecar, isTerminal, longRunning } from './pod-spec.ts'
import type { ContainerHistory, PodState } from './pod-state.ts'

/** Why a container does not run: shown as state.waiting. */
export interface WaitReason {
  readonly reason: string
  readonly message?: string
}

export interface StatusFacts {
  readonly pod: Pod
  readonly state: PodState
  readonly now: number
  readonly hostIPs: readonly string[]
  /** By container name: why it is not started. */
  readonly waiting: ReadonlyMap<string, WaitReason>
  /** Answers of the probes; true where there is no probe. */
  isStarted(container: string): boolean
  isReady(container: string): boolean
  /** Text that a container left at its end. */
  terminationMessage(status: RuntimeStatus): string | undefined
  /** The pod is to run no more (deadline, eviction): it failed, with these words. */
  readonly failed?: { readonly reason: string; readonly message: string }
}

export function podStatusOf(facts: StatusFacts): PodStatus {
  const { pod, state, now, hostIPs } = facts
  const initContainerStatuses = (pod.spec?.initContainers ?? []).map(container =>
    containerStatus(facts, container, true),
  )
  const containerStatuses = (pod.spec?.containers ?? []).map(container => containerStatus(facts, container, false))
  const ephemeral = (pod.spec?.ephemeralContainers ?? []).map(container =>
    containerStatus(facts, container as Container, false),
  )
  // A pod that has ended never goes on.
  const phase = facts.failed
    ? 'Failed'
    : isTerminal(pod)
      ? pod.status!.phase!
      : phaseOf(pod, initContainerStatuses, containerStatuses)
  const podIPs = pod.spec?.hostNetwork ? hostIPs : (state.sandbox?.ips ?? [])
  const old = pod.status
  const qosClass = old?.qosClass
  return {
    ...(pod.metadata?.generation !== undefined && { observedGeneration: pod.metadata.generation }),
    phase,
    conditions: conditionsOf(facts, phase, initContainerStatuses, containerStatuses),
    ...(facts.failed && { reason: facts.failed.reason, message: facts.failed.message }),
    ...(hostIPs[0] !== undefined && { hostIP: hostIPs[0], hostIPs: hostIPs.map(ip => ({ ip })) }),
    ...(podIPs[0] !== undefined && { podIP: podIPs[0], podIPs: podIPs.map(ip => ({ ip })) }),
    startTime: old?.startTime ?? toTime(now),
    ...(initContainerStatuses.length > 0 && { initContainerStatuses }),
    containerStatuses,
    ...(ephemeral.length > 0 && { ephemeralContainerStatuses: ephemeral }),
    ...(qosClass && { qosClass }),
  }
}

function containerStatus(facts: StatusFacts, container: Container, isInit: boolean): ContainerStatus {
  const history = facts.state.containers.get(container.name)
  const state = stateOf(facts, container, history)
  const lastState = lastStateOf(facts, history, state)
  const current = history?.current
  const running = state.running !== undefined
  const started = running && facts.isStarted(container.name)
  const finishedInit = isInit && !isSidecar(container) && state.terminated?.exitCode === 0
  return {
    name: container.name,
    state,
    lastState,
    ready: finishedInit || (running && started && facts.isReady(container.name)),
    restartCount: current?.config.attempt ?? 0,
    image: container.image ?? '',
    imageID: current?.imageRef ?? '',
    ...(current && { containerID: `${containerIdPrefix}${current.id}` }),
    started: isInit && !isSidecar(container) ? running : started,
  }
}

/** The scheme of container ids, as upstream writes `containerd://…`. */
export const containerIdPrefix = 'petrel://'

function stateOf(facts: StatusFacts, container: Container, history: ContainerHistory | undefined): ContainerState {
  const current = history?.current
  const waiting = facts.waiting.get(container.name)
  if (current?.state === 'running') return { running: { startedAt: toTime(current.startedAt) } }
  if (waiting) return { waiting: { reason: waiting.reason, ...(waiting.message && { message: waiting.message }) } }
  if (current?.state === 'exited') return { terminated: terminated(facts, current) }
  const initializing = (facts.pod.spec?.initContainers ?? []).length > 0
  return { waiting: { reason: initializing ? 'PodInitializing' : 'ContainerCreating' } }
}

function lastStateOf(facts: StatusFacts, history: ContainerHistory | undefined, state: ContainerState): ContainerState {
  const last = state.waiting && history?.current.state === 'exited' ? history.current : history?.previous
  return last?.state === 'exited' ? { terminated: terminated(facts, last) } : {}
}

function terminated(facts: StatusFacts, status: RuntimeStatus): NonNullable<ContainerState['terminated']> {
  const message = facts.terminationMessage(status) || status.message
  return {
    exitCode: status.exitCode,
    reason: status.reason || (status.exitCode === 0 ? 'Completed' : 'Error'),
    ...(message && { message }),
    startedAt: toTime(status.startedAt),
    finishedAt: toTime(status.finishedAt),
    containerID: `${containerIdPrefix}${status.id}`,
  }
}

function phaseOf(pod: Pod, inits: readonly ContainerStatus[], containers: readonly ContainerStatus[]): string {
  const policy = pod.spec?.restartPolicy ?? 'Always'
  const regularInits = inits.filter((_, i) => !isSidecar(pod.spec!.initContainers![i]!))
  const failedInit = regularInits.find(({ state }) => state?.terminated && state.terminated.exitCode !== 0)
  if (failedInit && policy === 'Never') return 'Failed'
  const initsDone = regularInits.every(({ state }) => state?.terminated?.exitCode === 0)
  const sidecarsUp = inits.every(
    (status, i) =>
      !isSidecar(pod.spec!.initContainers![i]!) ||
      status.started ||
      status.restartCount > 0 ||
      status.state?.terminated,
  )
  const ends = containers.map(
    ({ state, lastState }) => state?.terminated ?? (state?.waiting ? lastState?.terminated : undefined),
  )
  const anyRuns = containers.some(({ state }) => state?.running)
  const neverRan = containers.some(({ state }, i) => state?.waiting && !ends[i])
  if (!anyRuns && neverRan && (!initsDone || !sidecarsUp)) return 'Pending'
  if (neverRan) return 'Pending'
  if (anyRuns) return 'Running'
  // All have ended: whether the pod has depends on whether they will run again.
  if (policy === 'Always') return 'Running'
  const failures = ends.filter(end => end !== undefined && end.exitCode !== 0).length
  if (failures === 0) return 'Succeeded'
  return policy === 'Never' ? 'Failed' : 'Running'
}

function conditionsOf(
  facts: StatusFacts,
  phase: string,
  inits: readonly ContainerStatus[],
  containers: readonly ContainerStatus[],
): PodCondition[] {
  const { pod, state } = facts
  const over = phase === 'Succeeded'
  const byName = new Map([...inits, ...containers].map(status => [status.name, status]))
  const notReady = longRunning(pod).filter(({ name }) => !byName.get(name)?.ready)
  const initialized =
    inits.every((status, i) =>
      isSidecar(pod.spec!.initContainers![i]!) ? status.started : status.state?.terminated?.exitCode === 0,
    ) || containers.some(status => status.state?.running || status.restartCount > 0 || status.state?.terminated)
  const containersReady = verdict(
    over,
    notReady.map(({ name }) => name),
    phase,
  )
  const gates = (pod.spec?.readinessGates ?? []).filter(
    ({ conditionType }) =>
      !pod.status?.conditions?.some(({ type, status }) => type === conditionType && status === 'True'),
  )
  const ready =
    containersReady.status === 'True' && gates.length > 0
      ? {
          status: 'False',
          reason: 'ReadinessGatesNotReady',
          message: gates
            .map(
              ({ conditionType }) => `corresponding condition of pod readiness gate "${conditionType}" does not exist.`,
            )
            .join(', '),
        }
      : containersReady
  const uninitialized = inits.filter(
    (status, i) => !isSidecar(pod.spec!.initContainers![i]!) && status.state?.terminated?.exitCode !== 0,
  )
  const own: PodCondition[] = [
    {
      type: 'PodReadyToStartContainers',
      status: state.sandbox?.state === 'ready' && !over && phase !== 'Failed' ? 'True' : 'False',
    },
    {
      type: 'Initialized',
      ...(over
        ? { status: 'True', reason: 'PodCompleted' }
        : initialized
          ? { status: 'True' }
          : {
              status: 'False',
              reason: 'ContainersNotInitialized',
              message: `containers with incomplete status: [${uninitialized.map(({ name }) => name).join(' ')}]`,
            }),
    },
    { type: 'Ready', ...ready },
    { type: 'ContainersReady', ...containersReady },
    { type: 'PodScheduled', status: 'True' },
  ]
  const ours = new Set(own.map(({ type }) => type))
  const others = (pod.status?.conditions ?? []).filter(({ type }) => !ours.has(type))
  return [...own.map(condition => dated(condition, facts)), ...others]
}

function verdict(
  over: boolean,
  notReady: readonly string[],
  phase: string,
): Pick<PodCondition, 'status' | 'reason' | 'message'> {
  if (over) return { status: 'False', reason: 'PodCompleted' }
  if (phase === 'Failed') return { status: 'False', reason: 'PodFailed' }
  if (notReady.length === 0) return { status: 'True' }
  return {
    status: 'False',
    reason: 'ContainersNotReady',
    message: `containers with unready status: [${notReady.join(' ')}]`,
  }
}

function dated(condition: PodCondition, { pod, now }: StatusFacts): PodCondition {
  const old = pod.status?.conditions?.find(({ type }) => type === condition.type)
  const since = old?.status === condition.status ? old.lastTransitionTime : undefined
  return {
    ...condition,
    ...(pod.metadata?.generation !== undefined && { observedGeneration: pod.metadata.generation }),
    lastTransitionTime: since ?? toTime(now),
  }
}
