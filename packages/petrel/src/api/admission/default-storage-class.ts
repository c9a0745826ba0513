/** DefaultStorageClass (plugin/pkg/admission/storage/storageclass/setdefault): a claim that names no class gets the default one. */
import type { PersistentVolumeClaim } from '@petrel/machinery/api/core-v1'
import { storageClasses } from '@petrel/machinery/kinds'
import type { AdmissionPlugin, ObjectReader } from '../contract.ts'
import { defaultClassName } from './default-class.ts'
import { concerns } from './refuse.ts'

export function defaultStorageClass(reader: ObjectReader): AdmissionPlugin {
  return {
    name: 'DefaultStorageClass',
    admit(request) {
      if (!concerns(request, 'persistentvolumeclaims', 'CREATE')) return
      const claim = request.object as PersistentVolumeClaim
      // The empty name asks for no class.
      if (claim.spec?.storageClassName !== undefined) return
      if (claim.metadata?.annotations?.['volume.beta.kubernetes.io/storage-class'] !== undefined) return
      const name = defaultClassName(
        reader.list(storageClasses, ''),
        'storageclass.kubernetes.io/is-default-class',
        'storageclass.beta.kubernetes.io/is-default-class',
      )
      if (name !== undefined) claim.spec = { ...claim.spec, storageClassName: name }
    },
  }
}
