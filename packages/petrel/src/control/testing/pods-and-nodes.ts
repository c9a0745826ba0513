/** Pods and nodes as a kubelet would leave them, for tests without one. */
import type { Node, Pod } from '@petrel/machinery/api/core-v1'
import { nodes, pods } from '@petrel/machinery/kinds'
import { toTime } from '../../base/index.ts'
import { draft } from '../../client/index.ts'
import type { TestServer } from '../../testing/index.ts'

export interface PodWish {
  readonly namespace?: string
  readonly labels?: Record<string, string>
  readonly ip?: string
  readonly node?: string
  readonly ready?: boolean
  readonly phase?: string
  readonly ports?: { name: string; containerPort: number }[]
  readonly spec?: Partial<NonNullable<Pod['spec']>>
  readonly metadata?: Pod['metadata']
}

/** Creates a pod and says that it runs. */
export async function runPod({ client }: TestServer, name: string, wish: PodWish = {}): Promise<Pod> {
  const {
    namespace = 'default',
    labels = {},
    ip,
    node = 'n1',
    ready = true,
    phase = 'Running',
    ports = [],
    spec,
    metadata,
  } = wish
  const created = await client.create(pods, {
    metadata: { ...metadata, namespace, name, labels },
    spec: { nodeName: node, containers: [{ name: 'main', image: 'image', ports }], ...spec },
  })
  const status = {
    phase,
    conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
    ...(ip !== undefined && { podIP: ip, podIPs: [{ ip }] }),
  }
  return client.update(pods, { ...created, status }, { subresource: 'status' })
}

/** Says whether a pod is ready. */
export async function setReady(
  { client }: TestServer,
  name: string,
  ready: boolean,
  namespace = 'default',
): Promise<void> {
  const pod = draft(await client.get(pods, { namespace, name }))
  pod.status = { ...pod.status, conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] }
  await client.update(pods, pod, { subresource: 'status' })
}

/** Creates a node that has just said it is ready. */
export async function registerNode(
  { client, clock }: TestServer,
  name: string,
  labels: Record<string, string> = {},
): Promise<Node> {
  const created = await client.create(nodes, { metadata: { name, labels } })
  const now = toTime(clock.now())
  const conditions = [
    { type: 'Ready', status: 'True', lastHeartbeatTime: now, lastTransitionTime: now, reason: 'KubeletReady' },
  ]
  return client.update(nodes, { ...created, status: { ...created.status, conditions } }, { subresource: 'status' })
}
