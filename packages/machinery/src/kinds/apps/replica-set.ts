/** apps/v1 ReplicaSet, after pkg/apis/apps/{v1/defaults,validation} and pkg/registry/apps/replicaset. */
import type { ReplicaSet, ReplicaSetSpec } from '../../api/apps-v1.gen.ts'
import { validateImmutable } from '../../names/index.ts'
import { formatLabelSelector } from '../../selectors/index.ts'
import type { FieldErrors } from '../../status/index.ts'
import { ageColumn, type Column, nameColumn } from '../../table/index.ts'
import { podSpecWarnings, setPodTemplateDefaults, templateColumns } from '../core/pod-spec/index.ts'
import { defineKind } from '../define-kind.ts'
import { numberColumn, textColumn } from '../make-column.ts'
import { withStatus } from '../with-status.ts'
import { replicaScale } from './replica-scale.ts'
import {
  podNameWarnings,
  validateCounts,
  validateReplicaCounts,
  validateSelectedTemplate,
  validateWorkloadSelector,
} from './workload-rules.ts'

const columns: readonly Column<ReplicaSet>[] = [
  nameColumn,
  numberColumn('Desired', 'Pods that are wanted.', ({ spec }) => spec?.replicas),
  numberColumn('Current', 'Pods that exist.', ({ status }) => status?.replicas),
  numberColumn('Ready', 'Pods that are ready.', ({ status }) => status?.readyReplicas),
  ageColumn,
  ...templateColumns<ReplicaSet>(({ spec }) => spec?.template),
  textColumn('Selector', 'The labels of the pods.', ({ spec }) => formatLabelSelector(spec?.selector), 1),
]

export const replicaSets = defineKind<ReplicaSet>({
  group: 'apps',
  version: 'v1',
  kind: 'ReplicaSet',
  plural: 'replicasets',
  shortNames: ['rs'],
  categories: ['all'],
  columns,
  setDefaults: ({ spec }) => {
    if (!spec) return
    setPodTemplateDefaults(spec.template)
    spec.replicas ??= 1
  },
  strategy: withStatus<NonNullable<ReplicaSet['status']>, ReplicaSet>(
    { replicas: 0 },
    {
      validate: ({ spec }, errors) => validateSpec(spec, errors),
      validateUpdate: ({ spec }, old, errors) => {
        validateImmutable(spec?.selector, old.spec?.selector, 'spec.selector', errors)
      },
      warnings: (object, old) => [
        ...(old ? [] : podNameWarnings(object.metadata?.name)),
        ...podSpecWarnings(object.spec?.template?.spec, 'spec.template.spec'),
      ],
    },
  ),
  subresources: {
    status: {
      validateUpdate: ({ status }, _old, errors) => {
        const parts = ['fullyLabeledReplicas', 'readyReplicas', 'availableReplicas'] as const
        validateCounts(status, ['replicas', ...parts, 'observedGeneration', 'terminatingReplicas'], 'status', errors)
        validateReplicaCounts(status, parts, 'readyReplicas', errors)
      },
    },
    scale: replicaScale<ReplicaSet>(),
  },
  definition: 'io.k8s.api.apps.v1.ReplicaSet',
})

function validateSpec(spec: ReplicaSetSpec | undefined, errors: FieldErrors): void {
  if (!spec) {
    errors.required('spec')
    return
  }
  validateCounts(spec, ['replicas', 'minReadySeconds'], 'spec', errors)
  // Upstream says "deployment" here, too.
  validateWorkloadSelector(spec.selector, 'deployment', 'spec.selector', errors)
  validateSelectedTemplate(spec, 'ReplicaSet', 'spec', errors)
}
