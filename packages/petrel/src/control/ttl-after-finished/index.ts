/** Deletes Jobs that have been finished for spec.ttlSecondsAfterFinished (pkg/controller/ttlafterfinished). */
import type { Job } from '@petrel/machinery/api/batch-v1'
import { jobs } from '@petrel/machinery/kinds'
import { isStatus } from '@petrel/machinery/status'
import { parseKey } from '../../client/index.ts'
import { type Controller, defineController, watch } from '../define-controller.ts'

/** Keys are those of Jobs. */
export function ttlAfterFinishedController(): Controller {
  return defineController({
    name: 'ttl-after-finished',
    component: 'ttl-after-finished-controller',
    concurrency: 5,
    watches: [watch(jobs, { when: ({ type, object }) => type !== 'delete' && expiryOf(object) !== undefined })],
    async reconcile(key, { client, clock, informer }) {
      const cached = informer(jobs).get(parseKey(key))
      const leftMs = cached ? left(cached, clock.now()) : undefined
      if (leftMs === undefined) return undefined
      if (leftMs > 0) return { requeueAfterMs: leftMs }
      try {
        // The cache may be behind a change of the TTL: ask before destroying.
        const job = await client.get(jobs, parseKey(key))
        const liveMs = left(job, clock.now())
        if (liveMs === undefined) return undefined
        if (liveMs > 0) return { requeueAfterMs: liveMs }
        await client.delete(jobs, parseKey(key), {
          propagationPolicy: 'Foreground',
          preconditions: { uid: job.metadata?.uid ?? '' },
        })
      } catch (error) {
        if (!isStatus(error, 'NotFound')) throw error
      }
      return undefined
    },
  })
}

/** Milliseconds until the Job is to go; undefined when it is to stay. */
function left(job: Job, now: number): number | undefined {
  const expiry = expiryOf(job)
  return expiry === undefined || job.metadata?.deletionTimestamp ? undefined : expiry - now
}

function expiryOf(job: Job): number | undefined {
  const seconds = job.spec?.ttlSecondsAfterFinished
  const finished = job.status?.conditions?.find(
    ({ type, status }) => (type === 'Complete' || type === 'Failed') && status === 'True',
  )
  const at = Date.parse(finished?.lastTransitionTime ?? '')
  return seconds === undefined || Number.isNaN(at) ? undefined : at + seconds * 1000
}
