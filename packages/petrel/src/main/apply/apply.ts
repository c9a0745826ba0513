/**
 * Client-side apply, compatible with `kubectl apply`: what was applied last is kept in the object's annotation, and the
 * patch removes what it had and the manifest has no longer. Both may so be used on one object in turn.
 */
import type { KubeObject, Resource } from '@petrel/machinery/kinds'
import { isStatus } from '@petrel/machinery/status'
import type { Client } from '../../client/index.ts'
import type { Manifest } from './manifests.ts'

export const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration'

export interface Applied {
  readonly object: KubeObject
  readonly resource: Resource
  readonly outcome: 'created' | 'configured' | 'unchanged'
}

type Json = Record<string, unknown>

/** Applies in order, but what others live in comes first: namespaces, then custom resource definitions. */
export async function applyManifests(
  client: Client,
  resolve: (object: KubeObject) => Promise<Resource>,
  manifests: readonly Manifest[],
  onApplied: (applied: Applied) => void,
): Promise<Applied[]> {
  const order = [...manifests].sort((a, b) => rank(a.object) - rank(b.object))
  const all: Applied[] = []
  for (const { object, source } of order) {
    try {
      const resource = await resolve(object)
      const applied = await applyOne(client, resource, withNamespace(object, resource))
      onApplied(applied)
      all.push(applied)
    } catch (error) {
      throw new Error(`Cannot apply ${source}: ${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      })
    }
  }
  return all
}

function rank(object: KubeObject): number {
  if (object.kind === 'Namespace') return 0
  return object.kind === 'CustomResourceDefinition' ? 1 : 2
}

function withNamespace(object: KubeObject, resource: Resource): KubeObject {
  const metadata = object.metadata ?? {}
  return resource.namespaced
    ? { ...object, metadata: { ...metadata, namespace: metadata.namespace ?? 'default' } }
    : object
}

async function applyOne(client: Client, resource: Resource, object: KubeObject): Promise<Applied> {
  const configuration = `${JSON.stringify(object)}\n`
  const annotated = {
    ...object,
    metadata: { ...object.metadata, annotations: { ...object.metadata?.annotations, [lastApplied]: configuration } },
  }
  const key = { namespace: object.metadata?.namespace, name: object.metadata?.name ?? '' }
  const options = { fieldManager: 'kubectl-client-side-apply', fieldValidation: 'Strict' } as const
  const current = await client.get(resource, key).catch((error: unknown) => {
    if (isStatus(error, 'NotFound')) return undefined
    throw error
  })
  if (!current) return { object: await client.create(resource, annotated, options), resource, outcome: 'created' }

  const previous = parseObject(current.metadata?.annotations?.[lastApplied])
  const patch = threeWayMergePatch(previous, annotated as unknown as Json, current as unknown as Json)
  if (Object.keys(patch).length === 0) return { object: current, resource, outcome: 'unchanged' }
  return { object: await client.patch(resource, key, 'merge', patch, options), resource, outcome: 'configured' }
}

function parseObject(text: string | undefined): Json {
  try {
    const value: unknown = JSON.parse(text ?? '{}')
    return isObject(value) ? value : {}
  } catch {
    // An annotation that somebody damaged says nothing about what was applied: nothing is removed then.
    return {}
  }
}

/**
 * RFC 7396 patch that brings `current` to `wanted`: sets what differs, and removes what `previous` had applied and
 * `wanted` lacks. What others have set stays. Lists are replaced whole.
 */
export function threeWayMergePatch(previous: Json, wanted: Json, current: Json): Json {
  const patch: Json = {}
  for (const [name, value] of Object.entries(wanted)) {
    const [before, now] = [previous[name], current[name]]
    if (isObject(value)) {
      const inner = threeWayMergePatch(isObject(before) ? before : {}, value, isObject(now) ? now : {})
      if (Object.keys(inner).length > 0 || !isObject(now)) patch[name] = inner
    } else if (Array.isArray(value) ? !covers(now, value) : now !== value) patch[name] = value
  }
  for (const name of Object.keys(previous)) if (!(name in wanted) && name in current) patch[name] = null
  return patch
}

/** True when `now` is `wanted` with nothing but the server's defaults added. */
function covers(now: unknown, wanted: unknown): boolean {
  if (Array.isArray(wanted)) {
    return Array.isArray(now) && now.length === wanted.length && wanted.every((item, i) => covers(now[i], item))
  }
  if (isObject(wanted))
    return isObject(now) && Object.entries(wanted).every(([name, value]) => covers(now[name], value))
  return now === wanted
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
