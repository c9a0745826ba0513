/** core/v1 Service. */
import type { Service } from '../../../api/core-v1.gen.ts'
import { nameIsDnsLabel } from '../../../names/index.ts'
import { defineKind } from '../../define-kind.ts'
import { keepStatus } from '../../keep-status.ts'
import type { Kind } from '../../kind.ts'
import { carryOver, syncNewClusterIps } from './carry-over.ts'
import { validateServiceUpdate } from './cluster-ips.ts'
import { serviceColumns } from './columns.ts'
import { setServiceDefaults } from './defaults.ts'
import { validateService, validateServiceStatus } from './validate.ts'

export const services: Kind<Service> = defineKind<Service>({
  group: '',
  version: 'v1',
  kind: 'Service',
  plural: 'services',
  shortNames: ['svc'],
  categories: ['all'],
  columns: serviceColumns,
  selectableFields: {
    'spec.clusterIP': ({ spec }) => spec?.clusterIP ?? '',
    'spec.type': ({ spec }) => spec?.type ?? '',
  },
  subresources: {
    status: { validateUpdate: validateServiceStatus },
    others: { proxy: { kind: 'ServiceProxyOptions', verbs: ['create', 'delete', 'get', 'patch', 'update'] } },
  },
  setDefaults: setServiceDefaults,
  strategy: {
    hasGeneration: false,
    allowCreateOnUpdate: true,
    // RelaxedServiceNameValidation, on by default since v1.36; before it was a DNS-1035 label.
    validateName: nameIsDnsLabel,
    prepareForCreate(service) {
      service.status = { loadBalancer: {} }
      syncNewClusterIps(service.spec)
    },
    prepareForUpdate(service, old) {
      keepStatus(service, old)
      carryOver(service, old)
    },
    validate: validateService,
    validateUpdate: validateServiceUpdate,
  },
  definition: 'io.k8s.api.core.v1.Service',
})
