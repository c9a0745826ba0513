/** Takes the finalizer off that holds a pod of a Job until it is counted. */
import type { Pod } from '@petrel/machinery/api/core-v1'
import { pods } from '@petrel/machinery/kinds'
import { isStatus } from '@petrel/machinery/status'
import type { ControllerContext } from '../define-controller.ts'
import { trackingFinalizer } from './job-pods.ts'

export async function releasePod(pod: Pod, { client }: ControllerContext): Promise<void> {
  const { namespace, name = '', uid } = pod.metadata ?? {}
  const patch = { metadata: { uid, '$deleteFromPrimitiveList/finalizers': [trackingFinalizer] } }
  try {
    await client.patch(pods, { namespace, name }, 'strategic', patch)
  } catch (error) {
    // Gone, or gone and replaced by another of the same name.
    if (!isStatus(error, 'NotFound') && !isStatus(error, 'Conflict') && !isStatus(error, 'Invalid')) throw error
  }
}
