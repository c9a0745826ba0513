/**
 * Which children belong to an owner (controller.BaseControllerRefManager): those that name it as controller and match
 * its selector. Orphans that match are adopted, own children that match no longer are released; both by patches that
 * carry the uid, so that an object of the same name made meanwhile is left alone.
 */
import type { KubeObject, Resource } from '@petrel/machinery/kinds'
import type { LabelSelector } from '@petrel/machinery/selectors'
import { isStatus } from '@petrel/machinery/status'
import { apiVersionOf, keyOf } from '../../client/index.ts'
import type { ControllerContext } from '../define-controller.ts'

export interface Owner {
  readonly resource: Resource
  readonly object: KubeObject
  readonly selector: LabelSelector
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
    if (mayAdopt && (await patchOwners(resource, child, [controllerReference(owner)], context))) claimed.push(child)
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

async function release(owner: Owner, resource: Resource, child: KubeObject, context: ControllerContext): Promise<void> {
  context.log.debug('Releasing', { kind: resource.kind, child: keyOf(child), owner: keyOf(owner.object) })
  await patchOwners(resource, child, [{ $patch: 'delete', uid: owner.object.metadata?.uid }], context)
}

/** False when the child is gone or another one by now. */
async function patchOwners(
  resource: Resource,
  child: KubeObject,
  ownerReferences: readonly unknown[],
  { client }: ControllerContext,
): Promise<boolean> {
  const { namespace, name = '', uid } = child.metadata ?? {}
  try {
    await client.patch(resource, { namespace, name }, 'strategic', { metadata: { uid, ownerReferences } })
    return true
  } catch (error) {
    if (isStatus(error, 'NotFound') || isStatus(error, 'Invalid') || isStatus(error, 'Conflict')) return false
    throw error
  }
}
