/** What a running Petrel says of itself. */
import { nodes, pods } from '@petrel/machinery/kinds'
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
  readonly store: { readonly revision: number; readonly keys: number; readonly diskMegabytes: number }
  readonly nodes: readonly { readonly name: string; readonly ready: boolean }[]
  readonly pods: Readonly<Record<string, number>>
  readonly runtime: string | undefined
}

export function describeStatus({ url, store, api, loops, node }: Petrel): StatusReport {
  const health = store.health()
  const reader = api.server.reader
  const phases: Record<string, number> = {}
  for (const pod of reader.list(pods, '')) {
    const phase = pod.status?.phase ?? 'Unknown'
    phases[phase] = (phases[phase] ?? 0) + 1
  }
  const problems = [health.problem, loops.controllersProblem, loops.schedulerProblem, node?.agent.problem]
  return {
    pid: process.pid,
    version: `petrel ${petrelVersion}, Kubernetes ${kubernetesVersion}`,
    url,
    uptimeSeconds: Math.round(process.uptime()),
    residentMegabytes: Math.round(process.memoryUsage.rss() / 1e6),
    problems: problems.filter(problem => problem !== undefined),
    store: { revision: health.revision, keys: health.keys, diskMegabytes: Math.round(health.diskBytes / 1e5) / 10 },
    nodes: reader.list(nodes, '').map(({ metadata, status }) => ({
      name: metadata?.name ?? '',
      ready: status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') ?? false,
    })),
    pods: phases,
    runtime: node?.description,
  }
}
