/** The nodes of this process: the machine itself, simulated ones, or both. */
import type { Clock, Logger, Rng } from '../../base/index.ts'
import type { Client, Informers } from '../../client/index.ts'
import { machineName, sharedPodSource } from '../../node/index.ts'
import type { ClusterRanges } from '../cluster-ranges.ts'
import type { RunningApiServer } from './api-server.ts'
import { type LocalNode, startLocalNode } from './local-node.ts'
import type { NodeConnections } from './node-connections.ts'
import { startSimulatedNodes } from './simulated-nodes.ts'
import { nodeUser } from './users.ts'

export interface NodesParts {
  readonly api: RunningApiServer
  readonly administrator: Client
  readonly informers: Informers
  readonly connections: NodeConnections
  readonly ranges: ClusterRanges
  readonly clock: Clock
  readonly rng: Rng
  readonly log: Logger
  readonly folder: string
  readonly address: string | undefined
  readonly runtime: 'process' | 'none'
  readonly simulatedNodes: number
  /** Takes what ends a node, as soon as it has started. */
  own(closer: () => Promise<unknown>): void
  onStarted(part: string, words: string): void
}

/** Resolves with the node that this machine is, if it is one. */
export async function startNodes(parts: NodesParts): Promise<LocalNode | undefined> {
  const pods = sharedPodSource(parts.informers)
  const clientFor = (name: string): Client => parts.api.clientFor(nodeUser(name))
  let node: LocalNode | undefined
  if (parts.runtime === 'process') {
    const name = machineName()
    node = await startLocalNode({
      ...parts,
      client: clientFor(name),
      pods,
      name,
      labels: { 'node-role.kubernetes.io/control-plane': '' },
      port: 0,
    })
    const { agent, description, server, close } = node
    parts.connections.add(name, () => server.connect())
    parts.own(close)
    parts.api.server.health.add('node', 'ready', () => agent.problem)
    parts.onStarted('node', `${name}: ${description}`)
  }
  if (parts.simulatedNodes > 0) {
    const simulated = startSimulatedNodes(parts.simulatedNodes, { ...parts, clientFor, pods })
    parts.own(() => simulated.close())
    parts.onStarted('nodes', `${parts.simulatedNodes} simulated`)
  }
  return node
}
