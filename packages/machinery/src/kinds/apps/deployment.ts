/** apps/v1 Deployment, after pkg/apis/apps/{v1/defaults,validation} and pkg/registry/apps/deployment. */
import type { Deployment, DeploymentSpec, DeploymentStrategy, RollingUpdateDeployment } from '../../api/apps-v1.gen.ts'
import { sameValue, validateImmutable } from '../../names/index.ts'
import type { FieldErrors } from '../../status/index.ts'
import { ageColumn, type Column, nameColumn } from '../../table/index.ts'
import { podSpecWarnings, setPodTemplateDefaults, templateColumns } from '../core/pod-spec/index.ts'
import { defineKind } from '../define-kind.ts'
import { numberColumn, textColumn } from '../make-column.ts'
import { withStatus } from '../with-status.ts'
import { amountOf, validateAtMost100Percent, validateIntOrPercent } from './int-or-percent.ts'
import { replicaScale } from './replica-scale.ts'
import {
  compileSelector,
  podNameWarnings,
  validateCollisionCount,
  validateCounts,
  validateReplicaCounts,
  validateSelectedTemplate,
  validateWorkloadSelector,
} from './workload-rules.ts'

const columns: readonly Column<Deployment>[] = [
  nameColumn,
  textColumn(
    'Ready',
    'Ready pods of those that are wanted.',
    ({ spec, status }) => `${status?.readyReplicas ?? 0}/${spec?.replicas ?? 0}`,
  ),
  numberColumn('Up-to-date', 'Pods of the current template.', ({ status }) => status?.updatedReplicas, 'string'),
  numberColumn('Available', 'Pods ready for long enough.', ({ status }) => status?.availableReplicas, 'string'),
  ageColumn,
  ...templateColumns<Deployment>(({ spec }) => spec?.template),
  textColumn(
    'Selector',
    'The labels of the pods.',
    ({ spec }) => compileSelector(spec?.selector)?.toString() ?? '<invalid>',
    1,
  ),
]

export const deployments = defineKind<Deployment>({
  group: 'apps',
  version: 'v1',
  kind: 'Deployment',
  plural: 'deployments',
  shortNames: ['deploy'],
  categories: ['all'],
  columns,
  setDefaults,
  strategy: withStatus<NonNullable<Deployment['status']>, Deployment>(
    {},
    {
      // Annotations count because they are copied to replica sets.
      changesGeneration: (object, old) =>
        !sameValue(object.spec, old.spec) ||
        !sameValue(object.metadata?.annotations ?? {}, old.metadata?.annotations ?? {}),
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
      validateUpdate: ({ status }, old, errors) => {
        const counts = ['replicas', 'updatedReplicas', 'readyReplicas', 'availableReplicas'] as const
        validateCounts(
          status,
          ['observedGeneration', ...counts, 'unavailableReplicas', 'terminatingReplicas', 'collisionCount'],
          'status',
          errors,
        )
        validateReplicaCounts(
          status,
          ['updatedReplicas', 'readyReplicas', 'availableReplicas'],
          'readyReplicas',
          errors,
        )
        validateCollisionCount(status?.collisionCount, old.status?.collisionCount, errors)
      },
    },
    scale: replicaScale<Deployment>(),
  },
  definition: 'io.k8s.api.apps.v1.Deployment',
})

function setDefaults({ spec }: Deployment): void {
  if (!spec) return
  setPodTemplateDefaults(spec.template)
  spec.replicas ??= 1
  spec.strategy ??= {}
  if (!spec.strategy.type) spec.strategy.type = 'RollingUpdate'
  if (spec.strategy.type === 'RollingUpdate') {
    spec.strategy.rollingUpdate ??= {}
    spec.strategy.rollingUpdate.maxUnavailable ??= '25%'
    spec.strategy.rollingUpdate.maxSurge ??= '25%'
  }
  spec.revisionHistoryLimit ??= 10
  spec.progressDeadlineSeconds ??= 600
}

function validateSpec(spec: DeploymentSpec | undefined, errors: FieldErrors): void {
  if (!spec) {
    errors.required('spec')
    return
  }
  validateCounts(spec, ['replicas'], 'spec', errors)
  validateWorkloadSelector(spec.selector, 'deployment', 'spec.selector', errors)
  validateSelectedTemplate(spec, 'ReplicaSet', 'spec', errors)
  validateStrategy(spec.strategy ?? {}, errors)
  validateCounts(spec, ['minReadySeconds', 'revisionHistoryLimit', 'progressDeadlineSeconds'], 'spec', errors)
  const { progressDeadlineSeconds } = spec
  if (progressDeadlineSeconds !== undefined && progressDeadlineSeconds <= (spec.minReadySeconds ?? 0)) {
    errors.invalid('spec.progressDeadlineSeconds', progressDeadlineSeconds, 'must be greater than minReadySeconds')
  }
}

function validateStrategy(strategy: DeploymentStrategy, errors: FieldErrors): void {
  switch (strategy.type) {
    case 'Recreate':
      if (strategy.rollingUpdate) {
        errors.forbidden('spec.strategy.rollingUpdate', "may not be specified when strategy `type` is 'Recreate'")
      }
      return
    case 'RollingUpdate':
      if (strategy.rollingUpdate) validateRollingUpdate(strategy.rollingUpdate, errors)
      else errors.required('spec.strategy.rollingUpdate', 'this should be defaulted and never be nil')
      return
    default:
      errors.notSupported('spec.strategy', strategy, ['Recreate', 'RollingUpdate'])
  }
}

function validateRollingUpdate({ maxUnavailable, maxSurge }: RollingUpdateDeployment, errors: FieldErrors): void {
  const path = 'spec.strategy.rollingUpdate'
  validateIntOrPercent(maxUnavailable, `${path}.maxUnavailable`, errors)
  validateIntOrPercent(maxSurge, `${path}.maxSurge`, errors)
  if (amountOf(maxUnavailable) === 0 && amountOf(maxSurge) === 0) {
    errors.invalid(`${path}.maxUnavailable`, maxUnavailable, 'may not be 0 when `maxSurge` is 0')
  }
  validateAtMost100Percent(maxUnavailable, `${path}.maxUnavailable`, errors)
}
