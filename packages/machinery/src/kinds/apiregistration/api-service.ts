/** apiregistration.k8s.io APIService: which server serves a group version. */
import type { APIService } from '../../api/apiregistration-v1.gen.ts'
import { defineKind } from '../define-kind.ts'
import { nameTo, textColumn } from '../make-column.ts'
import { withStatus } from '../with-status.ts'

export const apiServices = defineKind<APIService>({
  group: 'apiregistration.k8s.io',
  version: 'v1',
  kind: 'APIService',
  plural: 'apiservices',
  namespaced: false,
  categories: ['api-extensions'],
  columns: nameTo<APIService>(
    textColumn('Service', 'The service that serves it.', ({ spec }) =>
      spec?.service ? `${spec.service.namespace ?? ''}/${spec.service.name ?? ''}` : 'Local',
    ),
    textColumn('Available', 'Whether it answers.', ({ status }) => {
      const condition = status?.conditions?.find(one => one.type === 'Available')
      if (!condition) return 'Unknown'
      return condition.status === 'True' ? 'True' : `${condition.status} (${condition.reason ?? ''})`
    }),
  ),
  setDefaults: ({ spec }) => {
    if (spec?.service) spec.service.port ??= 443
  },
  strategy: withStatus<NonNullable<APIService['status']>, APIService>(
    {},
    {
      hasGeneration: false,
      allowUnconditionalUpdate: false,
      validate: ({ metadata, spec }, errors) => {
        const required = `${spec?.version ?? ''}.${spec?.group ?? ''}`
        if (metadata?.name !== required) {
          errors.invalid('metadata.name', metadata?.name, `must be \`spec.version+"."+spec.group\`: "${required}"`)
        }
      },
    },
  ),
  subresources: { status: {} },
  definition: 'io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIService',
})
