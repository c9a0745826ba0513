/** The Node object: what this node is, what it offers, and how it fares (pkg/kubelet/nodestatus). Pure. */
import type { Node, NodeAddress, NodeCondition } from '@petrel/machinery/api/core-v1'
import { toTime } from '../../base/index.ts'

export interface NodeDescription {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly taints: readonly { readonly key: string; readonly value?: string; readonly effect: string }[]
  readonly addresses: readonly NodeAddress[]
  readonly capacity: Readonly<Record<string, string>>
  readonly podCIDR: string
  /** Port of the node's own HTTPS endpoint; 0 when it is reached in process. */
  readonly port: number
  readonly version: string
  readonly runtimeVersion: string
  readonly system: {
    readonly machineID: string
    readonly systemUUID: string
    readonly bootID: string
    readonly kernelVersion: string
    readonly osImage: string
    readonly operatingSystem: string
    readonly architecture: string
  }
}

export interface NodeHealth {
  /** Why the runtime cannot run pods; undefined when it can. */
  readonly problem: string | undefined
  readonly images: readonly { readonly names: readonly string[]; readonly sizeBytes: number }[]
}

/** kubelet reports so many, the largest first (nodeStatusMaxImages). */
const maxImages = 50

export function newNode(description: NodeDescription, health: NodeHealth, now: number): Node {
  const { name, labels, taints, podCIDR } = description
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { ...ownLabels(description), ...labels } },
    spec: {
      ...(podCIDR && { podCIDR, podCIDRs: [podCIDR] }),
      ...(taints.length > 0 && { taints: taints.map(taint => ({ ...taint })) }),
    },
    status: nodeStatus(description, health, undefined, now),
  }
}

function ownLabels({ name, system }: NodeDescription): Record<string, string> {
  const { architecture, operatingSystem } = system
  return {
    'beta.kubernetes.io/arch': architecture,
    'beta.kubernetes.io/os': operatingSystem,
    'kubernetes.io/arch': architecture,
    'kubernetes.io/hostname': name,
    'kubernetes.io/os': operatingSystem,
  }
}

/** Labels that the agent keeps as they should be on a Node that exists. */
export function withOwnLabels(node: Node, description: NodeDescription): Node {
  return { ...node, metadata: { ...node.metadata, labels: { ...node.metadata?.labels, ...ownLabels(description) } } }
}

export function nodeStatus(
  description: NodeDescription,
  health: NodeHealth,
  old: Node | undefined,
  now: number,
): NonNullable<Node['status']> {
  const { capacity, addresses, port, version, runtimeVersion, system } = description
  const images = [...health.images].sort((a, b) => b.sizeBytes - a.sizeBytes).slice(0, maxImages)
  return {
    capacity: { ...capacity },
    allocatable: { ...capacity },
    conditions: conditions(health, old, now),
    addresses: addresses.map(address => ({ ...address })),
    daemonEndpoints: { kubeletEndpoint: { Port: port } },
    nodeInfo: {
      ...system,
      containerRuntimeVersion: runtimeVersion,
      kubeletVersion: version,
      // Deprecated, and required by the schema.
      kubeProxyVersion: '',
    },
    ...(images.length > 0 && { images: images.map(({ names, sizeBytes }) => ({ names: [...names], sizeBytes })) }),
  }
}

function conditions(health: NodeHealth, old: Node | undefined, now: number): NodeCondition[] {
  const all: Pick<NodeCondition, 'type' | 'status' | 'reason' | 'message'>[] = [
    {
      type: 'MemoryPressure',
      status: 'False',
      reason: 'KubeletHasSufficientMemory',
      message: 'kubelet has sufficient memory available',
    },
    {
      type: 'DiskPressure',
      status: 'False',
      reason: 'KubeletHasNoDiskPressure',
      message: 'kubelet has no disk pressure',
    },
    {
      type: 'PIDPressure',
      status: 'False',
      reason: 'KubeletHasSufficientPID',
      message: 'kubelet has sufficient PID available',
    },
    health.problem === undefined
      ? { type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status' }
      : { type: 'Ready', status: 'False', reason: 'KubeletNotReady', message: health.problem },
  ]
  const time = toTime(now)
  const own = all.map(condition => {
    const known = old?.status?.conditions?.find(({ type }) => type === condition.type)
    const since = known?.status === condition.status ? known.lastTransitionTime : undefined
    return { ...condition, lastHeartbeatTime: time, lastTransitionTime: since ?? time }
  })
  const ours = new Set(own.map(({ type }) => type))
  return [...own, ...(old?.status?.conditions ?? []).filter(({ type }) => !ours.has(type))]
}

/** True when two statuses differ in more than their heartbeat times. */
export function differs(a: Node['status'], b: Node['status']): boolean {
  const bare = (status: Node['status']): string =>
    JSON.stringify(
      { ...status, conditions: status?.conditions?.map(({ lastHeartbeatTime: _time, ...rest }) => rest) },
      sortedKeys,
    )
  return bare(a) !== bare(b)
}

function sortedKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
}
