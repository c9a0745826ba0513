/** Which owners of an object are there (garbagecollector.go classifyReferences). Absence is always asked, never assumed. */
import type { OwnerReference } from '@petrel/machinery/api/meta-v1'
import type { KubeObject } from '@petrel/machinery/kinds'
import { isStatus } from '@petrel/machinery/status'
import type { Client, DiscoveredResource } from '../../client/index.ts'
import { foregroundFinalizer } from './graph.ts'

export interface Classified {
  /** Exist and stay. */
  readonly solid: OwnerReference[]
  /** Do not exist. */
  readonly dangling: OwnerReference[]
  /** Exist, and wait in foreground deletion for this dependent to go. */
  readonly waiting: OwnerReference[]
}

/** The kind of an owner is not served now: nobody can say whether the owner exists. */
export class UnknownKindError extends Error {
  override readonly name = 'UnknownKindError'
}

/** A cluster-scoped object names a namespaced owner: the reference cannot be resolved, and nothing may be concluded. */
export class UnresolvableOwnerError extends Error {
  override readonly name = 'UnresolvableOwnerError'
}

export function unresolvable({ kind, name }: { readonly kind: string; readonly name: string }): UnresolvableOwnerError {
  return new UnresolvableOwnerError(
    `Cannot look up owner ${kind} ${JSON.stringify(name)}: cluster-scoped objects cannot have namespaced owners`,
  )
}

export interface OwnerLookup {
  readonly client: Client
  resourceOf(apiVersion: string, kind: string): DiscoveredResource | undefined
  readonly absent: AbsentOwners
}

export async function classify(object: KubeObject, lookup: OwnerLookup): Promise<Classified> {
  const result: Classified = { solid: [], dangling: [], waiting: [] }
  for (const reference of object.metadata?.ownerReferences ?? []) {
    const owner = await findOwner(reference, object.metadata?.namespace ?? '', lookup)
    if (!owner) result.dangling.push(reference)
    else if (isWaiting(owner)) result.waiting.push(reference)
    else result.solid.push(reference)
  }
  return result
}

/** The live owner, or undefined when it does not exist. */
async function findOwner(
  reference: OwnerReference,
  namespace: string,
  lookup: OwnerLookup,
): Promise<KubeObject | undefined> {
  const { uid, apiVersion, kind, name } = reference
  if (lookup.absent.has(uid, namespace)) return undefined
  const resource = lookup.resourceOf(apiVersion, kind)
  if (!resource)
    throw new UnknownKindError(`Cannot look up owner ${kind} ${JSON.stringify(name)}: ${apiVersion} is not served`)
  if (resource.namespaced && namespace === '') throw unresolvable(reference)
  try {
    const key = { ...(resource.namespaced && { namespace }), name }
    const owner = await lookup.client.get(resource, key, { metadataOnly: true })
    if (owner.metadata?.uid === uid) return owner
  } catch (error) {
    if (!isStatus(error, 'NotFound')) throw error
  }
  lookup.absent.add(uid, resource.namespaced ? namespace : undefined)
  return undefined
}

function isWaiting({ metadata }: KubeObject): boolean {
  return metadata?.deletionTimestamp !== undefined && (metadata.finalizers?.includes(foregroundFinalizer) ?? false)
}

/**
 * The newest 500 uids that were found absent: a deleted owner has many dependents, and each would ask. A namespaced
 * owner is absent for one namespace alone, since a reference from another one could never have found it.
 */
export class AbsentOwners {
  readonly #keys = new Set<string>()

  has(uid: string, namespace: string): boolean {
    return this.#keys.has(uid) || this.#keys.has(`${namespace}/${uid}`)
  }

  add(uid: string, namespace: string | undefined): void {
    this.#keys.add(namespace === undefined ? uid : `${namespace}/${uid}`)
    if (this.#keys.size <= 500) return
    for (const oldest of this.#keys) {
      this.#keys.delete(oldest)
      return
    }
  }
}
