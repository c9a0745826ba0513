/** Which pods a Service selects, and which services select a pod (endpointslice/util/controller_utils.go). */
import type { Pod, Service } from '@petrel/machinery/api/core-v1'
import { pods, services } from '@petrel/machinery/kinds'
import { keyOf, sameJson } from '../../client/index.ts'
import type { Change, ControllerContext } from '../define-controller.ts'
import { isReady } from '../pod-state.ts'

/** Keys of the services that select this pod. */
export function servicesOf(pod: Pod, context: ControllerContext): string[] {
  const keys: string[] = []
  for (const service of context.informer(services).list(pod.metadata?.namespace ?? '')) {
    if (selects(service, pod)) keys.push(keyOf(service))
  }
  return keys
}

/** The pods that this service selects, in the order of their names. */
export function podsOf(service: Service, context: ControllerContext): Pod[] {
  return context
    .informer(pods)
    .list(service.metadata?.namespace ?? '')
    .filter(pod => selects(service, pod))
    .sort((a, b) => ((a.metadata?.name ?? '') < (b.metadata?.name ?? '') ? -1 : 1))
}

/** A service without a selector selects nothing: somebody else says what is behind it. */
function selects(service: Service, pod: Pod): boolean {
  const selector = Object.entries(service.spec?.selector ?? {})
  const labels = pod.metadata?.labels
  return selector.length > 0 && labels !== undefined && selector.every(([name, value]) => labels[name] === value)
}

/** False for changes of a pod that no endpoint shows: most status updates. */
export function changesEndpoints({ type, object: pod, old }: Change<Pod>): boolean {
  if (type !== 'update' || !old) return true
  return (
    pod.metadata?.deletionTimestamp !== old.metadata?.deletionTimestamp ||
    pod.status?.phase !== old.status?.phase ||
    pod.spec?.nodeName !== old.spec?.nodeName ||
    isReady(pod) !== isReady(old) ||
    !sameJson(pod.status?.podIPs, old.status?.podIPs) ||
    !sameJson(pod.metadata?.labels, old.metadata?.labels)
  )
}
