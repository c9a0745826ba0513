/**
 * What a loop knows of the world: a Client. `local-client` calls the API server's handler chain in the same process,
 * `http-client` speaks to any Kubernetes API server; a loop cannot tell which one it was given.
 */
import type { KubeObject, ObjectList, Resource } from '@petrel/machinery/kinds'

export interface GetOptions {
  readonly resourceVersion?: string
  /** As in ListOptions. */
  readonly metadataOnly?: boolean
}

export interface ListOptions {
  /** All namespaces when undefined. */
  readonly namespace?: string
  readonly labelSelector?: string
  readonly fieldSelector?: string
  readonly limit?: number
  readonly continue?: string
  readonly resourceVersion?: string
  readonly resourceVersionMatch?: 'Exact' | 'NotOlderThan'
  /** The caller reads `metadata` alone: over HTTP the rest is not sent (PartialObjectMetadata). In-process it comes anyway. */
  readonly metadataOnly?: boolean
  readonly signal?: AbortSignal
}

export interface WatchOptions {
  readonly namespace?: string
  readonly labelSelector?: string
  readonly fieldSelector?: string
  readonly resourceVersion?: string
  readonly allowWatchBookmarks?: boolean
  /** The state first, as ADDED, then a bookmark with `initialEventsEnd`; asks for resourceVersionMatch=NotOlderThan. */
  readonly sendInitialEvents?: boolean
  readonly timeoutSeconds?: number
  /** As in ListOptions. */
  readonly metadataOnly?: boolean
  readonly signal?: AbortSignal
}

export interface WriteOptions {
  readonly dryRun?: boolean
  readonly fieldManager?: string
  readonly fieldValidation?: 'Ignore' | 'Warn' | 'Strict'
  /** `status`, `scale`, `binding`, … */
  readonly subresource?: string
  /** For patches of type `apply`: take over what other managers own. */
  readonly force?: boolean
}

export interface DeleteOptions {
  readonly gracePeriodSeconds?: number
  readonly propagationPolicy?: 'Orphan' | 'Background' | 'Foreground'
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string }
  readonly dryRun?: boolean
}

export type PatchType = 'json' | 'merge' | 'strategic' | 'apply'

/** Where an object is. `namespace` is undefined exactly for cluster-scoped resources. */
export interface ObjectKey {
  readonly namespace?: string | undefined
  readonly name: string
}

export type WatchEvent<T> =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: T }
  | { readonly type: 'BOOKMARK'; readonly resourceVersion: string; readonly initialEventsEnd: boolean }

/**
 * Every method rejects with StatusError (machinery/status) when the server says no, and with the signal's reason when
 * aborted. Objects that come back may be shared: they are frozen, copy before changing (see `draft`).
 */
export interface Client {
  get<T extends KubeObject>(resource: Resource<T>, key: ObjectKey, options?: GetOptions): Promise<T>
  list<T extends KubeObject>(resource: Resource<T>, options?: ListOptions): Promise<ObjectList<T>>
  /** Ends when the server ends it (time, close); throws StatusError 410 Expired when the version is too old. */
  watch<T extends KubeObject>(resource: Resource<T>, options?: WatchOptions): AsyncIterable<WatchEvent<T>>
  /** The namespace is the object's own. */
  create<T extends KubeObject>(resource: Resource<T>, object: T, options?: WriteOptions): Promise<T>
  /** POST to a subresource, whose kind is another: binding, eviction, token. */
  createSubresource<R>(
    resource: Resource,
    key: ObjectKey,
    subresource: string,
    body: unknown,
    options?: WriteOptions,
  ): Promise<R>
  update<T extends KubeObject>(resource: Resource<T>, object: T, options?: WriteOptions): Promise<T>
  patch<T extends KubeObject>(
    resource: Resource<T>,
    key: ObjectKey,
    type: PatchType,
    patch: unknown,
    options?: WriteOptions,
  ): Promise<T>
  delete<T extends KubeObject>(resource: Resource<T>, key: ObjectKey, options?: DeleteOptions): Promise<void>
  deleteCollection(resource: Resource, options?: ListOptions & DeleteOptions): Promise<void>
  /** Any path, JSON in and out: discovery, version, health. Text where the answer is not JSON. */
  raw(method: string, path: string, body?: unknown): Promise<unknown>
}
