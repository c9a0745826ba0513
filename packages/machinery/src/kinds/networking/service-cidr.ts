/** networking.k8s.io ServiceCIDR. */
import type { ServiceCIDR } from '../../api/networking-v1.gen.ts'
import type { ServiceCIDR as ServiceCIDRV1beta1 } from '../../api/networking-v1beta1.gen.ts'
import { defineKind } from '../define-kind.ts'
import { nameTo, textColumn } from '../make-column.ts'
import { storedAs } from '../stored-as.ts'
import { statusOnly } from '../with-status.ts'

const columns = nameTo<ServiceCIDR>(
  textColumn('CIDRs', 'The blocks that cluster addresses of services are taken from.', ({ spec }) =>
    (spec?.cidrs ?? []).join(','),
  ),
)

const shared = {
  group: 'networking.k8s.io',
  kind: 'ServiceCIDR',
  plural: 'servicecidrs',
  namespaced: false,
  strategy: statusOnly,
  subresources: { status: {} },
  columns,
} as const

export const serviceCidrs = defineKind<ServiceCIDR>({
  ...shared,
  version: 'v1',
  definition: 'io.k8s.api.networking.v1.ServiceCIDR',
})

export const serviceCidrsV1beta1 = defineKind<ServiceCIDRV1beta1>({
  ...shared,
  version: 'v1beta1',
  storage: storedAs<ServiceCIDRV1beta1>(serviceCidrs, 'v1beta1'),
  definition: 'io.k8s.api.networking.v1beta1.ServiceCIDR',
})
