/** What the runtime is told of a pod as a whole: names, network, DNS, limits (pkg/kubelet/kuberuntime, generatePodSandboxConfig). */
import { join } from 'node:path'
import type { Container, Pod } from '@petrel/machinery/api/core-v1'
import { milliValue, value } from '@petrel/machinery/quantity'
import type { PodSandboxConfig, PortMapping, Resources } from '../runtime/index.ts'
import { sandboxLabels } from './pod-labels.ts'
import { longRunning } from './pod-spec.ts'

export interface DnsSettings {
  /** The cluster's DNS service; empty while there is none, and pods use the node's resolvers then. */
  readonly servers: readonly string[]
  /** `cluster.local` */
  readonly domain: string
}

/** /var/log/pods/<namespace>_<name>_<uid> */
export function logFolder(root: string, pod: Pod): string {
  const { namespace, name, uid } = pod.metadata ?? {}
  return join(root, `${namespace}_${name}_${uid}`)
}

export function sandboxConfig(pod: Pod, attempt: number, logRoot: string, dns: DnsSettings): PodSandboxConfig {
  const { name = '', namespace = '', uid = '' } = pod.metadata ?? {}
  const spec = pod.spec
  const settings = dnsOf(pod, dns)
  const { supplementalGroups = [], fsGroup, sysctls = [] } = spec?.securityContext ?? {}
  return {
    name,
    namespace,
    uid,
    attempt,
    hostname: hostnameOf(pod),
    logDirectory: logFolder(logRoot, pod),
    ...(settings && { dns: settings }),
    portMappings: portMappings(pod),
    labels: sandboxLabels(pod),
    annotations: { ...pod.metadata?.annotations },
    hostNetwork: spec?.hostNetwork ?? false,
    hostPid: spec?.hostPID ?? false,
    hostIpc: spec?.hostIPC ?? false,
    shareProcessNamespace: spec?.shareProcessNamespace ?? false,
    sysctls: Object.fromEntries(sysctls.map(({ name: key, value: setting }) => [key, setting])),
    securityContext: { supplementalGroups, ...(fsGroup !== undefined && { fsGroup }) },
    resources: podLimits(pod),
  }
}

/** A host name is at most 63 characters and does not end in a hyphen or a dot. */
export function hostnameOf(pod: Pod): string {
  const wanted = pod.spec?.hostnameOverride || pod.spec?.hostname || pod.metadata?.name || ''
  return wanted.slice(0, 63).replace(/[-.]+$/, '')
}

function dnsOf(pod: Pod, { servers, domain }: DnsSettings): PodSandboxConfig['dns'] {
  const { dnsPolicy = 'ClusterFirst', hostNetwork, dnsConfig } = pod.spec ?? {}
  const clusterFirst = dnsPolicy === 'ClusterFirstWithHostNet' || (dnsPolicy === 'ClusterFirst' && !hostNetwork)
  const isCluster = clusterFirst && servers.length > 0
  if (!isCluster && dnsPolicy !== 'None') return undefined
  const namespace = pod.metadata?.namespace ?? ''
  const options = new Map<string, string | undefined>(isCluster ? [['ndots', '5']] : [])
  for (const { name = '', value: setting } of dnsConfig?.options ?? []) options.set(name, setting)
  const searches = isCluster ? [`${namespace}.svc.${domain}`, `svc.${domain}`, domain] : []
  return {
    servers: [...new Set([...(isCluster ? servers : []), ...(dnsConfig?.nameservers ?? [])])],
    searches: [...new Set([...searches, ...(dnsConfig?.searches ?? [])])],
    options: [...options].map(([name, setting]) => (setting === undefined ? name : `${name}:${setting}`)),
  }
}

function portMappings(pod: Pod): PortMapping[] {
  if (pod.spec?.hostNetwork) return []
  return longRunning(pod).flatMap(({ ports = [] }) =>
    ports.flatMap(({ hostPort, containerPort, protocol = 'TCP', hostIP = '' }) =>
      hostPort ? [{ hostPort, containerPort, protocol: protocol as PortMapping['protocol'], hostIP }] : [],
    ),
  )
}

export function resourcesOf({ resources }: Pick<Container, 'resources'>): Resources {
  const { limits = {}, requests = {} } = resources ?? {}
  const { cpu, memory } = limits
  const cpuRequest = requests['cpu'] ?? cpu
  return {
    ...(cpu !== undefined && milliValue(cpu) > 0 && { cpuLimitMilli: milliValue(cpu) }),
    ...(cpuRequest !== undefined && { cpuRequestMilli: milliValue(cpuRequest) }),
    ...(memory !== undefined && value(memory) > 0 && { memoryLimitBytes: value(memory) }),
  }
}

/** The sum of the containers' limits, where every one has one; limits of the pod itself take precedence. */
function podLimits(pod: Pod): Resources {
  if (pod.spec?.resources?.limits) return resourcesOf(pod.spec)
  const each = longRunning(pod).map(resourcesOf)
  const sum = (of: (resources: Resources) => number | undefined): number | undefined =>
    each.reduce<number | undefined>((total, resources) => {
      const n = of(resources)
      return total === undefined || n === undefined ? undefined : total + n
    }, 0)
  const cpu = sum(resources => resources.cpuLimitMilli)
  const request = each.reduce((total, { cpuRequestMilli = 0 }) => total + cpuRequestMilli, 0)
  const memory = sum(resources => resources.memoryLimitBytes)
  return {
    ...(cpu && { cpuLimitMilli: cpu }),
    ...(request > 0 && { cpuRequestMilli: request }),
    ...(memory && { memoryLimitBytes: memory }),
  }
}
