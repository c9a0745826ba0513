/**
 * What a controller is: a name, what it watches, and one function that brings one object from how it is to how it
 * should be. `reconcile` is told a key and nothing about what changed: it reads the state and acts on the difference,
 * so a missed or doubled event does no harm.
 */
import type { KubeObject, Resource } from '@petrel/machinery/kinds'
import type { Clock, Logger, Rng } from '../base/index.ts'
import {
  type Client,
  type EventRecorder,
  type IndexFunction,
  type Informer,
  type Informers,
  keyOf,
  splitGroupVersion,
} from '../client/index.ts'

/** What `reconcile` and the functions of a watch may use. One per controller, the same for its whole life. */
export interface ControllerContext {
  readonly client: Client
  readonly clock: Clock
  readonly rng: Rng
  readonly log: Logger
  /** Events about objects, in the name of this controller. */
  readonly events: EventRecorder
  /** Aborted when the controllers close. */
  readonly signal: AbortSignal
  /** All informers of the process, for controllers that find their resources at run time. */
  readonly informers: Informers
  /** The cache of a resource that the controller watches or reads. Throws TypeError for others: they might be empty. */
  informer<T extends KubeObject>(resource: Resource<T>): Informer<T>
  enqueue(key: string): void
  enqueueAfter(key: string, delayMs: number): void
}

export interface Outcome {
  /** Reconcile this key again after so long, though nothing may have changed. */
  readonly requeueAfterMs?: number
}

export interface Controller {
  /** Upstream's name where there is one: `replicaset`. */
  readonly name: string
  /** `source.component` of its events; `<name>-controller` when undefined. */
  readonly component?: string
  readonly watches: readonly Watch[]
  /** Resources that it reads from the cache without being woken by them. */
  readonly reads?: readonly Resource[]
  /** Keys that may be worked on at the same time; never twice the same. 1 when undefined. */
  readonly concurrency?: number
  /**
   * Brings one object up to date. What it throws is logged, and the key comes again after a delay that grows with each
   * failure in a row; any other result starts the delays anew.
   */
  reconcile(key: string, context: ControllerContext): Promise<Outcome | undefined>
  /** Runs beside `reconcile` once the caches are filled, until the signal; started again with backoff when it throws. */
  run?(context: ControllerContext): Promise<void>
}

/** Checks and returns a controller. */
export function defineController(controller: Controller): Controller {
  if (controller.name === '') throw new TypeError('Cannot define a controller: its name is empty')
  if (controller.concurrency !== undefined && !(controller.concurrency >= 1)) {
    throw new RangeError(
      `Cannot define controller ${controller.name}: concurrency ${controller.concurrency} is below 1`,
    )
  }
  return controller
}

/** A change of one object; `old` is there for updates alone. */
export type Change<T> =
  | { readonly type: 'add'; readonly object: T; readonly old?: undefined }
  | { readonly type: 'update'; readonly object: T; readonly old: T }
  | { readonly type: 'delete'; readonly object: T; readonly old?: undefined }

export interface WatchRules<T extends KubeObject> {
  /** Keys to reconcile when this object changes; asked for the old and the new object. Its own key when undefined. */
  readonly keys?: (object: T, context: ControllerContext) => Iterable<string>
  /** Changes that matter; all when undefined. */
  readonly when?: (change: Change<T>, context: ControllerContext) => boolean
  /** Indexes to have on the cache of this resource, besides `owner` and `node`. */
  readonly indexers?: Readonly<Record<string, IndexFunction<T>>>
}

/** One resource that wakes a controller; made by `watch`. */
export interface Watch {
  readonly resource: Resource
  attach(context: ControllerContext): void
}

/** The keys of which objects wake the controller when objects of this resource change. */
export function watch<T extends KubeObject>(resource: Resource<T>, rules: WatchRules<T> = {}): Watch {
  const { keys = ownKey, when = always, indexers = {} } = rules
  return {
    resource,
    attach(context) {
      const informer = context.informer(resource)
      for (const [name, valuesOf] of Object.entries(indexers)) informer.addIndex(name, valuesOf)
      const wake = (change: Change<T>): void => {
        if (!when(change, context)) return
        // Each key once: the first may be in work already when the second comes, and would be worked on again.
        const woken = new Set(keys(change.object, context))
        if (change.old) for (const key of keys(change.old, context)) woken.add(key)
        for (const key of woken) context.enqueue(key)
      }
      informer.on({
        add: object => wake({ type: 'add', object }),
        update: (object, old) => wake({ type: 'update', object, old }),
        delete: object => wake({ type: 'delete', object }),
      })
    },
  }
}

/** `keys` of a watch: the object's controller, when it is of this kind (metav1.GetControllerOf). */
export function controllerOf(owner: Resource): (object: KubeObject) => string[] {
  return object => {
    const reference = object.metadata?.ownerReferences?.find(candidate => candidate.controller)
    if (!reference || reference.kind !== owner.kind || splitGroupVersion(reference.apiVersion)[0] !== owner.group)
      return []
    return [
      keyOf({
        metadata: { ...(owner.namespaced && { namespace: object.metadata?.namespace ?? '' }), name: reference.name },
      }),
    ]
  }
}

function ownKey(object: KubeObject): string[] {
  return [keyOf(object)]
}

function always(): boolean {
  return true
}
