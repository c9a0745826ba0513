/** Nodes that say they run pods and run nothing: each with the real agent on the simulated runtime. */
import type { Clock, Logger, Rng } from '../../base/index.ts'
import type { Client, Informers } from '../../client/index.ts'
import {
  type Agent,
  createNodeServer,
  createSimulatedRuntime,
  type NodeServer,
  type PodSource,
  startAgent,
} from '../../node/index.ts'
import { kubernetesVersion } from '../version.ts'
import type { NodeConnections } from './node-connections.ts'

export interface SimulatedNodesParts {
  /** A client that acts as the node of that name. */
  clientFor(nodeName: string): Client
  readonly informers: Informers
  readonly pods: PodSource
  readonly connections: NodeConnections
  readonly clock: Clock
  readonly rng: Rng
  readonly log: Logger
}

export interface SimulatedNodes {
  /** Resolves when all have registered. */
  ready(): Promise<void>
  close(): Promise<void>
}

/** What each offers: as much as a large cloud machine. */
const capacity = { cpu: '32', memory: '256Gi', 'ephemeral-storage': '1Ti', pods: '110' }

/** The first is `node-0`. */
export function startSimulatedNodes(count: number, parts: SimulatedNodesParts): SimulatedNodes {
  const running = Array.from({ length: count }, (_, i) => startOne(i, parts))
  return {
    async ready() {
      await Promise.all(running.map(({ agent }) => agent.ready()))
    },
    async close() {
      await Promise.all(running.map(({ agent, server }) => Promise.all([agent.close(), server.close()])))
    },
  }
}

function startOne(i: number, parts: SimulatedNodesParts): { readonly agent: Agent; readonly server: NodeServer } {
  const { clientFor, informers, pods, connections, clock, rng, log } = parts
  const name = `node-${i}`
  // 10.128.0.0/9 holds 32,768 ranges of 256 addresses; the nodes themselves are in 172.16.0.0/12.
  const podCidr = `10.${128 + Math.floor(i / 256)}.${i % 256}.0/24`
  const address = `172.${16 + Math.floor(i / 65_536)}.${Math.floor(i / 256) % 256}.${i % 256}`
  const runtime = createSimulatedRuntime({ clock, podCidr, nodeIp: address })
  const agent = startAgent(clientFor(name), {
    clock,
    rng,
    log,
    runtime,
    informers,
    pods,
    folder: undefined,
    dns: () => ({ servers: [], domain: 'cluster.local' }),
    description: {
      name,
      labels: {},
      taints: [],
      addresses: [
        { type: 'InternalIP', address },
        { type: 'Hostname', address: name },
      ],
      capacity,
      podCIDR: podCidr,
      port: 0,
      version: kubernetesVersion,
      runtimeVersion: 'simulated://1',
      system: {
        machineID: '',
        systemUUID: '',
        bootID: '',
        kernelVersion: '',
        osImage: 'simulated',
        operatingSystem: 'linux',
        architecture: 'amd64',
      },
    },
  })
  const server = createNodeServer({
    nodeName: name,
    runtime,
    clock,
    log,
    pod: (namespace, pod) => agent.pod(namespace, pod),
    pods: () => agent.pods,
  })
  connections.add(name, () => server.connect())
  return { agent, server }
}
