/** The informers of one process: one watch per resource and scope, however many ask for it. */
import type { KubeObject, Resource } from '@petrel/machinery/kinds'
import { type Clock, type Logger, type Rng, systemRng } from '../base/index.ts'
import type { Client } from './contract.ts'
import type { IndexFunction } from './indexed-cache.ts'
import { type Informer, SharedInformer } from './informer.ts'

export interface InformersOptions {
  readonly clock: Clock
  readonly log: Logger
  /** For the jitter of retries. */
  readonly rng?: Rng
}

export interface InformerScope<T extends KubeObject = KubeObject> {
  readonly namespace?: string
  readonly labelSelector?: string
  readonly fieldSelector?: string
  /** The caller reads `metadata` alone; an informer of whole objects is taken where there is one. */
  readonly metadataOnly?: boolean
  /** Indexes to have, by name. */
  readonly indexers?: Readonly<Record<string, IndexFunction<T>>>
}

export interface Informers {
  /** The informer of that resource and scope; made at the first call and watching once `start` was called. */
  informer<T extends KubeObject>(resource: Resource<T>, scope?: InformerScope<T>): Informer<T>
  /** Starts what was made so far; what is made later starts at once. */
  start(): void
  /** Resolves when all informers that exist now have synced. */
  synced(signal?: AbortSignal): Promise<void>
  /** Ends the informers of a resource that is no more (its CRD was deleted). */
  drop(resource: Resource): Promise<void>
  /** A sentence for readyz: what has not synced or cannot be watched. */
  readonly problem: string | undefined
  close(): Promise<void>
}

export function createInformers(client: Client, options: InformersOptions): Informers {
  const { clock, log, rng = systemRng } = options
  const informers = new Map<string, SharedInformer<KubeObject>>()
  let started = false

  return {
    informer<T extends KubeObject>(resource: Resource<T>, scope: InformerScope<T> = {}): Informer<T> {
      const { indexers = {}, metadataOnly, ...selection } = scope
      const whole = cacheKey(resource, selection, false)
      const key = metadataOnly && !informers.has(whole) ? cacheKey(resource, selection, true) : whole
      // One entry per resource: the resource fixes the type of the objects.
      let informer = informers.get(key) as SharedInformer<T> | undefined
      if (!informer) {
        const only = key === whole ? {} : { metadataOnly: true }
        informer = new SharedInformer<T>(resource, { client, clock, rng, log, scope: { ...selection, ...only } })
        informers.set(key, informer as unknown as SharedInformer<KubeObject>)
        if (started) informer.start()
      }
      for (const [name, valuesOf] of Object.entries(indexers)) informer.addIndex(name, valuesOf)
      return informer
    },

    start() {
      started = true
      for (const informer of informers.values()) informer.start()
    },

    async synced(signal) {
      await Promise.all([...informers.values()].map(informer => informer.synced(signal)))
    },

    async drop(resource) {
      const stopping: Promise<void>[] = []
      for (const [key, informer] of informers) {
        if (informer.resource.group !== resource.group || informer.resource.plural !== resource.plural) continue
        informers.delete(key)
        stopping.push(informer.stop())
      }
      await Promise.all(stopping)
    },

    get problem() {
      for (const informer of informers.values()) {
        const { resource, problem } = informer
        if (problem) return `cannot watch ${resource.plural}: ${problem.message}`
        if (!informer.hasSynced) return `${resource.plural} have not been read yet`
      }
      return undefined
    },

    async close() {
      await Promise.all([...informers.values()].map(informer => informer.stop()))
    },
  }
}

function cacheKey(
  resource: Resource,
  selection: Omit<InformerScope, 'indexers' | 'metadataOnly'>,
  metadataOnly: boolean,
): string {
  const { namespace = '', labelSelector = '', fieldSelector = '' } = selection
  return [
    resource.group,
    resource.version,
    resource.plural,
    namespace,
    labelSelector,
    fieldSelector,
    metadataOnly,
  ].join('|')
}
