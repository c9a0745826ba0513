/** apiextensions.k8s.io CustomResourceDefinition: the declaration; what it declares is served elsewhere. */
import type { CustomResourceDefinition } from '../../api/apiextensions-v1.gen.ts'
import { nameAndCreation } from '../../table/index.ts'
import { defineKind } from '../define-kind.ts'
import { withStatus } from '../with-status.ts'

export const customResourceDefinitions = defineKind<CustomResourceDefinition>({
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  namespaced: false,
  shortNames: ['crd', 'crds'],
  categories: ['api-extensions'],
  columns: nameAndCreation,
  setDefaults: ({ spec }) => {
    if (!spec) return
    const { names } = spec
    if (names && !names.singular) names.singular = (names.kind ?? '').toLowerCase()
    if (names && !names.listKind && names.kind) names.listKind = `${names.kind}List`
    spec.conversion ??= { strategy: 'None' }
  },
  strategy: withStatus<NonNullable<CustomResourceDefinition['status']>, CustomResourceDefinition>(
    {},
    {
      allowUnconditionalUpdate: false,
      validate: ({ metadata, spec }, errors) => {
        const expected = `${spec?.names?.plural ?? ''}.${spec?.group ?? ''}`
        if (metadata?.name !== expected) {
          errors.invalid('metadata.name', metadata?.name, 'must be spec.names.plural+"."+spec.group')
        }
        if (spec?.scope !== 'Cluster' && spec?.scope !== 'Namespaced') {
          errors.notSupported('spec.scope', spec?.scope, ['Cluster', 'Namespaced'])
        }
        const versions = spec?.versions ?? []
        if (versions.filter(version => version.storage).length !== 1) {
          errors.invalid('spec.versions', versions, 'must have exactly one version marked as storage version')
        }
      },
    },
  ),
  subresources: { status: {} },
  definition: 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition',
})
