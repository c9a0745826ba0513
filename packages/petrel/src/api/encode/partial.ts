/** metav1.PartialObjectMetadata: an object without its body. */
import type { KubeObject } from '@petrel/machinery/kinds'

export function partial(object: KubeObject, apiVersion: string): KubeObject {
  return { kind: 'PartialObjectMetadata', apiVersion, metadata: object.metadata ?? {} }
}
