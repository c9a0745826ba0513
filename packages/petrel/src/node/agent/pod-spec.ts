/** Questions about a pod's spec that several parts ask. */
import type { Container, EphemeralContainer, Pod } from '@petrel/machinery/api/core-v1'

/** An init container that keeps running beside the containers (KEP-753). */
export function isSidecar(container: Container): boolean {
  return container.restartPolicy === 'Always'
}

/** Containers that run for as long as the pod does: these, and sidecars. */
export function longRunning(pod: Pod): Container[] {
  return [...(pod.spec?.initContainers ?? []).filter(isSidecar), ...(pod.spec?.containers ?? [])]
}

export function allContainers(pod: Pod): (Container | EphemeralContainer)[] {
  const { initContainers = [], containers = [], ephemeralContainers = [] } = pod.spec ?? {}
  return [...initContainers, ...containers, ...ephemeralContainers]
}

export function isTerminal(pod: Pod): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed'
}

/** `namespace/name`, for log lines. */
export function podKey(pod: Pod): string {
  return `${pod.metadata?.namespace}/${pod.metadata?.name}`
}

/** Whether a container that ended with `exitCode` is to run again. */
export function restarts(pod: Pod, container: Container, exitCode: number): boolean {
  const policy = isInit(pod, container) ? initPolicy(pod, container) : (pod.spec?.restartPolicy ?? 'Always')
  return policy === 'Always' || (policy === 'OnFailure' && exitCode !== 0)
}

function isInit(pod: Pod, container: Container): boolean {
  return pod.spec?.initContainers?.some(({ name }) => name === container.name) ?? false
}

/** An init container that succeeded is done, whatever the pod's policy. */
function initPolicy(pod: Pod, container: Container): string {
  if (isSidecar(container)) return 'Always'
  return pod.spec?.restartPolicy === 'Never' ? 'Never' : 'OnFailure'
}
