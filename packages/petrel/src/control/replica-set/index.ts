/**
 * ReplicaSets and ReplicationControllers: as many pods as `spec.replicas` says (pkg/controller/replicaset). One
 * controller serves both kinds, as upstream's does by way of an adapter.
 */
import type { Pod } from '@petrel/machinery/api/core-v1'
import { pods as podResource } from '@petrel/machinery/kinds'
import { isStatus } from '@petrel/machinery/status'
import { Expectations, keyOf, parseKey, sameJson } from '../../client/index.ts'
import { type Controller, type ControllerContext, controllerOf, defineController, watch } from '../define-controller.ts'
import { isNamespaceTerminating } from '../namespace-terminating.ts'
import {
  claimants,
  claimChildren,
  type Owner,
  orphanIndex,
  podFromTemplate,
  podsToDelete,
  slowStart,
} from '../owned/index.ts'
import { isActive, isTerminating, readySince } from '../pod-state.ts'
import { type Replicas, type ReplicasKind, replicaSetKind, replicationControllerKind } from './replicas.ts'
import { statusOf } from './status.ts'

/** BurstReplicas: pods created or deleted in one pass. */
const burst = 500

export function replicaSetController(): Controller {
  return replicasController(replicaSetKind)
}

export function replicationControllerController(): Controller {
  return replicasController(replicationControllerKind)
}

function replicasController(kind: ReplicasKind): Controller {
  const { resource } = kind
  const ownerOf = controllerOf(resource)
  let expectations: Expectations
  return defineController({
    name: kind.name,
    component: kind.component,
    concurrency: 5,
    watches: [
      watch(resource),
      watch(podResource, {
        keys: claimants(resource, kind.selectorOf),
        when: ({ type, object, old }, context) => {
          expectations ??= new Expectations(context.clock)
          const [owner] = ownerOf(object)
          if (owner && type === 'add') expectations.creationObserved(owner)
          const leaves = type === 'delete' || (object.metadata?.deletionTimestamp && !old?.metadata?.deletionTimestamp)
          if (owner && leaves) expectations.deletionObserved(owner, keyOf(object))
          return true
        },
        indexers: { orphan: orphanIndex },
      }),
    ],
    async reconcile(key, context) {
      expectations ??= new Expectations(context.clock)
      const object = context.informer(resource).get(parseKey(key))
      if (!object) {
        expectations.forget(key)
        return undefined
      }
      const owner: Owner = { resource, object, selector: kind.selectorOf(object) }
      // The cache is complete before the expectations are asked: asked after, a creation seen in between would be lost.
      const mayAct = expectations.satisfied(key) && !object.metadata?.deletionTimestamp
      const claimed = await claimChildren(owner, podResource, context)
      const active = claimed.filter(isActive)
      const failure = mayAct ? await adjust(key, owner, active, expectations, context) : undefined
      await writeStatus(kind, object, claimed, failure, context)
      if (failure !== undefined) throw failure
      return untilAvailable(object, active, context.clock.now())
    },
  })
}

/** Creates what is missing or deletes what is too much. Resolves with what went wrong. */
async function adjust(
  key: string,
  owner: Owner,
  active: readonly Pod[],
  expectations: Expectations,
  context: ControllerContext,
): Promise<unknown> {
  const object: Replicas = owner.object
  const surplus = active.length - (object.spec?.replicas ?? 1)
  if (surplus === 0) return undefined
  if (surplus < 0) {
    const count = Math.min(-surplus, burst)
    expectations.expectCreations(key, count)
    const { done, error } = await slowStart(count, () => createPod(owner, context))
    for (let i = done; i < count; i++) expectations.creationObserved(key)
    return isNamespaceTerminating(error) ? undefined : error
  }
  const doomed = podsToDelete(
    active,
    relatedPods(owner, active, context),
    Math.min(surplus, burst),
    context.clock.now(),
  )
  expectations.expectDeletions(key, doomed.map(keyOf))
  const results = await Promise.allSettled(doomed.map(pod => deletePod(owner, pod, context)))
  const errors: unknown[] = []
  for (const [i, result] of results.entries()) {
    if (result.status === 'fulfilled') continue
    expectations.deletionObserved(key, keyOf(doomed[i]!))
    if (!isStatus(result.reason, 'NotFound')) errors.push(result.reason)
  }
  return errors[0]
}

/** All pods of the same Deployment: which node has several of them is asked of the whole (getIndirectlyRelatedPods). */
function relatedPods(
  { resource, object }: Owner,
  own: readonly Pod[],
  { informer }: ControllerContext,
): readonly Pod[] {
  const controller = object.metadata?.ownerReferences?.find(reference => reference.controller)
  if (!controller) return own
  const siblings = informer(resource).byIndex('owner', controller.uid)
  return siblings.flatMap(({ metadata }) => informer(podResource).byIndex('owner', metadata?.uid ?? ''))
}

async function createPod(owner: Owner, { client, events }: ControllerContext): Promise<void> {
  const object: Replicas = owner.object
  try {
    const pod = await client.create(podResource, podFromTemplate(object.spec?.template, owner))
    events.event(object, 'Normal', 'SuccessfulCreate', `Created pod: ${pod.metadata?.name}`)
  } catch (error) {
    if (!isNamespaceTerminating(error))
      events.event(object, 'Warning', 'FailedCreate', `Error creating: ${wordsOf(error)}`)
    throw error
  }
}

async function deletePod(owner: Owner, pod: Pod, { client, events }: ControllerContext): Promise<void> {
  const { namespace, name = '', uid = '' } = pod.metadata ?? {}
  try {
    await client.delete(podResource, { namespace, name }, { preconditions: { uid } })
    events.event(owner.object, 'Normal', 'SuccessfulDelete', `Deleted pod: ${name}`)
  } catch (error) {
    if (!isStatus(error, 'NotFound'))
      events.event(owner.object, 'Warning', 'FailedDelete', `Error deleting: ${wordsOf(error)}`)
    throw error
  }
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

async function writeStatus(
  kind: ReplicasKind,
  object: Replicas,
  claimed: readonly Pod[],
  failure: unknown,
  { client, clock }: ControllerContext,
): Promise<void> {
  const terminating = kind.countsTerminating ? claimed.filter(isTerminating).length : undefined
  const status = statusOf(object, claimed.filter(isActive), terminating, failure, clock.now())
  if (sameJson(status, object.status)) return
  await client.update(kind.resource, { ...object, status }, { subresource: 'status' })
}

/** With minReadySeconds, availability comes with time alone: look again when the next pod will have it. */
function untilAvailable(object: Replicas, active: readonly Pod[], now: number): { requeueAfterMs: number } | undefined {
  const minReadyMs = (object.spec?.minReadySeconds ?? 0) * 1000
  if (minReadyMs === 0) return undefined
  const waits = active.map(pod => (readySince(pod) ?? Number.NaN) + minReadyMs - now).filter(wait => wait > 0)
  return waits.length === 0 ? undefined : { requeueAfterMs: Math.min(...waits) }
}
