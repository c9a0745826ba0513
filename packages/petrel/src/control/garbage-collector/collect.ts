/**
 * What is to be done with one node of the graph (garbagecollector.go attemptToDeleteItem, attemptToOrphan). Every
 * decision is made on the live object, and every delete carries its uid and version: the graph only says where to look.
 */
import type { OwnerReference } from '@petrel/machinery/api/meta-v1'
import type { KubeObject, Resource } from '@petrel/machinery/kinds'
import { isStatus } from '@petrel/machinery/status'
import type { Client, DeleteOptions } from '../../client/index.ts'
import { foregroundFinalizer, type Graph, type GraphNode, orphanFinalizer } from './graph.ts'
import { type Classified, classify, type OwnerLookup, UnknownKindError, unresolvable } from './owners.ts'

export interface CollectContext extends OwnerLookup {
  readonly client: Client
  readonly graph: Graph
  /** Look at this node, too. */
  examine(node: GraphNode): void
}

/** Deletes the node if nobody owns it any more, drops references to owners that are gone, ends foreground deletions. */
export async function collect(node: GraphNode, context: CollectContext): Promise<void> {
  if (node.beingDeleted && !node.deletingDependents) return
  const resource = node.resource ?? context.resourceOf(node.identity.apiVersion, node.identity.kind)
  if (!resource) {
    const { apiVersion, kind, name } = node.identity
    throw new UnknownKindError(`Cannot look up ${kind} ${JSON.stringify(name)}: ${apiVersion} is not served`)
  }
  if (resource.namespaced && node.identity.namespace === '') throw unresolvable(node.identity)
  const object = await findLive(node, resource, context.client)
  if (!object) {
    // Gone, or never there: its dependents find that out when they are examined.
    if (node.virtual) {
      context.absent.add(node.identity.uid, resource.namespaced ? node.identity.namespace : undefined)
      context.graph.remove(node.identity.uid)
    }
    return
  }
  // It exists: its own watch will put it into the graph.
  if (node.virtual) return
  if (node.deletingDependents) return endForeground(node, object, resource, context)
  if ((object.metadata?.ownerReferences?.length ?? 0) === 0) return
  await decide(node, object, resource, await classify(object, context), context)
}

async function decide(
  node: GraphNode,
  object: KubeObject,
  resource: Resource,
  owners: Classified,
  context: CollectContext,
): Promise<void> {
  const { client } = context
  if (owners.solid.length > 0) {
    const gone = [...owners.dangling, ...owners.waiting]
    if (gone.length > 0) await dropReferences(client, resource, object, new Set(gone.map(({ uid }) => uid)))
    return
  }
  if (owners.waiting.length > 0 && node.dependents.size > 0) {
    for (const dependent of node.dependents) {
      if (!dependent.deletingDependents) continue
      // A circle of owners that wait for each other would never end: this one waits no more.
      const references = (object.metadata?.ownerReferences ?? []).map(reference =>
        reference.blockOwnerDeletion ? { ...reference, blockOwnerDeletion: false } : reference,
      )
      await patchMetadata(client, resource, object, { ownerReferences: references })
      break
    }
    return deleteLive(client, resource, object, 'Foreground')
  }
  await deleteLive(client, resource, object, policyOf(object))
}

/** The wish of whoever is deleting it already, and background otherwise. */
function policyOf({ metadata }: KubeObject): NonNullable<DeleteOptions['propagationPolicy']> {
  if (metadata?.finalizers?.includes(orphanFinalizer)) return 'Orphan'
  if (metadata?.finalizers?.includes(foregroundFinalizer)) return 'Foreground'
  return 'Background'
}

/** Lets the owner go once no dependent blocks it; has the others deleted first. */
async function endForeground(
  node: GraphNode,
  object: KubeObject,
  resource: Resource,
  context: CollectContext,
): Promise<void> {
  const blocking = [...node.dependents].filter(({ owners }) =>
    owners.some(({ uid, blockOwnerDeletion }) => uid === node.identity.uid && blockOwnerDeletion),
  )
  if (blocking.length === 0) return removeFinalizer(context.client, resource, object, foregroundFinalizer)
  for (const dependent of blocking) if (!dependent.deletingDependents) context.examine(dependent)
}

/** Takes the owner out of its dependents' references, then lets it go. */
export async function orphanDependents(node: GraphNode, context: CollectContext): Promise<void> {
  const { client } = context
  const uids = new Set([node.identity.uid])
  for (const dependent of node.dependents) {
    if (!dependent.resource) continue
    const object = await findLive(dependent, dependent.resource, client)
    if (object?.metadata?.ownerReferences?.some(({ uid }) => uids.has(uid)))
      await dropReferences(client, dependent.resource, object, uids)
  }
  const resource = node.resource
  const owner = resource && (await findLive(node, resource, client))
  if (owner) await removeFinalizer(client, resource, owner, orphanFinalizer)
}

/** The object as the server has it now; undefined when it is gone or another one has its name. */
async function findLive(node: GraphNode, resource: Resource, client: Client): Promise<KubeObject | undefined> {
  const { namespace, name, uid } = node.identity
  try {
    const object = await client.get(
      resource,
      { ...(resource.namespaced && { namespace }), name },
      { metadataOnly: true },
    )
    return object.metadata?.uid === uid ? object : undefined
  } catch (error) {
    if (isStatus(error, 'NotFound')) return undefined
    throw error
  }
}

function dropReferences(
  client: Client,
  resource: Resource,
  object: KubeObject,
  uids: ReadonlySet<string>,
): Promise<void> {
  const left: OwnerReference[] = (object.metadata?.ownerReferences ?? []).filter(({ uid }) => !uids.has(uid))
  return patchMetadata(client, resource, object, { ownerReferences: left.length > 0 ? left : null })
}

function removeFinalizer(client: Client, resource: Resource, object: KubeObject, finalizer: string): Promise<void> {
  const before = object.metadata?.finalizers ?? []
  if (!before.includes(finalizer)) return Promise.resolve()
  const left = before.filter(name => name !== finalizer)
  return patchMetadata(client, resource, object, { finalizers: left.length > 0 ? left : null })
}

/** Names uid and version, so that what was decided for one object never hits another. */
async function patchMetadata(
  client: Client,
  resource: Resource,
  object: KubeObject,
  change: Readonly<Record<string, unknown>>,
): Promise<void> {
  const { namespace, name = '', uid, resourceVersion } = object.metadata ?? {}
  try {
    await client.patch(resource, { namespace, name }, 'merge', { metadata: { uid, resourceVersion, ...change } })
  } catch (error) {
    if (!isStatus(error, 'NotFound')) throw error
  }
}

async function deleteLive(
  client: Client,
  resource: Resource,
  object: KubeObject,
  propagationPolicy: NonNullable<DeleteOptions['propagationPolicy']>,
): Promise<void> {
  const { namespace, name = '', uid, resourceVersion } = object.metadata ?? {}
  const preconditions = { ...(uid !== undefined && { uid }), ...(resourceVersion !== undefined && { resourceVersion }) }
  try {
    await client.delete(resource, { namespace, name }, { propagationPolicy, preconditions })
  } catch (error) {
    if (!isStatus(error, 'NotFound')) throw error
  }
}
