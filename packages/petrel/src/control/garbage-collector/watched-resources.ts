/**
 * Which resources the graph is built from: all that can be deleted, listed and watched, as discovery says, looked at
 * again every 30 seconds so that kinds of new CRDs come under it and those of deleted ones leave. Also finds the
 * resource of a kind that an owner reference names.
 */
import type { KubeObject, Resource } from '@petrel/machinery/kinds'
import { sleep } from '../../base/index.ts'
import {
  apiVersionOf,
  type DiscoveredResource,
  discoverResources,
  type Informer,
  type Registration,
} from '../../client/index.ts'
import type { ControllerContext } from '../define-controller.ts'

/** Their objects own nothing and are owned by nothing, and there are many of them. */
const ignored = new Set(['/events', 'events.k8s.io/events'])
const syncPeriodMs = 30_000
/** How long decisions wait for the caches of newly found resources, as upstream's GarbageCollector.Sync. */
const syncPatienceMs = 30_000

interface Watched {
  readonly resource: Resource
  readonly informer: Informer
  readonly registration: Registration
}

export interface ResourceListener {
  put(resource: Resource, object: KubeObject): void
  remove(object: KubeObject): void
}

export class WatchedResources {
  readonly #context: ControllerContext
  readonly #listener: ResourceListener
  readonly #watched = new Map<string, Watched>()
  /** `apps/v1 Deployment` → resource. */
  #kinds = new Map<string, DiscoveredResource>()
  #synced: Promise<void>
  #firstSync!: () => void

  constructor(context: ControllerContext, listener: ResourceListener) {
    this.#context = context
    this.#listener = listener
    this.#synced = new Promise(resolve => {
      this.#firstSync = resolve
    })
    // Who waits for the first reading must not wait beyond the end.
    context.signal.addEventListener('abort', () => this.#firstSync(), { once: true })
  }

  /** Resolves when everything known so far has been read. */
  get synced(): Promise<void> {
    return this.#synced
  }

  /** Undefined for kinds that the server does not serve (now). */
  resourceOf(apiVersion: string, kind: string): DiscoveredResource | undefined {
    return this.#kinds.get(`${apiVersion} ${kind}`)
  }

  /** Keeps the set up to date until the signal. */
  async follow(): Promise<void> {
    const { clock, signal, log } = this.#context
    while (!signal.aborted) {
      try {
        await this.#refresh()
      } catch (error) {
        if (signal.aborted) return
        log.warn('Discovery failed, the garbage collector goes on with what it knows', { err: error })
      }
      await sleep(clock, syncPeriodMs, signal).catch(() => undefined)
    }
  }

  /** Reads discovery now. */
  async #refresh(): Promise<void> {
    const { client } = this.#context
    const { resources, failures } = await discoverResources(client)
    this.#kinds = new Map(resources.map(resource => [`${apiVersionOf(resource)} ${resource.kind}`, resource]))
    const wanted = new Map<string, DiscoveredResource>()
    for (const resource of resources)
      if (isCollectable(resource)) wanted.set(`${resource.group}/${resource.plural}`, resource)
    const added: Informer[] = []
    for (const [key, resource] of wanted) {
      if (!this.#watched.has(key)) added.push(this.#watch(key, resource))
    }
    for (const [key, { resource, registration }] of this.#watched) {
      // A group that could not be read may be there all the same.
      if (wanted.has(key) || failures.has(apiVersionOf(resource))) continue
      registration.cancel()
      this.#watched.delete(key)
      await this.#context.informers.drop(resource)
    }
    if (added.length > 0) {
      this.#synced = this.#settle(added)
      await this.#synced
    }
    this.#firstSync()
  }

  /** Resolves when the new caches are filled, or when waiting for them is over. */
  async #settle(added: readonly Informer[]): Promise<void> {
    const { clock, signal, log } = this.#context
    const settled = new AbortController()
    const patience = sleep(clock, syncPatienceMs, AbortSignal.any([signal, settled.signal])).then(
      () => log.warn('Some resources cannot be read yet; garbage collection goes on without them'),
      () => undefined,
    )
    await Promise.race([Promise.all(added.map(informer => informer.synced())), patience])
    settled.abort()
  }

  #watch(key: string, resource: Resource): Informer {
    const informer = this.#context.informers.informer(resource, { metadataOnly: true })
    const registration = informer.on({
      add: object => this.#listener.put(resource, object),
      update: (object, old) => {
        if (sameForGraph(object, old)) return
        this.#listener.put(resource, object)
      },
      delete: object => this.#listener.remove(object),
    })
    this.#watched.set(key, { resource, informer, registration })
    return informer
  }
}

function isCollectable(resource: DiscoveredResource): boolean {
  const needed = ['delete', 'list', 'watch']
  return (
    resource.preferred &&
    !ignored.has(`${resource.group}/${resource.plural}`) &&
    needed.every(verb => resource.verbs.includes(verb))
  )
}

/** Most updates are of status: nothing that the graph knows has changed. */
function sameForGraph({ metadata: a }: KubeObject, { metadata: b }: KubeObject): boolean {
  return (
    a?.deletionTimestamp === b?.deletionTimestamp &&
    (a?.ownerReferences?.length ?? 0) === 0 &&
    (b?.ownerReferences?.length ?? 0) === 0 &&
    (a?.finalizers?.length ?? 0) === 0 &&
    (b?.finalizers?.length ?? 0) === 0
  )
}
