/** internal.apiserver.k8s.io StorageVersion. */
import type { StorageVersion } from '../../api/apiserverinternal-v1alpha1.gen.ts'
import { defineKind } from '../define-kind.ts'
import { statusOnly } from '../with-status.ts'

export const storageVersions = defineKind<StorageVersion>({
  group: 'internal.apiserver.k8s.io',
  version: 'v1alpha1',
  kind: 'StorageVersion',
  plural: 'storageversions',
  namespaced: false,
  strategy: statusOnly,
  subresources: { status: {} },
  definition: 'io.k8s.api.apiserverinternal.v1alpha1.StorageVersion',
})
