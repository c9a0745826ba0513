/** Takes the finalizer off that holds a pod of a Job until it is counted. */
import type { Pod } from '@petrel/machinery/api/core-v1'
import { pods } from '@petrel/machinery/kinds'
import type { ControllerContext } from '../define-controller.ts'
import { patchMetadata } from '../owned/index.ts'
import { trackingFinalizer } from './job-pods.ts'

export async function releasePod(pod: Pod, context: ControllerContext): Promise<void> {
  await patchMetadata(pods, pod, { '$deleteFromPrimitiveList/finalizers': [trackingFinalizer] }, context)
}
