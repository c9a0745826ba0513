/**
 * What to do next for a pod that should run: which containers to start, which to end, or that it has come to its end
 * (pkg/kubelet/kuberuntime, computePodActions). Pure.
 */
import type { Container, Pod } from '@petrel/machinery/api/core-v1'
import { isSidecar, restarts } from './pod-spec.ts'
import type { ContainerHistory, PodState } from './pod-state.ts'

export interface Plan {
  /** In this order. Each may still have to wait for its backoff. */
  readonly start: readonly Container[]
  /** Container ids to end: sidecars of a pod that is done, containers without a place in the spec. */
  readonly stop: readonly string[]
  /** No container will run again: the sandbox may go. */
  readonly finished: boolean
}

export interface PlanFacts {
  readonly pod: Pod
  readonly state: PodState
  /** Of a sidecar: whether its startup probe has let the next container go. */
  isStarted(container: string): boolean
}

export function planOf({ pod, state, isStarted }: PlanFacts): Plan {
  const inits = pod.spec?.initContainers ?? []
  const containers = pod.spec?.containers ?? []
  const ephemeral = (pod.spec?.ephemeralContainers ?? []) as Container[]
  const of = (container: Container): ContainerHistory | undefined => state.containers.get(container.name)

  const begun = containers.some(container => of(container) !== undefined)
  const willRun = (container: Container): boolean => {
    const current = of(container)?.current
    return current?.state !== 'exited' || restarts(pod, container, current.exitCode)
  }
  if (begun && !containers.some(willRun)) return ended(state, inits)

  const start: Container[] = []
  for (const container of inits) {
    const current = of(container)?.current
    if (isSidecar(container)) {
      if (current?.state !== 'running') start.push(container)
      if (!begun && (current?.state !== 'running' || !isStarted(container.name)))
        return { start, stop: [], finished: false }
      continue
    }
    if (begun) continue
    if (current?.state === 'exited' && current.exitCode === 0) continue
    if (current?.state === 'exited' && !restarts(pod, container, current.exitCode)) return ended(state, inits)
    if (current?.state !== 'running') start.push(container)
    return { start, stop: [], finished: false }
  }
  for (const container of containers) {
    const current = of(container)?.current
    if (current?.state === 'running') continue
    if (current?.state === 'exited' && !restarts(pod, container, current.exitCode)) continue
    start.push(container)
  }
  for (const container of ephemeral) if (!of(container)) start.push(container)
  return { start, stop: [], finished: false }
}

/** The containers are done: sidecars are told so, and then it is over. */
function ended(state: PodState, inits: readonly Container[]): Plan {
  const names = new Set(inits.filter(isSidecar).map(({ name }) => name))
  const stop = [...state.containers]
    .filter(([name, { current }]) => names.has(name) && current.state === 'running')
    .map(([, { current }]) => current.id)
  return { start: [], stop, finished: stop.length === 0 }
}
