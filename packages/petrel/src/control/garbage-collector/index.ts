/**
 * Deletes what nobody owns any more (pkg/controller/garbagecollector): background, foreground and orphan. Watches every
 * deletable resource for its metadata; in-process these are the caches that others have anyway.
 */
import { type Controller, type ControllerContext, defineController } from '../define-controller.ts'
import { type CollectContext, collect, orphanDependents } from './collect.ts'
import { Graph } from './graph.ts'
import { AbsentOwners, UnknownKindError, UnresolvableOwnerError } from './owners.ts'
import { WatchedResources } from './watched-resources.ts'

/** Keys are `delete:<uid>` and `orphan:<uid>`, for the two things that upstream has a queue each for. */
export function garbageCollector(): Controller {
  let collector: Collector | undefined
  return defineController({
    name: 'garbage-collector',
    component: 'garbage-collector-controller',
    concurrency: 20,
    watches: [],
    async reconcile(key) {
      return collector?.reconcile(key)
    },
    async run(context) {
      collector = new Collector(context)
      await collector.resources.follow()
    },
  })
}

class Collector {
  readonly resources: WatchedResources
  readonly #controller: ControllerContext
  readonly #graph: Graph
  readonly #context: CollectContext

  constructor(context: ControllerContext) {
    this.#controller = context
    const { enqueue, client } = context
    this.#graph = new Graph({
      examine: ({ identity }) => enqueue(`delete:${identity.uid}`),
      orphan: ({ identity }) => enqueue(`orphan:${identity.uid}`),
      mismatch: (dependent, reference) => {
        const { apiVersion, kind, namespace, name, uid } = dependent.identity
        const message = `ownerRef [${reference.apiVersion}/${reference.kind}, namespace: ${namespace}, name: ${reference.name}, uid: ${reference.uid}] does not exist in namespace ${JSON.stringify(namespace)}`
        context.events.event({ apiVersion, kind, namespace, name, uid }, 'Warning', 'OwnerRefInvalidNamespace', message)
      },
    })
    this.resources = new WatchedResources(context, {
      put: (resource, object) => this.#graph.put(resource, object),
      remove: object => this.#graph.remove(object.metadata?.uid ?? ''),
    })
    this.#context = {
      client,
      graph: this.#graph,
      absent: new AbsentOwners(),
      resourceOf: (apiVersion, kind) => this.resources.resourceOf(apiVersion, kind),
      examine: ({ identity }) => enqueue(`delete:${identity.uid}`),
    }
  }

  async reconcile(key: string): Promise<{ requeueAfterMs: number } | undefined> {
    // Before everything is read, dependents may be missing from the graph.
    await this.resources.synced
    const colon = key.indexOf(':')
    const node = this.#graph.get(key.slice(colon + 1))
    if (!node) return undefined
    try {
      if (key.startsWith('orphan:')) await orphanDependents(node, this.#context)
      else await collect(node, this.#context)
    } catch (error) {
      if (error instanceof UnresolvableOwnerError) {
        this.#controller.log.warn('Object is left alone', { name: node.identity.name, err: error })
        return undefined
      }
      // Its CRD may come back, or discovery may be a moment behind.
      if (error instanceof UnknownKindError) return { requeueAfterMs: 30_000 }
      throw error
    }
    return undefined
  }
}
