/**
 * What the node's containers use: /stats/summary (k8s.io/kubelet/pkg/apis/stats/v1alpha1, the part that clients read) and
 * /metrics/resource (pkg/kubelet/metrics/collectors/resource_metrics.go).
 */
import { cpus, freemem, totalmem } from 'node:os'
import { type Clock, toTime } from '../../base/index.ts'
import type { ContainerStats, PodSandboxStatus, Runtime } from '../runtime/index.ts'

interface PodUsage {
  readonly sandbox: PodSandboxStatus
  readonly containers: readonly { readonly name: string; readonly startedAt: number; readonly stats: ContainerStats }[]
}

export async function answerSummary(runtime: Runtime, nodeName: string, clock: Clock): Promise<string> {
  const pods = await usageByPod(runtime)
  const node = nodeUsage()
  return JSON.stringify({
    node: { nodeName, ...usage(clock.now(), node.cpuNanos, node.memoryBytes) },
    pods: pods.map(({ sandbox, containers }) => ({
      podRef: { name: sandbox.config.name, namespace: sandbox.config.namespace, uid: sandbox.config.uid },
      startTime: toTime(sandbox.createdAt),
      containers: containers.map(({ name, startedAt, stats }) => ({
        name,
        startTime: toTime(startedAt),
        ...usage(stats.at, stats.cpuUsageNanos, stats.memoryWorkingSetBytes),
      })),
      ...usage(
        clock.now(),
        sum(containers, stats => stats.cpuUsageNanos),
        sum(containers, stats => stats.memoryWorkingSetBytes),
      ),
    })),
  })
}

export async function answerResourceMetrics(runtime: Runtime): Promise<string> {
  const pods = await usageByPod(runtime)
  const node = nodeUsage()
  const of = ({ sandbox }: PodUsage): string => `namespace="${sandbox.config.namespace}",pod="${sandbox.config.name}"`
  const families: [name: string, type: string, help: string, samples: string[]][] = [
    ['node_cpu_usage_seconds_total', 'counter', 'Processor time of the node in seconds', [` ${node.cpuNanos / 1e9}`]],
    ['node_memory_working_set_bytes', 'gauge', 'Memory in use on the node', [` ${node.memoryBytes}`]],
    [
      'container_cpu_usage_seconds_total',
      'counter',
      'Processor time of a container in seconds',
      pods.flatMap(pod =>
        pod.containers.map(({ name, stats }) => `{container="${name}",${of(pod)}} ${stats.cpuUsageNanos / 1e9}`),
      ),
    ],
    [
      'container_memory_working_set_bytes',
      'gauge',
      'Memory in use by a container',
      pods.flatMap(pod =>
        pod.containers.map(({ name, stats }) => `{container="${name}",${of(pod)}} ${stats.memoryWorkingSetBytes}`),
      ),
    ],
    [
      'pod_cpu_usage_seconds_total',
      'counter',
      'Processor time of a pod in seconds',
      pods.map(pod => `{${of(pod)}} ${sum(pod.containers, stats => stats.cpuUsageNanos) / 1e9}`),
    ],
    [
      'pod_memory_working_set_bytes',
      'gauge',
      'Memory in use by a pod',
      pods.map(pod => `{${of(pod)}} ${sum(pod.containers, stats => stats.memoryWorkingSetBytes)}`),
    ],
  ]
  return families
    .map(
      ([name, type, help, samples]) =>
        `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${samples.map(sample => `${name}${sample}\n`).join('')}`,
    )
    .join('')
}

async function usageByPod(runtime: Runtime): Promise<PodUsage[]> {
  const [sandboxes, containers] = await Promise.all([runtime.listPodSandboxes(), runtime.listContainers()])
  const running = Map.groupBy(
    containers.filter(({ state }) => state === 'running'),
    ({ podSandboxId }) => podSandboxId,
  )
  const pods: PodUsage[] = []
  for (const sandbox of sandboxes) {
    if (sandbox.state !== 'ready') continue
    const used: PodUsage['containers'][number][] = []
    for (const { id, config, startedAt } of running.get(sandbox.id) ?? []) {
      // One that ended just now uses nothing.
      const stats = await runtime.containerStats(id).catch(() => undefined)
      if (stats) used.push({ name: config.name, startedAt, stats })
    }
    pods.push({ sandbox, containers: used })
  }
  return pods
}

function usage(atMs: number, cpuNanos: number, memoryBytes: number): object {
  const time = toTime(atMs)
  return { cpu: { time, usageCoreNanoSeconds: cpuNanos }, memory: { time, workingSetBytes: memoryBytes } }
}

function nodeUsage(): { readonly cpuNanos: number; readonly memoryBytes: number } {
  const busyMs = cpus().reduce((total, { times }) => total + times.user + times.nice + times.sys + times.irq, 0)
  return { cpuNanos: busyMs * 1e6, memoryBytes: totalmem() - freemem() }
}

function sum(containers: PodUsage['containers'], of: (stats: ContainerStats) => number): number {
  return containers.reduce((total, { stats }) => total + of(stats), 0)
}
