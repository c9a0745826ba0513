/**
 * DELETE of one object: at once, or in steps where it has a grace period, finalizers or dependents to wait for. Follows
 * Store.Delete of k8s.io/apiserver/pkg/registry/generic/registry/store.go and rest.BeforeDelete.
 */
import type { KubeObject } from '@petrel/machinery/kinds'
import { conflict, notFound, success } from '@petrel/machinery/status'
import { toTime } from '../../base/index.ts'
import { ConflictError, type Entry } from '../../store/index.ts'
import { sameBytes } from '../encode/object.ts'
import type { ApiRequest, ObjectResult, StatusResult } from '../request.ts'
import { admissionRequest, mutate, validate } from './admission.ts'
import { encode, modified, put, remove } from './commit.ts'
import { copy } from './copy.ts'
import { type DeleteOptions, parseDeleteOptions } from './delete-options.ts'
import { returnsDeleted } from './deleted-reply.ts'
import { settledObject } from './dry-run.ts'
import { found } from './get.ts'
import { keyOf, type ServedKind } from './kind-table.ts'
import type { Registry } from './registry.ts'
import { objectOf } from './stored.ts'

export type DeleteResult = ObjectResult | StatusResult

const foreground = 'foregroundDeletion'
const orphan = 'orphan'

export async function destroy(registry: Registry, request: ApiRequest, served: ServedKind): Promise<DeleteResult> {
  const options = await parseDeleteOptions(request)
  warnOfDelete(request, served, options)
  return deleteObject(registry, request, served, request.info.namespace, request.info.name, options)
}

/** Tells a client that says nothing of dependents what becomes of them, where that surprises. */
export function warnOfDelete(request: ApiRequest, served: ServedKind, options: DeleteOptions): void {
  const { deleteWarning } = served.kind.strategy
  if (deleteWarning !== undefined && !saysPropagation(options)) request.warn(deleteWarning)
}

export function deleteObject(
  registry: Registry,
  request: ApiRequest,
  served: ServedKind,
  namespace: string,
  name: string,
  options: DeleteOptions,
): Promise<DeleteResult> {
  const key = keyOf(served, namespace, name)
  return registry.writers.run(key, async () => {
    for (let attempt = 1; ; attempt++) {
      const entry = registry.store.get(key)
      if (!entry) throw notFound(served.kind, name)
      try {
        return await attemptDelete(registry, request, served, entry, options)
      } catch (error) {
        if (!(error instanceof ConflictError)) throw error
        if (attempt >= 5) throw modified(served, name)
      }
    }
  })
}

async function attemptDelete(
  registry: Registry,
  request: ApiRequest,
  served: ServedKind,
  entry: Entry,
  options: DeleteOptions,
): Promise<DeleteResult> {
  const old = objectOf(entry, served)
  const dryRun = (options.dryRun?.length ?? 0) > 0
  checkPreconditions(served, old, options)
  await admitDelete(registry, request, served, old, dryRun)
  const step = decide(registry, served, copy(old), options)
  if (step.type === 'pending') return reply(served, entry, old)
  if (step.type === 'now') {
    // The answer carries the revision of the deletion only where it is the object.
    if (!dryRun) await remove(registry, entry.key, entry.revision)
    return reply(served, undefined, old)
  }
  if (dryRun) return settledObject(served, step.object, 200)
  const encoded = encode(served, step.object)
  // Asked again for what is under way already: nothing is written, or two that wait for each other would never rest.
  if (sameBytes(encoded.bytes, entry)) return found(served, entry, 200)
  return found(served, await put(registry, entry.key, encoded, entry.revision), 200)
}

function checkPreconditions(served: ServedKind, object: KubeObject, { preconditions }: DeleteOptions): void {
  const { name = '', uid = '', resourceVersion = '' } = object.metadata ?? {}
  // rest.BeforeDelete names the kind where others name the resource.
  const whole = { group: served.kind.group, plural: served.kind.kind }
  if (preconditions?.uid && preconditions.uid !== uid) {
    throw conflict(
      whole,
      name,
      `the UID in the precondition (${preconditions.uid}) does not match the UID in record (${uid}). The object might have been deleted and then recreated`,
    )
  }
  if (preconditions?.resourceVersion && preconditions.resourceVersion !== resourceVersion) {
    throw conflict(
      whole,
      name,
      `the ResourceVersion in the precondition (${preconditions.resourceVersion}) does not match the ResourceVersion in record (${resourceVersion}). The object might have been modified`,
    )
  }
}

