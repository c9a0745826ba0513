/** The scale of workloads that keep a number of pods: autoscaling/v1 Scale as a view of spec and status. */
import type { LabelSelector } from '../../api/meta-v1.gen.ts'
import { selectorFromLabelSelector } from '../../selectors/index.ts'
import type { KubeObject, ScaleSubresource } from '../kind.ts'

interface Replicated extends KubeObject {
  spec?: { replicas?: number; selector?: LabelSelector }
  status?: { replicas?: number }
}

export function replicaScale<T extends Replicated>(): ScaleSubresource<T> {
  return {
    replicas: object => object.spec?.replicas ?? 0,
    setReplicas: (object, replicas) => {
      if (object.spec) object.spec = { ...object.spec, replicas }
    },
    statusReplicas: object => object.status?.replicas ?? 0,
    selector: object => selectorFromLabelSelector(object.spec?.selector).toString(),
  }
}
