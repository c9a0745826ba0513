/** What a running Petrel says of itself. */
import type { Pod } from '@petrel/machinery/api/core-v1'
import { nodes, pods } from '@petrel/machinery/kinds'
import type { LocalNode } from './parts/local-node.ts'
import type { Petrel } from './parts/petrel.ts'
import { kubernetesVersion, petrelVersion } from './version.ts'

export interface StatusReport {
  readonly pid: number
  readonly version: string
  readonly url: string
  readonly uptimeSeconds: number
  readonly residentMegabytes: number
  /** Sentences; empty when all is well. */
  readonly problems: readonly string[]
  /** Undefined for an agent, which has none. */
  readonly store?: { readonly revision: number; readonly keys: number; readonly diskMegabytes: number }
  readonly nodes: readonly { readonly name: string; readonly ready: boolean }[]
  readonly pods: Readonly<Record<string, number>>
  readonly runtime: string | undefined
}

export function describePetrel({ url, store, api, loops, node }: Petrel): StatusReport {
  const health = store.health()
  const reader = api.server.reader
  const problems = [health.problem, loops.controllersProblem, loops.schedulerProblem, node?.agent.problem]
  return {
    ...describeProcess(url, problems),
    store: { revision: health.revision, keys: health.keys, diskMegabytes: Math.round(health.diskBytes / 1e5) / 10 },
    nodes: reader.list(nodes, '').map(({ metadata, status }) => ({
      name: metadata?.name ?? '',
      ready: status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') ?? false,
    })),
    pods: phasesOf(reader.list(pods, '')),
    runtime: node?.description,
  }
}

/** A node that joined the server at `url`. */
export function describeNode(url: string, { agent, description }: LocalNode): StatusReport {
  return {
    ...describeProcess(url, [agent.problem]),
    nodes: [{ name: agent.nodeName, ready: agent.problem === undefined }],
    pods: phasesOf(agent.pods),
    runtime: description,
  }
}

function describeProcess(url: string, problems: readonly (string | undefined)[]) {
  return {
    pid: process.pid,
    version: `petrel ${petrelVersion}, Kubernetes ${kubernetesVersion}`,
    url,
    uptimeSeconds: Math.round(process.uptime()),
    residentMegabytes: Math.round(process.memoryUsage.rss() / 1e6),
    problems: problems.filter(problem => problem !== undefined),
  }
}

function phasesOf(all: readonly Pod[]): Record<string, number> {
  const phases: Record<string, number> = {}
  for (const { status } of all) {
    const phase = status?.phase ?? 'Unknown'
    phases[phase] = (phases[phase] ?? 0) + 1
  }
  return phases
}
