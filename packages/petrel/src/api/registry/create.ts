/**
 * POST: metadata that the server fills, the kind's strategy, validation, admission, and one write that holds only while
 * the name is free. Follows k8s.io/apiserver/pkg/registry/rest/create.go and generic/registry/store.go.
 */
import { randomUUID } from 'node:crypto'
import type { KubeObject } from '@petrel/machinery/kinds'
import { validateObjectMeta } from '@petrel/machinery/names'
import { alreadyExists, badRequest, FieldErrors, invalid, StatusError } from '@petrel/machinery/status'
import { randomSuffix, toTime } from '../../base/index.ts'
import { ConflictError } from '../../store/index.ts'
import type { ApiRequest, ObjectResult } from '../request.ts'
import { admissionRequest, mutate, validate } from './admission.ts'
import { readObject } from './body.ts'
import { type Encoded, encode, put } from './commit.ts'
import { copy } from './copy.ts'
import { settledObject } from './dry-run.ts'
import { found } from './get.ts'
import { keyOf, type ServedKind } from './kind-table.ts'
import type { Registry } from './registry.ts'
import { parseWriteOptions, type WriteOptions } from './write-options.ts'

/** Upstream's maxNameGenerationCreateAttempts. */
const generateAttempts = 8
/** Names are cut so that the suffix fits into 63 characters. */
const maxGeneratedBase = 58

export async function create(registry: Registry, request: ApiRequest, served: ServedKind): Promise<ObjectResult> {
  const options = parseWriteOptions(request.query, 'CreateOptions')
  const object = await readObject(request, served, options.fieldValidation)
  return createObject(registry, request, served, object, options)
}

/** Creates `object`, which is given away. */
export async function createObject(
  registry: Registry,
  request: ApiRequest,
  served: ServedKind,
  object: KubeObject,
  options: WriteOptions,
): Promise<ObjectResult> {
  const namespace = served.kind.namespaced ? request.info.namespace : ''
  matchNamespace(object, namespace)
  const meta = object.metadata!
  if (meta.resourceVersion && meta.resourceVersion !== '0') throw resourceVersionSet()
  const admission = admissionRequest(request, {
    operation: 'CREATE',
    served,
    subresource: '',
    namespace,
    name: meta.name ?? '',
    object,
    oldObject: undefined,
    dryRun: options.dryRun,
  })
  await mutate(registry, admission)

  const generated = !meta.name && meta.generateName ? meta.generateName : undefined
  for (let attempt = 1; ; attempt++) {
    // What an attempt makes of the object follows from its name (jobs), so that each starts from the same.
    const own = generated === undefined ? object : copy(object)
    if (generated !== undefined) own.metadata!.name = generatedName(registry, generated)
    try {
      return await attemptCreate(registry, request, served, own, options, { ...admission, object: own })
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error
      const { name = '' } = own.metadata!
      if (generated === undefined) throw alreadyExists(served.kind, name)
      if (attempt >= generateAttempts) throw notUnique(served, name)
    }
  }
}

function generatedName(registry: Registry, base: string): string {
  return base.slice(0, maxGeneratedBase) + randomSuffix(registry.rng)
}

async function attemptCreate(
  registry: Registry,
  request: ApiRequest,
  served: ServedKind,
  object: KubeObject,
  options: WriteOptions,
  admission: ReturnType<typeof admissionRequest>,
): Promise<ObjectResult> {
  const { strategy } = served.kind
  prepare(registry, request, served, object, options)
  const claim = registry.hooks(served).claim?.(object, undefined, options.dryRun)
  try {
    const errors = new FieldErrors()
    const meta = object.metadata!
    validateObjectMeta(
      meta,
      { namespaced: served.kind.namespaced, validateName: strategy.validateName },
      'metadata',
      errors,
    )
    strategy.validate?.(object, errors)
    strategy.validateCreate?.(object, errors)
    if (!errors.empty) throw invalid(served.kind, meta.name ?? '', errors)
    for (const warning of strategy.warnings?.(object, undefined) ?? []) request.warn(warning)
    await validate(registry, { ...admission, name: meta.name ?? '' })

    const key = keyOf(served, meta.namespace ?? '', meta.name ?? '')
    if (options.dryRun) {
      if (registry.store.get(key)) throw new ConflictError(key, 0, registry.store.get(key)?.revision ?? 0)
      claim?.release()
      return settledObject(served, object, 201)
    }
    const encoded: Encoded = encode(served, object)
    const entry = await put(registry, key, encoded, 0)
    claim?.keep()
    return found(served, entry, 201)
  } catch (error) {
    claim?.release()
    throw error
  }
}

/** What the server fills in, then what the kind's strategy does (rest.BeforeCreate). */
function prepare(
  registry: Registry,
  request: ApiRequest,
  served: ServedKind,
  object: KubeObject,
  options: WriteOptions,
): void {
  const meta = object.metadata!
  const now = registry.clock.now()
  delete meta.deletionTimestamp
  delete meta.deletionGracePeriodSeconds
  delete meta.managedFields
  delete meta.selfLink
  delete meta.generation
  meta.creationTimestamp = toTime(now)
  meta.uid = randomUUID()
  served.kind.strategy.prepareForCreate?.(object, { now, user: writer(request), dryRun: options.dryRun })
  // Strategies may have put another metadata in place.
  if (keepsGeneration(served)) object.metadata!.generation = 1
}

/** The user as strategies see it. */
export function writer(request: ApiRequest): { readonly username: string; readonly groups: readonly string[] } {
  return { username: request.user.username, groups: request.user.groups }
}

export function keepsGeneration({ kind }: ServedKind): boolean {
  return kind.strategy.hasGeneration ?? kind.subresources.status !== undefined
}

/** rest.EnsureObjectNamespaceMatchesRequestNamespace. Also makes sure that there is metadata. */
export function matchNamespace(object: KubeObject, namespace: string): void {
  object.metadata ??= {}
  const { metadata } = object
  if (namespace === '') delete metadata.namespace
  else if (!metadata.namespace) metadata.namespace = namespace
  else if (metadata.namespace !== namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request')
  }
}

/** storage.ErrResourceVersionSetOnCreate reaches clients as an error without a reason. */
function resourceVersionSet(): StatusError {
  return new StatusError({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: 'resourceVersion should not be set on objects to be created',
    code: 500,
  })
}

/** errors.NewGenerateNameConflict: AlreadyExists with the advice to try again. */
function notUnique(served: ServedKind, name: string): StatusError {
  const error = alreadyExists(served.kind, name)
  const message = `${error.status.message}, the server was not able to generate a unique name for the object`
  return new StatusError({ ...error.status, message, details: { ...error.status.details, retryAfterSeconds: 1 } })
}
