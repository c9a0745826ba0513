/**
 * Where a node learns of its pods. In one process all nodes share one informer, and each pod is handed to its node alone;
 * an agent of its own watches the pods of its node.
 */
import type { Pod } from '@petrel/machinery/api/core-v1'
import { pods } from '@petrel/machinery/kinds'
import type { Informers, Registration } from '../../client/index.ts'

export interface PodHandler {
  changed(pod: Pod): void
  gone(pod: Pod): void
}

export interface PodSource {
  /** Calls back for the pods that are there, and from then on. */
  subscribe(nodeName: string, handler: PodHandler): Registration
  /** Resolves when every pod that existed at the start has been handed over. */
  synced(signal: AbortSignal): Promise<void>
}

export function sharedPodSource(informers: Informers): PodSource {
  const informer = informers.informer(pods)
  const handlers = new Map<string, PodHandler>()
  const of = (pod: Pod): PodHandler | undefined => handlers.get(pod.spec?.nodeName ?? '')
  informer.on({
    add: pod => of(pod)?.changed(pod),
    update: pod => of(pod)?.changed(pod),
    delete: pod => of(pod)?.gone(pod),
  })
  return {
    subscribe(nodeName, handler) {
      handlers.set(nodeName, handler)
      for (const pod of informer.byIndex('node', nodeName)) handler.changed(pod)
      return { cancel: () => void handlers.delete(nodeName) }
    },
    synced: signal => informer.synced(signal),
  }
}

/** For an agent that may read the pods of its own node alone. */
export function ownPodSource(informers: Informers, nodeName: string): PodSource {
  const informer = informers.informer(pods, { fieldSelector: `spec.nodeName=${nodeName}` })
  return {
    subscribe: (_name, handler) =>
      informer.on({
        add: pod => handler.changed(pod),
        update: pod => handler.changed(pod),
        delete: pod => handler.gone(pod),
      }),
    synced: signal => informer.synced(signal),
  }
}
