/** resource.k8s.io ResourcePoolStatusRequest. */
import type { ResourcePoolStatusRequest } from '../../api/resource-v1alpha3.gen.ts'
import { defineKind } from '../define-kind.ts'
import { statusOnly } from '../with-status.ts'

export const resourcePoolStatusRequests = defineKind<ResourcePoolStatusRequest>({
  group: 'resource.k8s.io',
  version: 'v1alpha3',
  kind: 'ResourcePoolStatusRequest',
  plural: 'resourcepoolstatusrequests',
  namespaced: false,
  strategy: statusOnly,
  subresources: { status: {} },
  definition: 'io.k8s.api.resource.v1alpha3.ResourcePoolStatusRequest',
})
