/**
 * A shared view of one resource: cache, indexes and handlers fed by one watch. Handlers run synchronously, in the
 * order of changes, after the cache has taken the change; they must not wait. What a handler throws is logged and does
 * not reach the others.
 */
import type { KubeObject, Resource } from '@petrel/machinery/kinds'
import type { StatusError } from '@petrel/machinery/status'
import { type Clock, Lifetime, type Logger, type Rng } from '../base/index.ts'
import type { Client, ListOptions, ObjectKey } from './contract.ts'
import { freeze } from './draft.ts'
import { IndexedCache, type IndexFunction } from './indexed-cache.ts'
import { reflect } from './reflect.ts'

export interface Handler<T> {
  /** `initial` while the first state is read, or replayed to a handler that came later. */
  add?(object: T, initial: boolean): void
  update?(object: T, old: T): void
  /** `missed`: the delete happened while nobody watched, and `object` is the last state known (a tombstone). */
  delete?(object: T, missed: boolean): void
}

export interface Registration {
  cancel(): void
}

/** Read access to the cache; what it returns is frozen and as new as the watch. */
export interface Informer<T extends KubeObject = KubeObject> {
  readonly resource: Resource<T>
  /** The first state has been read and every handler has seen it. */
  readonly hasSynced: boolean
  /** Why the cache is out of date; undefined while the watch runs. */
  readonly problem: StatusError | undefined
  readonly size: number
  /** Resolves when `hasSynced`; rejects with the signal's reason. */
  synced(signal?: AbortSignal): Promise<void>
  get(key: ObjectKey): T | undefined
  /** Everything, or one namespace. */
  list(namespace?: string): T[]
  /** `byIndex('owner', uid)`; the standard indexes are `owner` (uids of owners) and `node` (spec.nodeName). */
  byIndex(name: string, value: string): T[]
  /** Adds an index; the first of a name stays. */
  addIndex(name: string, valuesOf: IndexFunction<T>): void
  /** Calls the handler for what is there, as adds, and for every change from now on. */
  on(handler: Handler<T>): Registration
}

export interface InformerOptions {
  readonly client: Client
  readonly clock: Clock
  readonly rng: Rng
  readonly log: Logger
  readonly scope: Pick<ListOptions, 'namespace' | 'labelSelector' | 'fieldSelector' | 'metadataOnly'>
}

/** Index functions that are built when first asked for by name. */
const standardIndexes: Readonly<Record<string, IndexFunction<KubeObject>>> = {
  owner: object => object.metadata?.ownerReferences?.map(reference => reference.uid) ?? [],
  node: object => {
    const node = (object as { spec?: { nodeName?: string } }).spec?.nodeName
    return node ? [node] : []
  },
}

export class SharedInformer<T extends KubeObject> implements Informer<T> {
  readonly resource: Resource<T>
  readonly #options: InformerOptions
  readonly #cache = new IndexedCache<T>()
  readonly #handlers = new Set<Handler<T>>()
  readonly #waiting = new Set<() => void>()
  readonly #lifetime: Lifetime
  #started = false
  #synced = false
  #problem: StatusError | undefined

  constructor(resource: Resource<T>, options: InformerOptions) {
    this.resource = resource
    this.#options = options
    this.#lifetime = new Lifetime((name, error) => options.log.error('Informer broke', { name, err: error }))
  }

  get hasSynced(): boolean {
    return this.#synced
  }

  get problem(): StatusError | undefined {
    return this.#problem
  }

  get size(): number {
    return this.#cache.size
  }

  /** Begins to watch; further calls do nothing. */
  start(): void {
    if (this.#started) return
    this.#started = true
    const { client, clock, rng, log, scope } = this.#options
    this.#lifetime.run(this.resource.plural, signal =>
      reflect({
        client,
        resource: this.resource,
        scope,
        clock,
        rng,
        log,
        signal,
        replace: objects => this.#replace(objects),
        change: (type, object) => this.#change(type, object),
        problem: error => {
          this.#problem = error
        },
      }),
    )
  }

  /** Ends the watch; the cache stays as it is. */
  stop(): Promise<void> {
    return this.#lifetime.close()
  }

  synced(signal?: AbortSignal): Promise<void> {
    if (this.#synced) return Promise.resolve()
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      const done = (): void => {
        signal?.removeEventListener('abort', abort)
        resolve()
      }
      const abort = (): void => {
        this.#waiting.delete(done)
        reject(signal?.reason)
      }
      this.#waiting.add(done)
      signal?.addEventListener('abort', abort, { once: true })
    })
  }

  get(key: ObjectKey): T | undefined {
    return this.#cache.get(key.namespace ?? '', key.name)
  }

  list(namespace?: string): T[] {
    return this.#cache.list(namespace)
  }

  byIndex(name: string, value: string): T[] {
    const standard = standardIndexes[name]
    if (standard && !this.#cache.hasIndex(name)) this.#cache.addIndex(name, standard)
    return this.#cache.byIndex(name, value)
  }

  addIndex(name: string, valuesOf: IndexFunction<T>): void {
    this.#cache.addIndex(name, valuesOf)
  }

  on(handler: Handler<T>): Registration {
    this.#handlers.add(handler)
    for (const object of this.#cache.list()) this.#call(() => handler.add?.(object, true))
    return { cancel: () => void this.#handlers.delete(handler) }
  }

  #replace(objects: readonly T[]): void {
    const gone = new Set(this.#cache.list())
    for (const object of objects) {
      const old = this.#put(object)
      if (old) gone.delete(old)
    }
    for (const object of gone) {
      this.#cache.remove(object.metadata?.namespace ?? '', object.metadata?.name ?? '')
      for (const handler of this.#handlers) this.#call(() => handler.delete?.(object, true))
    }
    if (this.#synced) return
    this.#synced = true
    for (const done of [...this.#waiting]) {
      this.#waiting.delete(done)
      done()
    }
  }

  #change(type: 'ADDED' | 'MODIFIED' | 'DELETED', object: T): void {
    this.#problem = undefined
    if (type !== 'DELETED') {
      this.#put(object)
      return
    }
    freeze(object)
    if (!this.#cache.remove(object.metadata?.namespace ?? '', object.metadata?.name ?? '')) return
    for (const handler of this.#handlers) this.#call(() => handler.delete?.(object, false))
  }

  /** Returns what was there. An object of another uid under the same name is a delete that was missed, and an add. */
  #put(object: T): T | undefined {
    freeze(object)
    const namespace = object.metadata?.namespace ?? ''
    const name = object.metadata?.name ?? ''
    const old = this.#cache.get(namespace, name)
    if (old === object || (old && sameVersion(old, object))) return old
    if (old && old.metadata?.uid !== object.metadata?.uid) {
      this.#cache.remove(namespace, name)
      for (const handler of this.#handlers) this.#call(() => handler.delete?.(old, true))
      this.#cache.put(object)
      for (const handler of this.#handlers) this.#call(() => handler.add?.(object, !this.#synced))
      return old
    }
    this.#cache.put(object)
    for (const handler of this.#handlers) {
      this.#call(() => (old ? handler.update?.(object, old) : handler.add?.(object, !this.#synced)))
    }
    return old
  }

  #call(handle: () => void): void {
    try {
      handle()
    } catch (error) {
      this.#options.log.error('Handler failed', { resource: this.resource.plural, err: error })
    }
  }
}

function sameVersion(a: KubeObject, b: KubeObject): boolean {
  const version = a.metadata?.resourceVersion
  return version !== undefined && version === b.metadata?.resourceVersion && a.metadata?.uid === b.metadata?.uid
}
