/**
 * Lets go of pods that no Job will count any more: their Job is gone, or was deleted with its pods orphaned. Without
 * this the finalizer that holds a pod until it is counted would hold it for ever (syncOrphanPod of pkg/controller/job).
 */
import { jobs, pods } from '@petrel/machinery/kinds'
import { keyOf, parseKey } from '../../client/index.ts'
import { type Controller, controllerOf, defineController, watch } from '../define-controller.ts'
import { patchMetadata } from '../owned/index.ts'
import { isTracked, trackingFinalizer } from './job-pods.ts'

/** Keys are those of pods. */
export function jobOrphanPodController(): Controller {
  return defineController({
    name: 'job-orphan-pod',
    component: 'job-controller',
    concurrency: 5,
    watches: [
      watch(pods, { when: ({ type, object }) => type !== 'delete' && isTracked(object) }),
      watch(jobs, {
        when: ({ type }) => type === 'delete',
        keys: (job, { informer }) =>
          informer(pods)
            .byIndex('owner', job.metadata?.uid ?? '')
            .map(keyOf),
      }),
    ],
    async reconcile(key, context) {
      const pod = context.informer(pods).get(parseKey(key))
      if (!pod || !isTracked(pod)) return undefined
      const owner = pod.metadata?.ownerReferences?.find(({ controller }) => controller)
      const [jobKey] = controllerOf(jobs)(pod)
      // Another kind of owner that uses the same finalizer counts by itself.
      if (owner && jobKey === undefined) return undefined
      const job = jobKey === undefined ? undefined : context.informer(jobs).get(parseKey(jobKey))
      if (job && job.metadata?.uid === owner?.uid) return undefined
      // Only the pod that was looked at: it may be adopted, and counted, meanwhile.
      const { resourceVersion } = pod.metadata ?? {}
      const changes = { resourceVersion, '$deleteFromPrimitiveList/finalizers': [trackingFinalizer] }
      await patchMetadata(pods, pod, changes, context)
      return undefined
    },
  })
}
