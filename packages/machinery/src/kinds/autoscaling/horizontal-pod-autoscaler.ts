/** autoscaling HorizontalPodAutoscaler, stored as v2; after pkg/apis/autoscaling and pkg/registry/autoscaling. */
import type { HorizontalPodAutoscaler as HorizontalPodAutoscalerV1 } from '../../api/autoscaling-v1.gen.ts'
import type {
  HorizontalPodAutoscaler,
  HorizontalPodAutoscalerSpec,
  HPAScalingRules,
} from '../../api/autoscaling-v2.gen.ts'
import type { FieldErrors } from '../../status/index.ts'
import { validateCounts } from '../apps/index.ts'
import { defineKind } from '../define-kind.ts'
import type { KubeObject, Strategy, StrategyContext } from '../kind.ts'
import { nameTo, numberColumn, textColumn } from '../make-column.ts'
import { withStatus } from '../with-status.ts'
import { validateMetric, validateReference, validateScalingRules } from './metric-rules.ts'
import { metricsCell } from './metrics-cell.ts'
import { toV1, toV2 } from './v1-view.ts'

const shared = {
  group: 'autoscaling',
  kind: 'HorizontalPodAutoscaler',
  plural: 'horizontalpodautoscalers',
  shortNames: ['hpa'],
  categories: ['all'],
} as const

const cells = {
  reference: ({ spec }: HorizontalPodAutoscaler) =>
    `${spec?.scaleTargetRef?.kind ?? ''}/${spec?.scaleTargetRef?.name ?? ''}`,
  targets: ({ spec, status }: HorizontalPodAutoscaler) =>
    metricsCell(spec?.metrics ?? [], status?.currentMetrics ?? []),
  minPods: ({ spec }: HorizontalPodAutoscaler) => String(spec?.minReplicas ?? '<unset>'),
}

/** The same cells at both versions; `as` makes v2 of what is shown. */
function columnsOf<T extends KubeObject>(as: (object: T) => HorizontalPodAutoscaler) {
  return nameTo<T>(
    textColumn('Reference', 'What is scaled.', object => cells.reference(as(object))),
    textColumn('Targets', 'Where the metrics stand and should.', object => cells.targets(as(object))),
    textColumn('MinPods', 'The fewest pods.', object => cells.minPods(as(object))),
    numberColumn('MaxPods', 'The most pods.', object => as(object).spec?.maxReplicas, 'string'),
    numberColumn('Replicas', 'The pods there are.', object => as(object).status?.currentReplicas, 'string'),
  )
}

const strategy: Strategy<HorizontalPodAutoscaler> = {
  hasGeneration: false,
  validate: ({ spec }, errors) => (spec ? validateSpec(spec, errors) : errors.required('spec')),
}

export const horizontalPodAutoscalers = defineKind<HorizontalPodAutoscaler>({
  ...shared,
  version: 'v2',
  columns: columnsOf<HorizontalPodAutoscaler>(object => object),
  setDefaults: ({ spec }) => {
    if (!spec) return
    spec.minReplicas ??= 1
    if (!spec.metrics?.length) spec.metrics = [cpuMetric()]
    if (spec.behavior) {
      spec.behavior.scaleUp = { ...scaleUpDefaults(), ...spec.behavior.scaleUp }
      spec.behavior.scaleDown = { ...scaleDownDefaults(), ...spec.behavior.scaleDown }
    }
  },
  strategy: withStatus<NonNullable<HorizontalPodAutoscaler['status']>, HorizontalPodAutoscaler>(
    { desiredReplicas: 0 },
    strategy,
  ),
  subresources: {
    status: {
      validateUpdate: ({ status }, _old, errors) =>
        validateCounts(status, ['currentReplicas', 'desiredReplicas'], 'status', errors),
    },
  },
  definition: 'io.k8s.api.autoscaling.v2.HorizontalPodAutoscaler',
})

export const horizontalPodAutoscalersV1 = defineKind<HorizontalPodAutoscalerV1>({
  ...shared,
  version: 'v1',
  columns: columnsOf<HorizontalPodAutoscalerV1>(toV2),
  setDefaults: ({ spec }) => {
    if (spec) spec.minReplicas ??= 1
  },
  strategy: withStatus<NonNullable<HorizontalPodAutoscalerV1['status']>, HorizontalPodAutoscalerV1>(
    { currentReplicas: 0, desiredReplicas: 0 },
    {
      hasGeneration: false,
      prepareForUpdate: (object, old, _context: StrategyContext) => keepStatusAnnotations(object, old),
      validate: (object, errors) => {
        const v2 = toV2(object)
        if (v2.spec && !v2.spec.metrics?.length) v2.spec.metrics = [cpuMetric()]
        strategy.validate?.(v2, errors)
      },
    },
  ),
  subresources: {
    status: {
      validateUpdate: ({ status }, _old, errors) =>
        validateCounts(status, ['currentReplicas', 'desiredReplicas'], 'status', errors),
    },
  },
  storage: { kind: horizontalPodAutoscalers, fromStorage: toV1, toStorage: toV2 },
  definition: 'io.k8s.api.autoscaling.v1.HorizontalPodAutoscaler',
})

/** Part of the status is in annotations here, and is no more the user's than the rest of it. */
function keepStatusAnnotations(object: HorizontalPodAutoscalerV1, old: HorizontalPodAutoscalerV1): void {
  const annotations = { ...object.metadata?.annotations }
  for (const part of ['current-metrics', 'conditions']) {
    const key = `autoscaling.alpha.kubernetes.io/${part}`
    const was = old.metadata?.annotations?.[key]
    if (was === undefined) delete annotations[key]
    else annotations[key] = was
  }
  if (Object.keys(annotations).length > 0) object.metadata = { ...object.metadata, annotations }
}

function cpuMetric(): NonNullable<HorizontalPodAutoscalerSpec['metrics']>[number] {
  return { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } }
}

function scaleUpDefaults(): HPAScalingRules {
  return {
    stabilizationWindowSeconds: 0,
    selectPolicy: 'Max',
    policies: [
      { type: 'Pods', value: 4, periodSeconds: 15 },
      { type: 'Percent', value: 100, periodSeconds: 15 },
    ],
  }
}

function scaleDownDefaults(): HPAScalingRules {
  return { selectPolicy: 'Max', policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }] }
}

function validateSpec(spec: HorizontalPodAutoscalerSpec, errors: FieldErrors): void {
  const { minReplicas, maxReplicas = 0, metrics = [] } = spec
  // HPAScaleToZero is alpha: one is the least.
  if (minReplicas !== undefined && minReplicas < 1) {
    errors.invalid('spec.minReplicas', minReplicas, 'must be greater than or equal to 1')
  }
  if (maxReplicas === 0) errors.required('spec.maxReplicas', 'must be set and greater than 0')
  else if (maxReplicas < 0) errors.invalid('spec.maxReplicas', maxReplicas, 'must be greater than or equal to 1')
  if (minReplicas !== undefined && maxReplicas < minReplicas) {
    errors.invalid('spec.maxReplicas', maxReplicas, 'must be greater than or equal to `minReplicas`')
  }
  validateReference(spec.scaleTargetRef, 'spec.scaleTargetRef', errors)
  for (const [i, metric] of metrics.entries()) validateMetric(metric, `spec.metrics[${i}]`, errors)
  validateScalingRules(spec.behavior?.scaleUp, 'spec.behavior.scaleUp', errors)
  validateScalingRules(spec.behavior?.scaleDown, 'spec.behavior.scaleDown', errors)
}
