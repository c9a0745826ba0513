/**
 * What the agent writes onto sandboxes and containers, so that an agent that comes back knows whose they are: the
 * labels and annotations of pkg/kubelet/kuberuntime/labels.go.
 */
import type { Container, Pod } from '@petrel/machinery/api/core-v1'
import { type ContainerStatus, runsToCompletion } from '../runtime/index.ts'
import { isSidecar } from './pod-spec.ts'

const podName = 'io.kubernetes.pod.name'
const podNamespace = 'io.kubernetes.pod.namespace'
const podUid = 'io.kubernetes.pod.uid'
const containerName = 'io.kubernetes.container.name'
const terminationPath = 'io.kubernetes.container.terminationMessagePath'
const terminationPolicy = 'io.kubernetes.container.terminationMessagePolicy'
const graceSeconds = 'io.kubernetes.pod.terminationGracePeriod'

export function sandboxLabels(pod: Pod): Record<string, string> {
  const { name = '', namespace = '', uid = '', labels } = pod.metadata ?? {}
  return { ...labels, [podName]: name, [podNamespace]: namespace, [podUid]: uid }
}

export function containerLabels(pod: Pod, container: Pick<Container, 'name'>): Record<string, string> {
  const { name = '', namespace = '', uid = '' } = pod.metadata ?? {}
  return { [podName]: name, [podNamespace]: namespace, [podUid]: uid, [containerName]: container.name }
}

/** Enough to end a container properly when its pod is known no more. */
export function containerAnnotations(pod: Pod, container: Container): Record<string, string> {
  return {
    [terminationPath]: container.terminationMessagePath ?? '/dev/termination-log',
    [terminationPolicy]: container.terminationMessagePolicy ?? 'File',
    [graceSeconds]: String(pod.spec?.terminationGracePeriodSeconds ?? 30),
    ...(endsByItself(pod, container) && { [runsToCompletion]: 'true' }),
  }
}

function endsByItself(pod: Pod, container: Container): boolean {
  if (isSidecar(container)) return false
  const isInit = pod.spec?.initContainers?.some(({ name }) => name === container.name) ?? false
  return isInit || (pod.spec?.restartPolicy ?? 'Always') !== 'Always'
}

export function podUidOf(labels: Readonly<Record<string, string>>): string {
  return labels[podUid] ?? ''
}

export function containerNameOf(status: ContainerStatus): string {
  return status.config.labels[containerName] ?? status.config.name
}

export function graceSecondsOf(status: ContainerStatus): number {
  return Number(status.config.annotations[graceSeconds] ?? 30)
}

export function terminationOf(status: ContainerStatus): { readonly path: string; readonly fallBackToLogs: boolean } {
  const { annotations } = status.config
  return {
    path: annotations[terminationPath] ?? '/dev/termination-log',
    fallBackToLogs: annotations[terminationPolicy] === 'FallbackToLogsOnError',
  }
}
