/**
 * apps/v1 DaemonSet, after pkg/apis/apps/{v1,validation} and pkg/registry/apps/daemonset. The generation of the template,
 * a field of old versions, lives on in an annotation that the server counts.
 */
import type { DaemonSet, DaemonSetSpec, DaemonSetUpdateStrategy } from '../../api/apps-v1.gen.ts'
import { validateImmutable } from '../../names/index.ts'
import { formatLabelSelector, validateLabelSelector } from '../../selectors/index.ts'
import type { FieldErrors } from '../../status/index.ts'
import { ageColumn, type Column, nameColumn } from '../../table/index.ts'
import { semanticEqual } from '../core/index.ts'
import {
  formatLabels,
  podSpecWarnings,
  setPodTemplateDefaults,
  templateColumns,
  validateReplicatedTemplate,
} from '../core/pod-spec/index.ts'
import { defineKind } from '../define-kind.ts'
import { numberColumn, textColumn } from '../make-column.ts'
import { withStatus } from '../with-status.ts'
import { amountOf, validateAtMost100Percent, validateIntOrPercent } from './int-or-percent.ts'
import { compileSelector, isEmptySelector, validateCollisionCount, validateCounts } from './workload-rules.ts'

/** DeprecatedTemplateGeneration. */
const templateGeneration = 'deprecated.daemonset.template.generation'

const columns: readonly Column<DaemonSet>[] = [
  nameColumn,
  numberColumn('Desired', 'Nodes that should run the pod.', ({ status }) => status?.desiredNumberScheduled),
  numberColumn('Current', 'Nodes that should and do.', ({ status }) => status?.currentNumberScheduled),
  numberColumn('Ready', 'Nodes whose pod is ready.', ({ status }) => status?.numberReady),
  numberColumn(
    'Up-to-date',
    'Nodes whose pod is of the current template.',
    ({ status }) => status?.updatedNumberScheduled,
  ),
  numberColumn('Available', 'Nodes whose pod was ready for long enough.', ({ status }) => status?.numberAvailable),
  textColumn('Node Selector', 'Labels of the nodes.', ({ spec }) => formatLabels(spec?.template?.spec?.nodeSelector)),
  ageColumn,
  ...templateColumns<DaemonSet>(({ spec }) => spec?.template),
  textColumn('Selector', 'The labels of the pods.', ({ spec }) => formatLabelSelector(spec?.selector), 1),
]

export const daemonSets = defineKind<DaemonSet>({
  group: 'apps',
  version: 'v1',
  kind: 'DaemonSet',
  plural: 'daemonsets',
  shortNames: ['ds'],
  categories: ['all'],
  columns,
  setDefaults,
  strategy: withStatus<NonNullable<DaemonSet['status']>, DaemonSet>(
    { currentNumberScheduled: 0, numberMisscheduled: 0, desiredNumberScheduled: 0, numberReady: 0 },
    {
      prepareForCreate: object => setTemplateGeneration(object, Math.max(1, templateGenerationOf(object))),
      prepareForUpdate: (object, old) => {
        const isSame = semanticEqual(object.spec?.template, old.spec?.template)
        setTemplateGeneration(object, templateGenerationOf(old) + (isSame ? 0 : 1))
      },
      validate: ({ spec }, errors) => validateSpec(spec, errors),
      validateUpdate: ({ spec }, old, errors) => {
        validateImmutable(spec?.selector, old.spec?.selector, 'spec.selector', errors)
      },
      warnings: ({ spec }) => podSpecWarnings(spec?.template?.spec, 'spec.template.spec'),
    },
  ),
  subresources: {
    status: {
      validateUpdate: ({ status }, old, errors) => {
        const scheduled = ['currentNumberScheduled', 'numberMisscheduled', 'desiredNumberScheduled'] as const
        const pods = ['numberReady', 'updatedNumberScheduled', 'numberAvailable', 'numberUnavailable'] as const
        validateCounts(status, [...scheduled, ...pods, 'observedGeneration', 'collisionCount'], 'status', errors)
        validateCollisionCount(status?.collisionCount, old.status?.collisionCount, errors)
      },
    },
  },
  definition: 'io.k8s.api.apps.v1.DaemonSet',
})

function setDefaults({ spec }: DaemonSet): void {
  if (!spec) return
  setPodTemplateDefaults(spec.template)
  spec.updateStrategy ??= {}
  if (!spec.updateStrategy.type) spec.updateStrategy.type = 'RollingUpdate'
  if (spec.updateStrategy.type === 'RollingUpdate') {
    spec.updateStrategy.rollingUpdate ??= {}
    spec.updateStrategy.rollingUpdate.maxUnavailable ??= 1
    spec.updateStrategy.rollingUpdate.maxSurge ??= 0
  }
  spec.revisionHistoryLimit ??= 10
}

function templateGenerationOf({ metadata }: DaemonSet): number {
  const text = metadata?.annotations?.[templateGeneration] ?? ''
  return /^[0-9]{1,15}$/.test(text) ? Number(text) : 0
}

function setTemplateGeneration(object: DaemonSet, generation: number): void {
  object.metadata ??= {}
  object.metadata.annotations = { ...object.metadata.annotations, [templateGeneration]: String(generation) }
}

function validateSpec(spec: DaemonSetSpec | undefined, errors: FieldErrors): void {
  if (!spec) {
    errors.required('spec')
    return
  }
  validateLabelSelector(spec.selector, 'spec.selector', errors)
  if (spec.selector && isEmptySelector(spec.selector)) {
    errors.invalid('spec.selector', spec.selector, 'empty selector is invalid for daemonset')
  }
  const selector = compileSelector(spec.selector)
  const selects = (labels: Readonly<Record<string, string>>): boolean => selector?.matches(labels) ?? true
  validateReplicatedTemplate(spec.template, selects, 'DaemonSet', 'spec.template', errors)
  validateCounts(spec, ['minReadySeconds', 'revisionHistoryLimit'], 'spec', errors)
  validateStrategy(spec.updateStrategy ?? {}, errors)
}

function validateStrategy(strategy: DaemonSetUpdateStrategy, errors: FieldErrors): void {
  if (strategy.type === 'OnDelete') return
  if (strategy.type !== 'RollingUpdate') {
    errors.notSupported('spec.updateStrategy', strategy, ['RollingUpdate', 'OnDelete'])
    return
  }
  const path = 'spec.updateStrategy.rollingUpdate'
  if (!strategy.rollingUpdate) {
    errors.required(path)
    return
  }
  const { maxUnavailable, maxSurge } = strategy.rollingUpdate
  validateIntOrPercent(maxUnavailable, `${path}.maxUnavailable`, errors)
  validateIntOrPercent(maxSurge, `${path}.maxSurge`, errors)
  validateAtMost100Percent(maxUnavailable, `${path}.maxUnavailable`, errors)
  validateAtMost100Percent(maxSurge, `${path}.maxSurge`, errors)
  const hasUnavailable = amountOf(maxUnavailable) !== 0
  const hasSurge = amountOf(maxSurge) !== 0
  if (hasUnavailable && hasSurge) {
    errors.invalid(`${path}.maxSurge`, maxSurge, 'may not be set when maxUnavailable is non-zero')
  } else if (!hasUnavailable && !hasSurge) {
    errors.required(`${path}.maxUnavailable`, 'cannot be 0 when maxSurge is 0')
  }
}
