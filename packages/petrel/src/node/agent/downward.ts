/** The downward API: a pod's own fields and its containers' resources, as text (pkg/fieldpath, pkg/api/v1/resource). */
import type { Container, Pod, ResourceFieldSelector } from '@petrel/machinery/api/core-v1'
import { toNumber } from '@petrel/machinery/quantity'

export interface NodeFacts {
  readonly name: string
  readonly addresses: readonly string[]
  /** What a container without a limit may take: `cpu` and `memory` as quantities. */
  readonly allocatable: Readonly<Record<string, string>>
}

/** The value of a fieldPath. Throws Error for paths that there are not; validation has refused them before. */
export function fieldValue(pod: Pod, path: string, node: NodeFacts, podIPs: readonly string[]): string {
  const subscript = /^metadata\.(labels|annotations)\['(.*)'\]$/.exec(path)
  if (subscript) return pod.metadata?.[subscript[1] as 'labels' | 'annotations']?.[subscript[2]!] ?? ''
  switch (path) {
    case 'metadata.name':
      return pod.metadata?.name ?? ''
    case 'metadata.namespace':
      return pod.metadata?.namespace ?? ''
    case 'metadata.uid':
      return pod.metadata?.uid ?? ''
    case 'metadata.labels':
      return formatMap(pod.metadata?.labels ?? {})
    case 'metadata.annotations':
      return formatMap(pod.metadata?.annotations ?? {})
    case 'spec.nodeName':
      return pod.spec?.nodeName ?? node.name
    case 'spec.serviceAccountName':
      return pod.spec?.serviceAccountName ?? ''
    case 'status.hostIP':
      return node.addresses[0] ?? ''
    case 'status.hostIPs':
      return node.addresses.join(',')
    case 'status.podIP':
      return podIPs[0] ?? ''
    case 'status.podIPs':
      return podIPs.join(',')
    default:
      throw new Error(`unsupported fieldPath: ${path}`)
  }
}

/** `key="value"` lines, sorted by key, values in Go's quotes. */
function formatMap(map: Readonly<Record<string, string>>): string {
  return Object.keys(map)
    .sort()
    .map(key => `${key}=${JSON.stringify(map[key])}`)
    .join('\n')
}

/** Limits that are not set are the node's; the quotient by the divisor is rounded up. */
export function resourceValue(
  pod: Pod,
  own: Container | undefined,
  selector: ResourceFieldSelector,
  node: NodeFacts,
): string {
  const container = selector.containerName
    ? [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])].find(
        ({ name }) => name === selector.containerName,
      )
    : own
  if (!container) throw new Error(`container ${selector.containerName ?? ''} not found`)
  const [, kind, resource] = /^(requests|limits)\.(.+)$/.exec(selector.resource) ?? []
  if (!kind || !resource) throw new Error(`unsupported container resource: ${selector.resource}`)
  const declared = container.resources?.[kind as 'requests' | 'limits']?.[resource]
  const quantity = declared ?? (kind === 'limits' ? (node.allocatable[resource] ?? '0') : '0')
  const divisor = toNumber(selector.divisor === undefined || selector.divisor === '0' ? '1' : selector.divisor)
  return String(Math.ceil(toNumber(quantity) / divisor - 1e-9))
}
