/** A new pod of an owner, from the owner's template (controller.GetPodFromTemplate). */
import type { Pod, PodTemplateSpec } from '@petrel/machinery/api/core-v1'
import { draft } from '../../client/index.ts'
import { controllerReference, type Owner } from './claim.ts'

export function podFromTemplate(template: PodTemplateSpec | undefined, owner: Pick<Owner, 'resource' | 'object'>): Pod {
  const { labels = {}, annotations = {}, finalizers = [] } = draft(template?.metadata ?? {})
  const { name = '', namespace = '' } = owner.object.metadata ?? {}
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      generateName: `${name}-`,
      namespace,
      labels,
      annotations,
      finalizers,
      ownerReferences: [controllerReference(owner)],
    },
    spec: draft(template?.spec ?? { containers: [] }),
  }
}