async function admitDelete(
  registry: Registry,
  request: ApiRequest,
  served: ServedKind,
  old: KubeObject,
  dryRun: boolean,
): Promise<void> {
  const { name = '', namespace = '' } = old.metadata ?? {}
  const admission = admissionRequest(request, {
    operation: 'DELETE',
    served,
    subresource: '',
    namespace,
    name,
    object: undefined,
    oldObject: old,
    dryRun,
  })
  await mutate(registry, admission)
  await validate(registry, admission)
}

type Step =
  | { readonly type: 'now' }
  | { readonly type: 'pending' }
  | { readonly type: 'mark'; readonly object: KubeObject }

/** What a delete does to an object; `object` is a private copy. */
function decide(registry: Registry, served: ServedKind, object: KubeObject, options: DeleteOptions): Step {
  const meta = object.metadata!
  const grace = served.kind.strategy.gracePeriodSeconds?.(object, options.gracePeriodSeconds ?? undefined)
  const hooks = registry.hooks(served)
  if (meta.deletionTimestamp) {
    const remaining = meta.deletionGracePeriodSeconds ?? 0
    if (remaining > 0) {
      // Only a shorter time may be asked for once it runs.
      const asked = options.gracePeriodSeconds
      if (asked === undefined || asked === null || asked >= remaining) return { type: 'pending' }
      const began = Date.parse(meta.deletionTimestamp) - remaining * 1000
      meta.deletionTimestamp = toTime(began + Math.max(0, asked) * 1000)
      meta.deletionGracePeriodSeconds = Math.max(0, asked)
      const held = setDependentsFinalizer(served, object, options) || (meta.finalizers?.length ?? 0) > 0
      return meta.deletionGracePeriodSeconds > 0 || held ? { type: 'mark', object } : { type: 'now' }
    }
  }
  setDependentsFinalizer(served, object, options)
  const held = (meta.finalizers?.length ?? 0) > 0 || (hooks.held?.(object) ?? false)
  if (grace !== undefined && grace > 0 && !meta.deletionTimestamp) {
    beginDeletion(registry, object, grace)
    hooks.markDeleting?.(object)
    return { type: 'mark', object }
  }
  if (!held) return { type: 'now' }
  if (!meta.deletionTimestamp) {
    beginDeletion(registry, object, 0)
    hooks.markDeleting?.(object)
  }
  return { type: 'mark', object }
}

function beginDeletion(registry: Registry, object: KubeObject, graceSeconds: number): void {
  const meta = object.metadata!
  meta.deletionTimestamp = toTime(registry.clock.now() + graceSeconds * 1000)
  meta.deletionGracePeriodSeconds = graceSeconds
  if ((meta.generation ?? 0) > 0) meta.generation = (meta.generation ?? 0) + 1
}

/** Leaves it to the garbage collector what becomes of dependents: deletionFinalizersForGarbageCollection. */
function setDependentsFinalizer(served: ServedKind, object: KubeObject, options: DeleteOptions): boolean {
  const meta = object.metadata!
  const before = meta.finalizers ?? []
  const wanted = dependentsFinalizer(served, before, options)
  const others = before.filter(finalizer => finalizer !== foreground && finalizer !== orphan)
  const after = wanted === undefined ? others : [...others, wanted]
  if (after.length > 0) meta.finalizers = after
  else delete meta.finalizers
  return wanted !== undefined
}

function dependentsFinalizer(
  served: ServedKind,
  finalizers: readonly string[],
  options: DeleteOptions,
): string | undefined {
  if (options.orphanDependents !== undefined && options.orphanDependents !== null)
    return options.orphanDependents ? orphan : undefined
  if (options.propagationPolicy) {
    return options.propagationPolicy === 'Orphan'
      ? orphan
      : options.propagationPolicy === 'Foreground'
        ? foreground
        : undefined
  }
  if (finalizers.includes(orphan)) return orphan
  if (finalizers.includes(foreground)) return foreground
  return served.kind.strategy.orphansDependents ? orphan : undefined
}

function saysPropagation({ orphanDependents, propagationPolicy }: DeleteOptions): boolean {
  return (orphanDependents !== undefined && orphanDependents !== null) || Boolean(propagationPolicy)
}

/** What a delete answers with: the object for some kinds, a Status for the others. */
function reply(served: ServedKind, entry: Entry | undefined, old: KubeObject): DeleteResult {
  if (returnsDeleted(served)) return entry ? found(served, entry) : settledObject(served, old, 200)
  return { type: 'status', status: success(served.kind, old.metadata?.name ?? '', old.metadata?.uid ?? '') }
}
