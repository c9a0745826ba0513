/** Deletes everything in a namespace, of every kind that discovery names, and says what is left. */
import type { Pod } from '@petrel/machinery/api/core-v1'
import type { KubeObject } from '@petrel/machinery/kinds'
import { isStatus, StatusError } from '@petrel/machinery/status'
import type { Clock } from '../../base/index.ts'
import { type Client, type DiscoveredResource, discoverResources } from '../../client/index.ts'

export interface Remaining {
  readonly resource: DiscoveredResource
  readonly count: number
  /** How many objects hold each finalizer. */
  readonly finalizers: ReadonlyMap<string, number>
}

export interface Content {
  readonly remaining: readonly Remaining[]
  /** Resources whose content could not be deleted or read. */
  readonly failures: readonly Error[]
  /** Group versions that discovery could not read. */
  readonly undiscovered: ReadonlyMap<string, StatusError>
  /** How long what remains may take to go. */
  readonly estimateSeconds: number
}

/** finalizerEstimateSeconds: what a foreign finalizer is given before we look again. */
const finalizerEstimateSeconds = 15
/** Resources that are emptied at the same time. */
const width = 10

export async function deleteContent(client: Client, namespace: string, clock: Clock): Promise<Content> {
  const discovered = await discoverResources(client)
  const targets = discovered.resources.filter(
    target => target.namespaced && target.preferred && target.verbs.includes('delete') && target.verbs.includes('list'),
  )
  const isPods = (target: DiscoveredResource): boolean => target.group === '' && target.plural === 'pods'
  const result = { remaining: [] as Remaining[], failures: [] as Error[], estimateSeconds: 0 }
  await empty(targets.filter(isPods))
  if (result.remaining.length === 0 && result.failures.length === 0)
    await empty(targets.filter(target => !isPods(target)))
  for (const [groupVersion, error] of discovered.failures) {
    result.failures.push(new Error(`Cannot discover ${groupVersion}: ${error.message}`, { cause: error }))
  }
  return { ...result, undiscovered: discovered.failures }

  async function empty(resources: readonly DiscoveredResource[]): Promise<void> {
    for (let start = 0; start < resources.length; start += width) {
      await Promise.all(resources.slice(start, start + width).map(emptyOne))
    }
  }

  async function emptyOne(resource: DiscoveredResource): Promise<void> {
    try {
      const left = await deleteAll(client, resource, namespace)
      if (left.length === 0) return
      const finalizers = new Map<string, number>()
      for (const object of left) {
        for (const name of object.metadata?.finalizers ?? []) finalizers.set(name, (finalizers.get(name) ?? 0) + 1)
      }
      result.remaining.push({ resource, count: left.length, finalizers })
      const estimate = isPods(resource) ? secondsOfGrace(left, clock) : 0
      result.estimateSeconds = Math.max(
        result.estimateSeconds,
        estimate,
        finalizers.size > 0 ? finalizerEstimateSeconds : 0,
      )
    } catch (cause) {
      const error = StatusError.from(cause)
      result.failures.push(new Error(`Cannot empty ${resource.plural}: ${error.message}`, { cause: error }))
    }
  }
}

/** Deletes what is there and returns what stays for now. */
async function deleteAll(
  client: Client,
  resource: DiscoveredResource,
  namespace: string,
): Promise<readonly KubeObject[]> {
  const before = await list(client, resource, namespace)
  if (before.length === 0) return before
  if (resource.verbs.includes('deletecollection')) {
    await client.deleteCollection(resource, { namespace, propagationPolicy: 'Background' })
  } else {
    for (const { metadata } of before) {
      if (metadata?.deletionTimestamp) continue
      await client
        .delete(resource, { namespace, name: metadata?.name ?? '' }, { propagationPolicy: 'Background' })
        .catch(ignoreNotFound)
    }
  }
  return list(client, resource, namespace)
}

async function list(client: Client, resource: DiscoveredResource, namespace: string): Promise<readonly KubeObject[]> {
  try {
    return (await client.list(resource, { namespace, metadataOnly: true })).items
  } catch (error) {
    // The resource vanished between discovery and now (its CRD was deleted): it has no content.
    if (isStatus(error, 'NotFound') || isStatus(error, 'MethodNotAllowed')) return []
    throw error
  }
}

function ignoreNotFound(error: unknown): void {
  if (!isStatus(error, 'NotFound')) throw error
}

/** The longest time that a pod may still take; pods that should have ended count nothing. */
function secondsOfGrace(pods: readonly KubeObject[], clock: Clock): number {
  let longest = 0
  for (const pod of pods as readonly Pod[]) {
    // Deleted just now: the moment at which it is to be gone is already in deletionTimestamp.
    const end = Date.parse(pod.metadata?.deletionTimestamp ?? '')
    if (!Number.isNaN(end)) longest = Math.max(longest, (end - clock.now()) / 1000)
  }
  return longest
}
