/**
 * TaintNodesByCondition (plugin/pkg/admission/nodetaint): a new node is not ready until it says so, and takes no pods
 * before; the node lifecycle controller removes the taint.
 */
import type { Node } from '@petrel/machinery/api/core-v1'
import type { AdmissionPlugin } from '../contract.ts'
import { concerns } from './refuse.ts'

const key = 'node.kubernetes.io/not-ready'
const effect = 'NoSchedule'

export function taintNodesByCondition(): AdmissionPlugin {
  return {
    name: 'TaintNodesByCondition',
    admit(request) {
      if (!concerns(request, 'nodes', 'CREATE')) return
      const node = request.object as Node
      const taints = node.spec?.taints ?? []
      if (taints.some(taint => taint.key === key && taint.effect === effect)) return
      node.spec = { ...node.spec, taints: [...taints, { key, effect }] }
    },
  }
}
