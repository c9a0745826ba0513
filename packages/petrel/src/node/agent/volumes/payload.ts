/**
 * The files of the volumes that carry API data: configMap, secret, downwardAPI and projected (pkg/volume/*). A missing
 * object or key is an error unless optional; its words are those of the FailedMount event.
 */
import type {
  ConfigMap,
  DownwardAPIVolumeFile,
  KeyToPath,
  Pod,
  ProjectedVolumeSource,
  Secret,
  Volume,
} from '@petrel/machinery/api/core-v1'
import type { ReferencedObjects } from '../container-env.ts'
import { fieldValue, type NodeFacts, resourceValue } from '../downward.ts'

export interface PayloadFile {
  readonly data: Buffer
  readonly mode: number
}

/** By path relative to the volume. */
export type Payload = Map<string, PayloadFile>

export interface PayloadSources {
  readonly objects: ReferencedObjects
  readonly node: NodeFacts
  readonly podIPs: readonly string[]
  token(pod: Pod, audience: string | undefined, expirationSeconds: number): Promise<string>
}

const defaultMode = 0o644

/** Undefined for volumes of other kinds. */
export async function payloadOf(pod: Pod, volume: Volume, sources: PayloadSources): Promise<Payload | undefined> {
  const { configMap, secret, downwardAPI, projected } = volume
  const payload: Payload = new Map()
  const namespace = pod.metadata?.namespace ?? ''
  if (configMap) {
    const found = await sources.objects.configMap(namespace, configMap.name ?? '')
    addObject(
      payload,
      'configmap',
      namespace,
      configMap.name ?? '',
      dataOf(found),
      configMap.items,
      configMap.defaultMode,
      configMap.optional,
    )
  } else if (secret) {
    const found = await sources.objects.secret(namespace, secret.secretName ?? '')
    addObject(
      payload,
      'secret',
      namespace,
      secret.secretName ?? '',
      secretData(found),
      secret.items,
      secret.defaultMode,
      secret.optional,
    )
  } else if (downwardAPI) addDownward(payload, pod, downwardAPI.items ?? [], downwardAPI.defaultMode, sources)
  else if (projected) await addProjected(payload, pod, projected, sources)
  else return undefined
  return payload
}

async function addProjected(
  payload: Payload,
  pod: Pod,
  projected: ProjectedVolumeSource,
  sources: PayloadSources,
): Promise<void> {
  const namespace = pod.metadata?.namespace ?? ''
  const mode = projected.defaultMode
  for (const { configMap, secret, downwardAPI, serviceAccountToken } of projected.sources ?? []) {
    if (configMap) {
      const found = await sources.objects.configMap(namespace, configMap.name ?? '')
      addObject(
        payload,
        'configmap',
        namespace,
        configMap.name ?? '',
        dataOf(found),
        configMap.items,
        mode,
        configMap.optional,
      )
    }
    if (secret) {
      const found = await sources.objects.secret(namespace, secret.name ?? '')
      addObject(payload, 'secret', namespace, secret.name ?? '', secretData(found), secret.items, mode, secret.optional)
    }
    if (downwardAPI) addDownward(payload, pod, downwardAPI.items ?? [], mode, sources)
    if (serviceAccountToken) {
      const { audience, expirationSeconds = 3600, path } = serviceAccountToken
      const token = await sources.token(pod, audience, expirationSeconds)
      payload.set(path, { data: Buffer.from(token), mode: mode ?? defaultMode })
    }
  }
}

function dataOf(object: ConfigMap | undefined): Map<string, Buffer> | undefined {
  if (!object) return undefined
  const data = new Map<string, Buffer>()
  for (const [key, text] of Object.entries(object.data ?? {})) data.set(key, Buffer.from(text))
  for (const [key, base64] of Object.entries(object.binaryData ?? {})) data.set(key, Buffer.from(base64, 'base64'))
  return data
}

function secretData(object: Secret | undefined): Map<string, Buffer> | undefined {
  if (!object) return undefined
  return new Map(Object.entries(object.data ?? {}).map(([key, base64]) => [key, Buffer.from(base64, 'base64')]))
}

function addObject(
  payload: Payload,
  kind: 'configmap' | 'secret',
  namespace: string,
  name: string,
  data: ReadonlyMap<string, Buffer> | undefined,
  items: readonly KeyToPath[] | undefined,
  mode: number = defaultMode,
  optional = false,
): void {
  if (!data) {
    if (optional) return
    throw new Error(`${kind} "${name}" not found`)
  }
  if (!items?.length) {
    for (const [key, bytes] of data) payload.set(key, { data: bytes, mode })
    return
  }
  for (const item of items) {
    const bytes = data.get(item.key)
    if (bytes) payload.set(item.path, { data: bytes, mode: item.mode ?? mode })
    else if (!optional)
      throw new Error(
        `${kind} "${namespace}/${name}" references non-existent ${kind === 'secret' ? 'secret' : 'config'} key: ${item.key}`,
      )
  }
}

function addDownward(
  payload: Payload,
  pod: Pod,
  items: readonly DownwardAPIVolumeFile[],
  mode: number | undefined,
  { node, podIPs }: PayloadSources,
): void {
  for (const { path, fieldRef, resourceFieldRef, mode: own } of items) {
    const text = fieldRef
      ? fieldValue(pod, fieldRef.fieldPath, node, podIPs)
      : resourceFieldRef
        ? resourceValue(pod, undefined, resourceFieldRef, node)
        : ''
    payload.set(path, { data: Buffer.from(text), mode: own ?? mode ?? defaultMode })
  }
}
