/**
 * The read-modify-write behind PUT, PATCH and the subresources that change the stored object. Follows
 * k8s.io/apiserver/pkg/registry/rest/update.go and generic/registry/store.go: precondition, what may not change,
 * strategy, validation, admission; what changes nothing writes nothing.
 */
import type { KubeObject, StrategyContext } from '@petrel/machinery/kinds'
import { sameValue, validateObjectMetaUpdate } from '@petrel/machinery/names'
import { badRequest, conflict, FieldErrors, invalid, notFound } from '@petrel/machinery/status'
import { ConflictError, type Entry } from '../../store/index.ts'
import { sameBytes } from '../encode/object.ts'
import type { ApiRequest, ObjectResult } from '../request.ts'
import { admissionRequest, mutate, validate } from './admission.ts'
import { readObject } from './body.ts'
import { encode, modified, put, remove } from './commit.ts'
import { copy } from './copy.ts'
import { createObject, keepsGeneration, matchNamespace, writer } from './create.ts'
import { settledObject } from './dry-run.ts'
import { found } from './get.ts'
import { isHeartbeat } from './heartbeat.ts'
import { keyOf, type ServedKind } from './kind-table.ts'
import { parseRevision } from './list-options.ts'
import type { Registry } from './registry.ts'
import { objectOf } from './stored.ts'
import { parseWriteOptions, type WriteOptions } from './write-options.ts'

/** How one call changes an object. */
export interface Change {
  /** Makes the new state from the old, which is frozen; called again after a lost race. */
  next(old: KubeObject): KubeObject | Promise<KubeObject>
  /** What the subresource may touch; the main resource when undefined. */
  readonly subresource?: SubresourceRules
  /** Tries again when another writer came between: the change names no revision of its own. */
  readonly retries: boolean
}

/** A subresource that is a view of the stored object: status, finalize, resize, … */
export interface SubresourceRules {
  readonly name: string
  /** Resets what this view may not change. */
  prepare(object: KubeObject, old: KubeObject, context: StrategyContext): void
  validate?(object: KubeObject, old: KubeObject, errors: FieldErrors): void
}

const retryLimit = 5

export async function update(
  registry: Registry,
  request: ApiRequest,
  served: ServedKind,
  subresource?: SubresourceRules,
): Promise<ObjectResult> {
  const options = parseWriteOptions(request.query, 'UpdateOptions')
  const object = await readObject(request, served, options.fieldValidation)
  matchNamespace(object, served.kind.namespaced ? request.info.namespace : '')
  matchName(object, request.info.name)
  const key = keyOf(served, request.info.namespace, request.info.name)
  if (!subresource && served.kind.strategy.allowCreateOnUpdate && !registry.store.get(key)) {
    return createObject(registry, request, served, object, options)
  }
  return change(registry, request, served, options, {
    next: () => copy(object),
    retries: false,
    ...(subresource && { subresource }),
  })
}

