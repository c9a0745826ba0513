/**
 * Which children belong to an owner (controller.BaseControllerRefManager): those that name it as controller and match
 * its selector. Orphans that match are adopted, own children that match no longer are released; both by patches that
 * carry the uid, so that an object of the same name made meanwhile is left alone.
 */
import type { KubeObject, Resource } from '@petrel/machinery/kinds'
import type { LabelSelector } from '@petrel/machinery/selectors'
import { isStatus } from '@petrel/machinery/status'
import { apiVersionOf, keyOf } from '../../client/index.ts'
import { type ControllerContext, controllerOf } from '../define-controller.ts'

export interface Owner {
  readonly resource: Resource
  readonly object: KubeObject
  readonly selector: LabelSelector
  /** What the owner's children are held by: given on adoption, taken away on release. */
  readonly finalizer?: string
}

/** `keys` of a watch on children: the owner by reference; for orphans everyone that might adopt them. */
export function claimants<O extends KubeObject>(
  resource: Resource<O>,
  selectorOf: (owner: O) => LabelSelector,
): (child: KubeObject, context: ControllerContext) => string[] {
  const ownerOf = controllerOf(resource)
  return (child, { informer }) => {
    if (orphanIndex(child).length === 0) return ownerOf(child)
    const matching = informer(resource)
      .list(child.metadata?.namespace ?? '')
      .filter(owner => selectorOf(owner).matches(child.metadata?.labels))
    return matching.map(keyOf)
  }
}

/** The reference by which an object is owned and controlled. */
export function controllerReference({ resource, object }: Pick<Owner, 'resource' | 'object'>) {
  return {
    apiVersion: apiVersionOf(resource),
    kind: resource.kind,
    name: object.metadata?.name ?? '',
    uid: object.metadata?.uid ?? '',
    controller: true,
    blockOwnerDeletion: true,
  }
}

/** Index function: objects without a controller, by namespace. Whoever matches them may adopt them. */
export function orphanIndex(object: KubeObject): string[] {
  const owned = object.metadata?.ownerReferences?.some(reference => reference.controller)
  return owned ? [] : [object.metadata?.namespace ?? '']
}

/**
 * Resolves with the objects of `resource` that are the owner's now. The controller must watch `resource` with
 * `orphanIndex` under the name `orphan`.
 */
export async function claimChildren<T extends KubeObject>(
  owner: Owner,
  resource: Resource<T>,
  context: ControllerContext,
): Promise<T[]> {
  const informer = context.informer(resource)
  const { uid = '', namespace = '', deletionTimestamp } = owner.object.metadata ?? {}
  const claimed: T[] = []
  for (const child of informer.byIndex('owner', uid)) {
    const controller = child.metadata?.ownerReferences?.find(reference => reference.controller)
    if (controller?.uid !== uid) continue
    if (owner.selector.matches(child.metadata?.labels)) claimed.push(child)
    else if (!deletionTimestamp) await release(owner, resource, child, context)
  }
  if (deletionTimestamp) return claimed
  let mayAdopt: boolean | undefined
  for (const child of informer.byIndex('orphan', namespace)) {
    if (child.metadata?.deletionTimestamp || !owner.selector.matches(child.metadata?.labels)) continue
    mayAdopt ??= await isStillThere(owner, context)
    const adopted = mayAdopt && (await adopt(owner, resource, child, context))
    if (adopted) claimed.push(adopted)
  }
  return claimed
}

/** Asks the server itself: a cache that is behind must not adopt in the name of an owner that is gone. */
async function isStillThere({ resource, object }: Owner, { client }: ControllerContext): Promise<boolean> {
  const { namespace, name = '', uid } = object.metadata ?? {}
  try {
    const live = await client.get(resource, { namespace, name })
    return live.metadata?.uid === uid && live.metadata?.deletionTimestamp === undefined
  } catch (error) {
    if (isStatus(error, 'NotFound')) return false
    throw error
  }
}

function adopt<T extends KubeObject>(
  owner: Owner,
  resource: Resource<T>,
  child: T,
  context: ControllerContext,
): Promise<T | undefined> {
  context.log.debug('Adopting', { kind: resource.kind, child: keyOf(child), owner: keyOf(owner.object) })
  const { finalizer } = owner
  const changes = {
    ownerReferences: [controllerReference(owner)],
    ...(finalizer !== undefined && { finalizers: [finalizer] }),
  }
  return patchMetadata(resource, child, changes, context)
}

async function release(owner: Owner, resource: Resource, child: KubeObject, context: ControllerContext): Promise<void> {
  context.log.debug('Releasing', { kind: resource.kind, child: keyOf(child), owner: keyOf(owner.object) })
  const { finalizer, object } = owner
  const changes = {
    ownerReferences: [{ $patch: 'delete', uid: object.metadata?.uid }],
    ...(finalizer !== undefined && { '$deleteFromPrimitiveList/finalizers': [finalizer] }),
  }
  await patchMetadata(resource, child, changes, context)
}

/** Undefined when the child is gone, or another one of its name is there by now. */
export async function patchMetadata<T extends KubeObject>(
  resource: Resource<T>,
  child: T,
  changes: Readonly<Record<string, unknown>>,
  { client }: ControllerContext,
): Promise<T | undefined> {
  const { namespace, name = '', uid } = child.metadata ?? {}
  try {
    return await client.patch(resource, { namespace, name }, 'strategic', { metadata: { uid, ...changes } })
  } catch (error) {
    if (isStatus(error, 'NotFound') || isStatus(error, 'Invalid') || isStatus(error, 'Conflict')) return undefined
    throw error
  }
}
