/** Pods of a node that nobody hears are not ready, whatever they said last (controller/util/node MarkPodsNotReady). */
import { pods } from '@petrel/machinery/kinds'
import { isStatus } from '@petrel/machinery/status'
import { toTime } from '../../base/index.ts'
import type { ControllerContext } from '../define-controller.ts'

export async function markPodsNotReady(nodeName: string, context: ControllerContext): Promise<void> {
  for (const pod of context.informer(pods).byIndex('node', nodeName)) {
    const ready = pod.status?.conditions?.find(condition => condition.type === 'Ready')
    if (ready?.status !== 'True') continue
    const { namespace, name = '', uid } = pod.metadata ?? {}
    const conditions = [{ type: 'Ready', status: 'False', lastTransitionTime: toTime(context.clock.now()) }]
    try {
      await context.client.patch(
        pods,
        { namespace, name },
        'strategic',
        { metadata: { uid }, status: { conditions } },
        { subresource: 'status' },
      )
      context.events.event({ apiVersion: 'v1', kind: 'Pod', ...pod }, 'Warning', 'NodeNotReady', 'Node is not ready')
    } catch (error) {
      // Deleted, or deleted and made anew under its name.
      if (!isStatus(error, 'NotFound') && !isStatus(error, 'Conflict')) throw error
    }
  }
}
