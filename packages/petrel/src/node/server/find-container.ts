/** Which container of a pod a request means, by what the runtime knows. Throws Refusal in the kubelet's words. */
import type { Pod } from '@petrel/machinery/api/core-v1'
import type { ContainerStatus, PodSandboxStatus, Runtime } from '../runtime/index.ts'
import { Refusal } from './upgrade.ts'

/** All runs of a container that the runtime keeps, the newest first. */
async function runsOf(runtime: Runtime, pod: Pod, name: string): Promise<ContainerStatus[]> {
  const containers = await runtime.listContainers(pod.metadata?.uid ?? '')
  return containers
    .filter(({ config }) => config.name === name)
    .sort((a, b) => b.createdAt - a.createdAt || b.config.attempt - a.config.attempt)
}

export async function findRunning(runtime: Runtime, pod: Pod, name: string): Promise<ContainerStatus> {
  const running = (await runsOf(runtime, pod, name)).find(({ state }) => state === 'running')
  if (!running) throw new Refusal(500, `container not found (${JSON.stringify(name)})`)
  return running
}

export async function findSandbox(runtime: Runtime, pod: Pod): Promise<PodSandboxStatus> {
  const sandboxes = await runtime.listPodSandboxes(pod.metadata?.uid ?? '')
  const ready = sandboxes.find(({ state }) => state === 'ready')
  if (!ready) throw new Refusal(500, `pod ${pod.metadata?.name} is not running`)
  return ready
}

/** The run whose log is meant (pkg/kubelet/kubelet_pods.go, validateContainerLogStatus). */
export async function findLogged(
  runtime: Runtime,
  pod: Pod,
  name: string,
  previous: boolean,
): Promise<ContainerStatus> {
  const podName = pod.metadata?.name ?? ''
  if (!isInSpec(pod, name))
    throw new Refusal(404, `container ${JSON.stringify(name)} not found in pod ${JSON.stringify(podName)}`)
  const runs = (await runsOf(runtime, pod, name)).filter(({ startedAt }) => startedAt > 0)
  const waiting = waitingReason(pod, name)
  if (previous) {
    // While a container waits for its next start, the run before is the newest there is.
    const before = waiting !== undefined && runs[0]?.state === 'exited' ? runs[0] : runs[1]
    if (!before) {
      throw new Refusal(
        400,
        `previous terminated container ${JSON.stringify(name)} in pod ${JSON.stringify(podName)} not found`,
      )
    }
    return before
  }
  const [newest] = runs
  if (newest) return newest
  const words: Record<string, string> = {
    ErrImagePull: "image can't be pulled",
    ImagePullBackOff: 'trying and failing to pull image',
  }
  const reason = waiting || (hasInit(pod, name) ? 'PodInitializing' : 'ContainerCreating')
  throw new Refusal(
    400,
    `container ${JSON.stringify(name)} in pod ${JSON.stringify(podName)} is waiting to start: ${words[reason] ?? reason}`,
  )
}

function isInSpec({ spec }: Pod, name: string): boolean {
  const all = [...(spec?.containers ?? []), ...(spec?.initContainers ?? []), ...(spec?.ephemeralContainers ?? [])]
  return all.some(container => container.name === name)
}

function hasInit({ spec }: Pod, name: string): boolean {
  return (spec?.initContainers?.length ?? 0) > 0 && (spec?.containers ?? []).some(container => container.name === name)
}

function waitingReason({ status }: Pod, name: string): string | undefined {
  const all = [
    ...(status?.containerStatuses ?? []),
    ...(status?.initContainerStatuses ?? []),
    ...(status?.ephemeralContainerStatuses ?? []),
  ]
  const waiting = all.find(container => container.name === name)?.state?.waiting
  return waiting && (waiting.reason ?? '')
}
