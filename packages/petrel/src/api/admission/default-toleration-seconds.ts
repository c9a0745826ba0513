/**
 * DefaultTolerationSeconds (plugin/pkg/admission/defaulttolerationseconds): a pod stays five minutes on a node that is
 * not ready or cannot be reached, unless it says otherwise.
 */
import type { Pod, Toleration } from '@petrel/machinery/api/core-v1'
import type { AdmissionPlugin } from '../contract.ts'
import { concerns } from './refuse.ts'

const keys = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']

export function defaultTolerationSeconds(seconds = 300): AdmissionPlugin {
  return {
    name: 'DefaultTolerationSeconds',
    admit(request) {
      if (!concerns(request, 'pods', 'CREATE', 'UPDATE')) return
      const spec = (request.object as Pod).spec
      if (!spec) return
      const tolerations = spec.tolerations ?? []
      const added = keys.filter(key => !tolerations.some(toleration => speaksOf(toleration, key)))
      if (added.length === 0) return
      const fill = (key: string): Toleration => ({
        key,
        operator: 'Exists',
        effect: 'NoExecute',
        tolerationSeconds: seconds,
      })
      spec.tolerations = [...tolerations, ...added.map(fill)]
    },
  }
}

function speaksOf(toleration: Toleration, key: string): boolean {
  const { key: its = '', effect = '' } = toleration
  return (its === key || its === '') && (effect === 'NoExecute' || effect === '')
}
