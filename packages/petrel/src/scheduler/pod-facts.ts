/**
 * What a placement needs to know of a pod, worked out once: objects are frozen, so an object is its own cache key.
 * Requests follow k8s.io/component-helpers/resource (PodRequests): the larger of what init containers need one after
 * the other (with the sidecars started before them) and of what containers and sidecars need together, plus overhead;
 * requests of the pod as a whole take precedence for cpu and memory.
 */
import type {
  Container,
  NodeSelectorTerm,
  Pod,
  PreferredSchedulingTerm,
  Toleration,
} from '@petrel/machinery/api/core-v1'
import { milliValue, value } from '@petrel/machinery/quantity'
import { compileNodeSelector, type NodeFacts } from '@petrel/machinery/selectors'

/** Amounts by resource name: thousandths of a core for `cpu`, plain units (bytes) for the rest. */
export type Amounts = ReadonlyMap<string, number>

export interface HostPort {
  readonly protocol: string
  readonly ip: string
  readonly port: number
}

export interface PodFacts {
  readonly pod: Pod
  readonly uid: string
  readonly priority: number
  readonly requests: Amounts
  /** As `requests`, with upstream's least amounts (100m, 200 MB) for containers that ask for nothing: for scores. */
  readonly scored: { readonly cpu: number; readonly memory: number }
  readonly hostPorts: readonly HostPort[]
  readonly tolerations: readonly Toleration[]
  /** Required node affinity and node selector; undefined when any node will do. */
  readonly allowsNode: ((node: NodeFacts) => boolean) | undefined
  readonly preferred: readonly { readonly weight: number; readonly matches: (node: NodeFacts) => boolean }[]
}

const defaultMilliCpu = 100
const defaultMemory = 200 * 1024 * 1024

const known = new WeakMap<Pod, PodFacts>()

export function factsOf(pod: Pod): PodFacts {
  let facts = known.get(pod)
  if (!facts) {
    facts = compute(pod)
    known.set(pod, facts)
  }
  return facts
}

function compute(pod: Pod): PodFacts {
  const spec = pod.spec
  const affinity = spec?.affinity?.nodeAffinity
  return {
    pod,
    uid: pod.metadata?.uid ?? '',
    priority: spec?.priority ?? 0,
    requests: requestsOf(pod, () => 0),
    scored: scoredRequests(pod),
    hostPorts: hostPortsOf(pod),
    tolerations: spec?.tolerations ?? [],
    allowsNode: requiredNodes(
      spec?.nodeSelector,
      affinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms,
    ),
    preferred: (affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(preferenceOf),
  }
}

function requiredNodes(
  nodeSelector: Readonly<Record<string, string>> | undefined,
  terms: readonly NodeSelectorTerm[] | undefined,
): PodFacts['allowsNode'] {
  const wanted = Object.entries(nodeSelector ?? {})
  const affinity = terms && compileNodeSelector(terms)
  if (wanted.length === 0 && !affinity) return undefined
  return node => wanted.every(([key, label]) => node.labels?.[key] === label) && (affinity?.(node) ?? true)
}

/** An empty preference matches every node (upstream's NewPreferredSchedulingTerms skips none but nil ones). */
function preferenceOf({ weight, preference }: PreferredSchedulingTerm): PodFacts['preferred'][number] {
  return { weight, matches: compileNodeSelector([preference]) }
}

function hostPortsOf(pod: Pod): HostPort[] {
  const spec = pod.spec
  const sidecars = (spec?.initContainers ?? []).filter(isSidecar)
  return [...(spec?.containers ?? []), ...sidecars].flatMap(container =>
    (container.ports ?? []).flatMap(({ hostPort, hostIP, protocol }) =>
      hostPort ? [{ protocol: protocol ?? 'TCP', ip: hostIP || '0.0.0.0', port: hostPort }] : [],
    ),
  )
}

/** An init container that is restarted always runs beside the containers (KEP-753). */
function isSidecar(container: Container): boolean {
  return container.restartPolicy === 'Always'
}

/** `fallback` gives the amount of a resource that a container does not ask for. */
function requestsOf(pod: Pod, fallback: (resource: string) => number): Map<string, number> {
  const spec = pod.spec
  const together = new Map<string, number>()
  for (const container of spec?.containers ?? []) add(together, containerRequests(container, fallback))

  const sidecars = new Map<string, number>()
  const starting = new Map<string, number>()
  for (const container of spec?.initContainers ?? []) {
    const own = containerRequests(container, fallback)
    if (isSidecar(container)) {
      add(sidecars, own)
      raise(starting, sidecars)
    } else {
      const atOnce = new Map(sidecars)
      add(atOnce, own)
      raise(starting, atOnce)
    }
  }
  add(together, sidecars)
  raise(together, starting)
  for (const [resource, quantity] of Object.entries(spec?.resources?.requests ?? {})) {
    together.set(resource, amount(resource, quantity))
  }
  for (const [resource, quantity] of Object.entries(spec?.overhead ?? {})) {
    together.set(resource, (together.get(resource) ?? 0) + amount(resource, quantity))
  }
  return together
}

function containerRequests(container: Container, fallback: (resource: string) => number): Map<string, number> {
  const amounts = new Map<string, number>()
  for (const [resource, quantity] of Object.entries(container.resources?.requests ?? {})) {
    amounts.set(resource, amount(resource, quantity))
  }
  for (const resource of ['cpu', 'memory']) {
    const least = fallback(resource)
    if (!amounts.has(resource) && least > 0) amounts.set(resource, least)
  }
  return amounts
}

function scoredRequests(pod: Pod): PodFacts['scored'] {
  const requests = requestsOf(pod, resource => (resource === 'cpu' ? defaultMilliCpu : defaultMemory))
  return { cpu: requests.get('cpu') ?? 0, memory: requests.get('memory') ?? 0 }
}

/** Rounded up, as upstream's Quantity.MilliValue and Value do. */
export function amount(resource: string, quantity: string): number {
  return resource === 'cpu' ? milliValue(quantity) : value(quantity)
}

function add(to: Map<string, number>, more: Amounts): void {
  for (const [resource, n] of more) to.set(resource, (to.get(resource) ?? 0) + n)
}

function raise(to: Map<string, number>, least: Amounts): void {
  for (const [resource, n] of least) if (n > (to.get(resource) ?? 0)) to.set(resource, n)
}
