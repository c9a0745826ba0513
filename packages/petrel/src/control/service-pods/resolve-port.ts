/** The number behind a service's targetPort, which may be a name that each pod gives to a port of its own. */
import type { Pod, ServicePort } from '@petrel/machinery/api/core-v1'

/** Undefined when no container of the pod names that port (podutil.FindPort). */
export function resolvePort(pod: Pod, port: ServicePort): number | undefined {
  const target = port.targetPort ?? port.port
  if (typeof target === 'number') return target === 0 ? port.port : target
  const sidecars = pod.spec?.initContainers?.filter(container => container.restartPolicy === 'Always') ?? []
  for (const container of [...(pod.spec?.containers ?? []), ...sidecars]) {
    for (const candidate of container.ports ?? []) {
      if (candidate.name === target && (candidate.protocol ?? 'TCP') === (port.protocol ?? 'TCP'))
        return candidate.containerPort
    }
  }
  return undefined
}
