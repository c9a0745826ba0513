/**
 * What is accepted and probably not meant: `Warning:` lines after pkg/api/pod/warnings.go, those that people meet.
 */
import type { PodSpec, Volume } from '../../../api/core-v1.gen.ts'
import { visitContainers } from './visit-containers.ts'

const deprecatedVolumes: Readonly<Partial<Record<keyof Volume, string>>> = {
  photonPersistentDisk: 'deprecated in v1.11, non-functional in v1.16+',
  gitRepo: 'deprecated in v1.11, and disabled by default in v1.33+',
  scaleIO: 'deprecated in v1.16, non-functional in v1.22+',
  flocker: 'deprecated in v1.22, non-functional in v1.25+',
  storageos: 'deprecated in v1.22, non-functional in v1.25+',
  quobyte: 'deprecated in v1.22, non-functional in v1.25+',
  glusterfs: 'deprecated in v1.25, non-functional in v1.26+',
  cephfs: 'deprecated in v1.28, non-functional in v1.31+',
  rbd: 'deprecated in v1.28, non-functional in v1.31+',
}

const deprecatedNodeLabels: Readonly<Record<string, string>> = {
  'beta.kubernetes.io/arch': 'deprecated since v1.14; use "kubernetes.io/arch" instead',
  'beta.kubernetes.io/os': 'deprecated since v1.14; use "kubernetes.io/os" instead',
  'failure-domain.beta.kubernetes.io/region': 'deprecated since v1.17; use "topology.kubernetes.io/region" instead',
  'failure-domain.beta.kubernetes.io/zone': 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
  'beta.kubernetes.io/instance-type': 'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead',
}

/** `path` is that of the spec: `spec`, or `spec.template.spec`. */
export function podSpecWarnings(spec: PodSpec | undefined, path: string): string[] {
  if (!spec) return []
  const warnings: string[] = []
  for (const key of Object.keys(spec.nodeSelector ?? {})) {
    const message = deprecatedNodeLabels[key]
    if (message) warnings.push(`${path}.nodeSelector[${key}]: ${message}`)
  }
  for (const [i, constraint] of (spec.topologySpreadConstraints ?? []).entries()) {
    const at = `${path}.topologySpreadConstraints[${i}]`
    const message = deprecatedNodeLabels[constraint.topologyKey]
    if (message) warnings.push(`${at}.topologyKey: ${constraint.topologyKey} is ${message}`)
    if (!constraint.labelSelector) warnings.push(`${at}.labelSelector: a null labelSelector results in matching no pod`)
  }
  for (const [i, volume] of (spec.volumes ?? []).entries()) {
    for (const [key, message] of Object.entries(deprecatedVolumes)) {
      if (volume[key as keyof Volume]) {
        warnings.push(`${path}.volumes[${i}].${key === 'storageos' ? 'storageOS' : key}: ${message}`)
      }
    }
  }
  warnings.push(...duplicates(spec.hostAliases, 'ip', `${path}.hostAliases`))
  warnings.push(...duplicates(spec.imagePullSecrets, 'name', `${path}.imagePullSecrets`))
  warnHiddenVariables(spec, path, warnings)
  warnDuplicatePorts(spec, path, warnings)
  return warnings
}

function duplicates<K extends string>(
  items: readonly { readonly [key in K]?: string }[] | undefined,
  field: K,
  path: string,
): string[] {
  const seen = new Set<string>()
  const warnings: string[] = []
  for (const [i, item] of (items ?? []).entries()) {
    const value = item[field] ?? ''
    if (seen.has(value)) warnings.push(`${path}[${i}].${field}: duplicate ${field} ${JSON.stringify(value)}`)
    seen.add(value)
  }
  return warnings
}

/** A name twice is a merge key twice: server-side apply may drop one. Extending the earlier value is meant. */
function warnHiddenVariables(spec: PodSpec, path: string, warnings: string[]): void {
  visitContainers(spec, path, (container, at) => {
    const seen = new Set<string>()
    for (const [i, { name, value = '', valueFrom }] of (container.env ?? []).entries()) {
      const reference = `$(${name})`
      const extends_ = !valueFrom && value !== reference && value.includes(reference)
      if (seen.has(name) && !extends_) {
        const why = `hides previous definition of ${JSON.stringify(name)}, which may be dropped when using apply`
        warnings.push(`${at}.env[${i}]: ${why}`)
      }
      seen.add(name)
    }
  })
}

function warnDuplicatePorts(spec: PodSpec, path: string, warnings: string[]): void {
  const seen = new Map<string, { path: string; hostIP: string; hostPort: number }[]>()
  visitContainers(spec, path, (container, at) => {
    for (const [i, port] of (container.ports ?? []).entries()) {
      const key = `${port.containerPort}/${port.protocol}`
      const here = { path: `${at}.ports[${i}]`, hostIP: port.hostIP ?? '', hostPort: port.hostPort ?? 0 }
      const others = seen.get(key) ?? []
      for (const other of others) {
        if (here.hostIP === other.hostIP && here.hostPort === other.hostPort) {
          warnings.push(`${here.path}: duplicate port definition with ${other.path}`)
        } else if (here.hostPort === 0 || other.hostPort === 0) {
          warnings.push(`${here.path}: overlapping port definition with ${other.path}`)
        } else if (here.hostPort === other.hostPort && (here.hostIP === '') !== (other.hostIP === '')) {
          warnings.push(`${here.path}: dangerously ambiguous port definition with ${other.path}`)
        }
      }
      others.push(here)
      seen.set(key, others)
    }
  })
}
