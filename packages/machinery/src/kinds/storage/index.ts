/** The kinds of storage.k8s.io, version by version. */
import type { Kind } from '../kind.ts'
import { csiDrivers } from './csi-driver.ts'
import { csiNodes } from './csi-node.ts'
import { csiStorageCapacities } from './csi-storage-capacity.ts'
import { storageClasses } from './storage-class.ts'
import { volumeAttachments } from './volume-attachment.ts'
import { volumeAttributesClasses, volumeAttributesClassesV1beta1 } from './volume-attributes-class.ts'

export const storageKinds: readonly Kind[] = [
  csiDrivers,
  csiNodes,
  csiStorageCapacities,
  storageClasses,
  volumeAttachments,
  volumeAttributesClasses,
  volumeAttributesClassesV1beta1,
]

export {
  csiDrivers,
  csiNodes,
  csiStorageCapacities,
  storageClasses,
  volumeAttachments,
  volumeAttributesClasses,
  volumeAttributesClassesV1beta1,
}
