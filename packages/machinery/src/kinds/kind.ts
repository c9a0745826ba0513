/**
 * What a kind is, declared in one place. The API server, the client, discovery, OpenAPI and the printers read these
 * declarations; none of them knows a kind by name. Kinds that come from CRDs are declared with the same type.
 */

import type { ObjectMeta } from '../api/meta-v1.gen.ts'
import type { Schema } from '../schema/index.ts'
import type { FieldErrors } from '../status/index.ts'
import type { Column } from '../table/index.ts'

/** Any object with type and metadata. Objects that were read are frozen. */
export interface KubeObject {
  apiVersion?: string
  kind?: string
  metadata?: ObjectMeta
}

/** metav1.List of one kind. */
export interface ObjectList<T extends KubeObject = KubeObject> {
  apiVersion?: string
  kind?: string
  metadata: { resourceVersion?: string; continue?: string; remainingItemCount?: number }
  items: T[]
}

/** Enough to name a resource on the wire. `T` is the type of its objects and exists for the compiler alone. */
export interface Resource<T extends KubeObject = KubeObject> {
  readonly group: string
  readonly version: string
  readonly kind: string
  /** Lower-case plural, as in the URL. */
  readonly plural: string
  readonly namespaced: boolean
  /** Never set; carries `T`. */
  readonly object?: T
}

export type Verb = 'create' | 'delete' | 'deletecollection' | 'get' | 'list' | 'patch' | 'update' | 'watch'

/** What a strategy may ask for besides the objects at hand. */
export interface StrategyContext {
  /** Milliseconds since the epoch. */
  readonly now: number
  readonly user: { readonly username: string; readonly groups: readonly string[] }
  readonly dryRun: boolean
}

/**
 * Rules of one kind around a write, as upstream's pkg/registry/<group>/<kind>/strategy.go has them. Every function may
 * change the object it is given (it is a private copy) and must not change `old`.
 */
export interface Strategy<T extends KubeObject = KubeObject> {
  /** Drops what users may not set (status) and fills what the server sets (not metadata: the registry does that). */
  prepareForCreate?(object: T, context: StrategyContext): void
  prepareForUpdate?(object: T, old: T, context: StrategyContext): void
  /** What only a new object may not have; called after `validate`. */
  validateCreate?(object: T, errors: FieldErrors): void
  /** Adds every fault to `errors`, on create and on update; the schema has been checked already. */
  validate?(object: T, errors: FieldErrors): void
  /** Called in addition to `validate`: what may not change. */
  validateUpdate?(object: T, old: T, errors: FieldErrors): void
  /** `Warning:` header lines. */
  warnings?(object: T, old: T | undefined): string[]
  /** `Warning:` header of a delete that does not say what becomes of dependents. */
  readonly deleteWarning?: string
  /** Name rule; DNS-1123 subdomain when undefined. Returns faults in upstream's words. */
  validateName?(name: string, isPrefix: boolean): string[]
  /** PUT without resourceVersion is accepted. Default true. */
  readonly allowUnconditionalUpdate?: boolean
  /** PUT of a name that does not exist creates it. Default false. */
  readonly allowCreateOnUpdate?: boolean
  /** metadata.generation is kept: 1 at creation, +1 at every change that counts. Default true when the kind has a status. */
  readonly hasGeneration?: boolean
  /** Whether an update counts for the generation; anything but metadata and status does when undefined. */
  changesGeneration?(object: T, old: T): boolean
  /** A delete that says nothing of dependents leaves them: DefaultGarbageCollectionPolicy OrphanDependents. */
  readonly orphansDependents?: boolean
  /** Seconds of grace for a delete; undefined deletes at once (all kinds but pods). */
  gracePeriodSeconds?(object: T, requested: number | undefined): number
}

/** A subresource that is a view of the same stored object. Those with a kind of their own (binding, exec, token, …) are served by name in the API server. */
export interface StatusSubresource<T extends KubeObject = KubeObject> {
  /** Resets everything but status to `old`; default: spec and metadata (but labels, annotations, finalizers as upstream) are kept from `old`. */
  prepareForUpdate?(object: T, old: T, context: StrategyContext): void
  validateUpdate?(object: T, old: T, errors: FieldErrors): void
}

/** Where autoscaling/v1 Scale finds its numbers. */
export interface ScaleSubresource<T extends KubeObject = KubeObject> {
  replicas(object: T): number
  setReplicas(object: T, replicas: number): void
  statusReplicas(object: T): number
  /** The label selector of the pods, in string form. */
  selector(object: T): string
}

export interface OtherSubresource {
  /** For discovery: Kind of the body and its group version where it is another. */
  readonly kind: string
  readonly groupVersion?: string
  readonly verbs: readonly ('create' | 'delete' | 'get' | 'patch' | 'update')[]
}

export interface Subresources<T extends KubeObject = KubeObject> {
  readonly status?: StatusSubresource<T>
  readonly scale?: ScaleSubresource<T>
  /** By name: `binding`, `log`, `exec`, `token`, `approval`, … */
  readonly others?: Readonly<Record<string, OtherSubresource>>
}

/** Readers of fields for field selectors, by path. Taken from a method so that Kind<Pod> is a Kind. */
export type SelectableFields<T extends KubeObject = KubeObject> = Readonly<
  Record<string, { read(object: T): string }['read']>
>

/** A kind at one version. */
export interface Kind<T extends KubeObject = KubeObject> extends Resource<T> {
  readonly singular: string
  readonly shortNames: readonly string[]
  readonly categories: readonly string[]
  readonly verbs: readonly Verb[]
  /** Kind of the list: `PodList`. */
  readonly listKind: string
  /** Read lazily: schemas are built on first use. */
  readonly schema: Schema
  readonly columns: readonly Column<T>[]
  /** Field selectors besides metadata.name and metadata.namespace. */
  readonly selectableFields: SelectableFields<T>
  /** Each use of the API is answered with a `Warning:` header that says since when, and what to use instead. */
  readonly deprecated?: { readonly since: string; readonly use?: string }
  /** What a selector of another field is told, where the kind has words of its own for it. */
  readonly unselectable?: (field: string) => string
  readonly subresources: Subresources<T>
  readonly strategy: Strategy<T>
  /** Fills defaults in place, on create, on update and on reading what older versions stored. */
  setDefaults?(object: T): void
  /**
   * The version under which objects are stored, where it is another one of the group or of another group (events); the
   * functions convert copies. Undefined: stored as they are.
   */
  readonly storage?: {
    readonly kind: Resource
    fromStorage(stored: KubeObject): T
    toStorage(object: T): KubeObject
  }
}
