/**
 * Removes pods that no node will ever end (pkg/controller/podgc): those of nodes that vanished, those that were deleted
 * before they had a node, and the oldest of more ended pods than anybody wants to keep.
 */
import type { Pod } from '@petrel/machinery/api/core-v1'
import { nodes, pods } from '@petrel/machinery/kinds'
import { isStatus } from '@petrel/machinery/status'
import { sleep, toTime } from '../../base/index.ts'
import { type Controller, type ControllerContext, defineController } from '../define-controller.ts'

export interface PodGarbageOptions {
  readonly periodMs?: number
  /** Ended pods that are kept; 0 keeps all. */
  readonly terminatedThreshold?: number
  /** How long a node must be gone before its pods go: it may register again. */
  readonly quarantineMs?: number
}

export function podGarbageCollector(options: PodGarbageOptions = {}): Controller {
  const { periodMs = 20_000, terminatedThreshold = 12_500, quarantineMs = 40_000 } = options
  /** Nodes that pods name and that are not there, and since when. */
  const missing = new Map<string, number>()
  return defineController({
    name: 'pod-garbage-collector',
    component: 'pod-garbage-collector-controller',
    watches: [],
    reads: [pods, nodes],
    async reconcile() {
      return undefined
    },
    async run(context) {
      while (!context.signal.aborted) {
        const all = context.informer(pods).list()
        await removeTerminated(all, terminatedThreshold, context)
        await removeOrphaned(all, missing, quarantineMs, context)
        await removeUnscheduled(all, context)
        await sleep(context.clock, periodMs, context.signal).catch(() => undefined)
      }
    },
  })
}

function isEnded(pod: Pod): boolean {
  const phase = pod.status?.phase
  return phase === 'Succeeded' || phase === 'Failed'
}

async function removeTerminated(all: readonly Pod[], threshold: number, context: ControllerContext): Promise<void> {
  if (threshold <= 0) return
  const ended = all.filter(isEnded)
  if (ended.length <= threshold) return
  const created = (pod: Pod): string => pod.metadata?.creationTimestamp ?? ''
  const oldest = ended.toSorted((a, b) => (created(a) < created(b) ? -1 : 1)).slice(0, ended.length - threshold)
  for (const pod of oldest) await remove(pod, undefined, context)
}

async function removeOrphaned(
  all: readonly Pod[],
  missing: Map<string, number>,
  quarantineMs: number,
  context: ControllerContext,
): Promise<void> {
  const now = context.clock.monotonic()
  const orphans = Map.groupBy(
    all.filter(pod => pod.spec?.nodeName && !context.informer(nodes).get({ name: pod.spec.nodeName })),
    pod => pod.spec?.nodeName ?? '',
  )
  for (const name of missing.keys()) if (!orphans.has(name)) missing.delete(name)
  for (const [name, stranded] of orphans) {
    const since = missing.get(name) ?? now
    missing.set(name, since)
    if (now - since < quarantineMs || (await nodeExists(name, context))) continue
    for (const pod of stranded)
      await remove(pod, { reason: 'DeletionByPodGC', message: 'PodGC: node no longer exists' }, context)
  }
}

/** The cache may be behind; only the server's word makes pods go. */
async function nodeExists(name: string, { client }: ControllerContext): Promise<boolean> {
  try {
    await client.get(nodes, { name })
    return true
  } catch (error) {
    if (isStatus(error, 'NotFound')) return false
    throw error
  }
}

async function removeUnscheduled(all: readonly Pod[], context: ControllerContext): Promise<void> {
  for (const pod of all)
    if (pod.metadata?.deletionTimestamp && !pod.spec?.nodeName) await remove(pod, undefined, context)
}

/** Fails a pod that has not ended, so that its owner counts it, then removes it without grace. */
async function remove(
  pod: Pod,
  disruption: { reason: string; message: string } | undefined,
  { client, clock, log }: ControllerContext,
): Promise<void> {
  const { namespace, name = '', uid = '' } = pod.metadata ?? {}
  try {
    if (!isEnded(pod)) {
      const conditions = disruption && [
        { type: 'DisruptionTarget', status: 'True', lastTransitionTime: toTime(clock.now()), ...disruption },
      ]
      const status = { phase: 'Failed', ...(conditions && { conditions }) }
      await client.patch(
        pods,
        { namespace, name },
        'strategic',
        { metadata: { uid }, status },
        { subresource: 'status' },
      )
    }
    await client.delete(pods, { namespace, name }, { gracePeriodSeconds: 0, preconditions: { uid } })
  } catch (error) {
    if (isStatus(error, 'NotFound') || isStatus(error, 'Conflict')) return
    log.warn('Pod could not be removed, the next round tries again', { pod: `${namespace}/${name}`, err: error })
  }
}