function matchName(object: KubeObject, name: string): void {
  const given = object.metadata?.name ?? ''
  if (given === '') {
    throw badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`)
  }
  if (given !== name) {
    throw badRequest(`the name of the object (${given}) does not match the name on the URL (${name})`)
  }
}

/** Reads, changes and writes one object. */
export function change(
  registry: Registry,
  request: ApiRequest,
  served: ServedKind,
  options: WriteOptions,
  how: Change,
): Promise<ObjectResult> {
  const { namespace, name } = request.info
  const key = keyOf(served, namespace, name)
  return registry.writers.run(key, async () => {
    for (let attempt = 1; ; attempt++) {
      const entry = registry.store.get(key)
      if (!entry) throw notFound(served.kind, name)
      try {
        return await attemptChange(registry, request, served, options, how, entry)
      } catch (error) {
        if (!(error instanceof ConflictError)) throw error
        // Only another server of the same store gets here: writers in this process queue up.
        if (!how.retries || attempt >= retryLimit) throw modified(served, name)
      }
    }
  })
}

async function attemptChange(
  registry: Registry,
  request: ApiRequest,
  served: ServedKind,
  options: WriteOptions,
  how: Change,
  entry: Entry,
): Promise<ObjectResult> {
  const { name } = request.info
  const old = objectOf(entry, served)
  const object = await how.next(old)
  checkPrecondition(served, name, object, entry)
  const namespace = served.kind.namespaced ? request.info.namespace : ''
  const subresource = how.subresource?.name ?? ''
  const admission = admissionRequest(request, {
    operation: 'UPDATE',
    served,
    subresource,
    namespace,
    name,
    object,
    oldObject: old,
    dryRun: options.dryRun,
  })
  keepSystemMetadata(object, old)
  await mutate(registry, admission)
  const context: StrategyContext = { now: registry.clock.now(), user: writer(request), dryRun: options.dryRun }
  if (how.subresource) {
    how.subresource.prepare(object, old, context)
    if (how.subresource.name !== 'status' && keepsGeneration(served)) countGeneration(served, object, old)
  } else {
    served.kind.strategy.prepareForUpdate?.(object, old, context)
    if (keepsGeneration(served)) countGeneration(served, object, old)
  }
  const claim = how.subresource ? undefined : registry.hooks(served).claim?.(object, old, options.dryRun)
  try {
    check(request, served, how, object, old)
    await validate(registry, admission)
    const result = await write(registry, served, options, object, old, entry)
    if (options.dryRun) claim?.release()
    else claim?.keep()
    return result
  } catch (error) {
    claim?.release()
    throw error
  }
}

async function write(
  registry: Registry,
  served: ServedKind,
  options: WriteOptions,
  object: KubeObject,
  old: KubeObject,
  entry: Entry,
): Promise<ObjectResult> {
  if (isDeleted(registry, served, object, old)) {
    if (options.dryRun) return settledObject(served, object, 200)
    const revision = await remove(registry, entry.key, entry.revision)
    object.metadata = { ...object.metadata, resourceVersion: String(revision) }
    return settledObject(served, object, 200)
  }
  const encoded = encode(served, object)
  if (sameBytes(encoded.bytes, entry)) return found(served, entry)
  if (options.dryRun)
    return settledObject(
      served,
      { ...object, metadata: { ...object.metadata, resourceVersion: String(entry.revision) } },
      200,
    )
  return found(served, await put(registry, entry.key, encoded, entry.revision, isHeartbeat(served.kind, object, old)))
}

/** The write that takes the last hold off an object whose deletion has begun is what deletes it. */
function isDeleted(registry: Registry, served: ServedKind, object: KubeObject, old: KubeObject): boolean {
  const meta = old.metadata
  if (!meta?.deletionTimestamp || (meta.deletionGracePeriodSeconds ?? 0) > 0) return false
  if ((object.metadata?.finalizers?.length ?? 0) > 0) return false
  return !(registry.hooks(served).held?.(object) ?? false)
}

function checkPrecondition(served: ServedKind, name: string, object: KubeObject, entry: Entry): void {
  const { uid, resourceVersion } = object.metadata ?? {}
  const old = objectOf(entry, served).metadata
  if (uid && uid !== old?.uid) {
    throw conflict(
      served.kind,
      name,
      `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${old?.uid ?? ''}`,
    )
  }
  const revision = parseRevision(resourceVersion ?? '')
  object.metadata = { ...object.metadata, resourceVersion: String(entry.revision) }
  if (revision === 0) {
    if (served.kind.strategy.allowUnconditionalUpdate === false) {
      const errors = new FieldErrors()
      errors.invalid('metadata.resourceVersion', 0, 'must be specified for an update')
      // The generic store names the resource, where strategies name the kind.
      throw invalid({ group: served.kind.group, kind: served.kind.plural }, name, errors)
    }
  } else if (revision !== entry.revision) throw modified(served, name)
}

/** What belongs to the server is the old object's, whatever was sent (rest.BeforeUpdate). */
function keepSystemMetadata(object: KubeObject, old: KubeObject): void {
  const meta = object.metadata!
  const before = old.metadata ?? {}
  meta.uid ||= before.uid ?? ''
  keep(meta, before, 'creationTimestamp')
  keep(meta, before, 'generation')
  keep(meta, before, 'managedFields')
  if (before.deletionTimestamp) meta.deletionTimestamp = before.deletionTimestamp
  else delete meta.deletionTimestamp
  if (before.deletionGracePeriodSeconds !== undefined)
    meta.deletionGracePeriodSeconds ??= before.deletionGracePeriodSeconds
  else delete meta.deletionGracePeriodSeconds
  delete meta.selfLink
}

type Meta = NonNullable<KubeObject['metadata']>

function keep<K extends keyof Meta>(meta: Meta, before: Meta, field: K): void {
  if (before[field] === undefined) delete meta[field]
  else meta[field] = before[field]
}

function countGeneration({ kind }: ServedKind, object: KubeObject, old: KubeObject): void {
  const before = old.metadata?.generation ?? 0
  const counts = kind.strategy.changesGeneration?.(object, old) ?? !sameButMetadataAndStatus(object, old)
  object.metadata!.generation = counts ? before + 1 : before
}

function sameButMetadataAndStatus(a: KubeObject, b: KubeObject): boolean {
  const left = a as Record<string, unknown>
  const right = b as Record<string, unknown>
  for (const key of new Set([...Object.keys(left), ...Object.keys(right)])) {
    if (key === 'metadata' || key === 'status' || key === 'kind' || key === 'apiVersion') continue
    if (!sameValue(left[key], right[key])) return false
  }
  return true
}

function check(request: ApiRequest, served: ServedKind, how: Change, object: KubeObject, old: KubeObject): void {
  const { strategy } = served.kind
  const errors = new FieldErrors()
  validateObjectMetaUpdate(object.metadata!, old.metadata ?? {}, 'metadata', errors)
  if (how.subresource) how.subresource.validate?.(object, old, errors)
  else {
    strategy.validate?.(object, errors)
    strategy.validateUpdate?.(object, old, errors)
  }
  if (!errors.empty) throw invalid(served.kind, request.info.name, errors)
  if (!how.subresource) for (const warning of strategy.warnings?.(object, old) ?? []) request.warn(warning)
}
