/**
 * A container's environment, in the order in which it counts (pkg/kubelet, makeEnvironmentVariables): services, then
 * envFrom, then env; a later name takes the place of an earlier one, and a value may use those before it.
 */
import type { ConfigMap, Container, EnvVar, Pod, Secret, Service } from '@petrel/machinery/api/core-v1'
import { fieldValue, type NodeFacts, resourceValue } from './downward.ts'
import { expand } from './expand-env.ts'

/** Objects that a pod refers to; undefined when there is none of that name. */
export interface ReferencedObjects {
  configMap(namespace: string, name: string): Promise<ConfigMap | undefined>
  secret(namespace: string, name: string): Promise<Secret | undefined>
}

/** A reference that cannot be resolved now; shows as CreateContainerConfigError. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

export interface EnvSources {
  readonly objects: ReferencedObjects
  readonly node: NodeFacts
  readonly podIPs: readonly string[]
  /** Services of the pod's namespace, and `kubernetes` of default. */
  readonly services: readonly Service[]
}

export async function containerEnv(pod: Pod, container: Container, sources: EnvSources): Promise<Map<string, string>> {
  const env = new Map<string, string>()
  for (const [name, value] of serviceEnv(pod, sources.services)) env.set(name, value)
  for (const [name, value] of await envFrom(pod, container, sources.objects)) env.set(name, value)
  for (const variable of container.env ?? []) {
    const value = variable.valueFrom
      ? await valueFrom(pod, container, variable, sources)
      : expand(variable.value ?? '', env)
    if (value !== undefined) env.set(variable.name, value)
  }
  return env
}

async function envFrom(pod: Pod, container: Container, objects: ReferencedObjects): Promise<[string, string][]> {
  const namespace = pod.metadata?.namespace ?? ''
  const found: [string, string][] = []
  for (const { prefix = '', configMapRef, secretRef } of container.envFrom ?? []) {
    const reference = configMapRef ?? secretRef
    if (!reference) continue
    const name = reference.name ?? ''
    const object = await (configMapRef ? objects.configMap(namespace, name) : objects.secret(namespace, name))
    if (!object && !reference.optional) {
      throw new ConfigError(`${configMapRef ? 'configmap' : 'secret'} "${name}" not found`)
    }
    const data = configMapRef ? object?.data : decoded(object)
    for (const key of Object.keys(data ?? {}).sort()) found.push([`${prefix}${key}`, data![key]!])
  }
  return found
}

function decoded(secret: Secret | undefined): Record<string, string> | undefined {
  if (!secret) return undefined
  return Object.fromEntries(
    Object.entries(secret.data ?? {}).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]),
  )
}

/** Undefined when an optional reference leads nowhere: the variable is not set then. */
async function valueFrom(
  pod: Pod,
  container: Container,
  variable: EnvVar,
  sources: EnvSources,
): Promise<string | undefined> {
  const namespace = pod.metadata?.namespace ?? ''
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef } = variable.valueFrom ?? {}
  if (fieldRef) return fieldValue(pod, fieldRef.fieldPath, sources.node, sources.podIPs)
  if (resourceFieldRef) return resourceValue(pod, container, resourceFieldRef, sources.node)
  const reference = configMapKeyRef ?? secretKeyRef
  if (!reference) return ''
  const kind = configMapKeyRef ? 'configmap' : 'secret'
  const name = reference.name ?? ''
  const object = configMapKeyRef
    ? await sources.objects.configMap(namespace, name)
    : await sources.objects.secret(namespace, name)
  if (!object) {
    if (reference.optional) return undefined
    throw new ConfigError(`${kind} "${name}" not found`)
  }
  const data = configMapKeyRef ? (object as ConfigMap).data : decoded(object as Secret)
  const value = data?.[reference.key]
  if (value !== undefined || reference.optional) return value
  const shown = configMapKeyRef ? 'ConfigMap' : 'Secret'
  throw new ConfigError(`couldn't find key ${reference.key} in ${shown} ${namespace}/${name}`)
}

/** Docker-link style variables of the services that stand when the container starts (pkg/kubelet/envvars). */
export function serviceEnv(pod: Pod, services: readonly Service[]): [string, string][] {
  const namespace = pod.metadata?.namespace
  const linked = pod.spec?.enableServiceLinks !== false
  const env: [string, string][] = []
  for (const service of services) {
    const { name = '', namespace: own } = service.metadata ?? {}
    const isMaster = own === 'default' && name === 'kubernetes'
    if (!isMaster && (!linked || own !== namespace)) continue
    const { clusterIP, ports = [] } = service.spec ?? {}
    const [first] = ports
    if (!clusterIP || clusterIP === 'None' || !first) continue
    const prefix = name.toUpperCase().replaceAll('-', '_')
    env.push([`${prefix}_SERVICE_HOST`, clusterIP], [`${prefix}_SERVICE_PORT`, String(first.port)])
    for (const port of ports) {
      if (port.name)
        env.push([`${prefix}_SERVICE_PORT_${port.name.toUpperCase().replaceAll('-', '_')}`, String(port.port)])
    }
    for (const [i, port] of ports.entries()) {
      const protocol = (port.protocol ?? 'TCP').toLowerCase()
      const url = `${protocol}://${clusterIP}:${port.port}`
      const variable = `${prefix}_PORT_${port.port}_${protocol.toUpperCase()}`
      if (i === 0) env.push([`${prefix}_PORT`, url])
      env.push(
        [variable, url],
        [`${variable}_PROTO`, protocol],
        [`${variable}_PORT`, String(port.port)],
        [`${variable}_ADDR`, clusterIP],
      )
    }
  }
  return env
}
