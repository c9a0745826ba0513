import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { HorizontalPodAutoscaler, HorizontalPodAutoscalerSpec, MetricSpec } from '../../api/autoscaling-v2.gen.ts'
import { cells, create } from '../test-writes.ts'
import { horizontalPodAutoscalers, horizontalPodAutoscalersV1 } from './index.ts'

const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }
const hpa = (spec: Partial<HorizontalPodAutoscalerSpec> = {}): HorizontalPodAutoscaler => ({
  spec: { scaleTargetRef, maxReplicas: 5, ...spec },
})
const memory: MetricSpec = {
  type: 'Resource',
  resource: { name: 'memory', target: { type: 'AverageValue', averageValue: '1Gi' } },
}
const requests: MetricSpec = {
  type: 'Pods',
  pods: { metric: { name: 'requests' }, target: { type: 'AverageValue', averageValue: '10' } },
}

test('setDefaults() aims at 80 % of the CPU and completes a behavior', () => {
  const { object, faults } = create(horizontalPodAutoscalers, hpa({ behavior: { scaleDown: { selectPolicy: 'Min' } } }))
  assert.deepEqual(faults, [])
  assert.equal(object.spec?.minReplicas, 1)
  assert.equal(object.spec?.metrics?.[0]?.resource?.target.averageUtilization, 80)
  assert.deepEqual(object.spec?.behavior, {
    scaleUp: {
      stabilizationWindowSeconds: 0,
      selectPolicy: 'Max',
      policies: [
        { type: 'Pods', value: 4, periodSeconds: 15 },
        { type: 'Percent', value: 100, periodSeconds: 15 },
      ],
    },
    scaleDown: { selectPolicy: 'Min', policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }] },
  })
})

const bad: readonly [Partial<HorizontalPodAutoscalerSpec>, string[]][] = [
  [
    { maxReplicas: 0, minReplicas: 0 },
    [
      'spec.minReplicas: Invalid value: 0: must be greater than or equal to 1',
      'spec.maxReplicas: Required value: must be set and greater than 0',
    ],
  ],
  [{ minReplicas: 6 }, ['spec.maxReplicas: Invalid value: 5: must be greater than or equal to `minReplicas`']],
  [
    { scaleTargetRef: { kind: '', name: 'a/b' } },
    [
      'spec.scaleTargetRef.kind: Required value',
      'spec.scaleTargetRef.name: Invalid value: "a/b": may not contain \'/\'',
    ],
  ],
  [
    { metrics: [{ type: 'Pods' }] },
    ['spec.metrics[0].pods: Required value: must populate information for the given metric source'],
  ],
  [
    { metrics: [{ ...memory, pods: requests.pods! }] },
    ['spec.metrics[0].pods: Forbidden: must populate the given metric source only'],
  ],
  [
    {
      metrics: [
        { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 0 } } },
      ],
    },
    ['spec.metrics[0].resource.target.averageUtilization: Invalid value: 0: must be greater than 0'],
  ],
  [
    { behavior: { scaleUp: { policies: [{ type: 'Pods', value: 0, periodSeconds: 1801 }] } } },
    [
      'spec.behavior.scaleUp.policies[0].value: Invalid value: 0: must be greater than zero',
      'spec.behavior.scaleUp.policies[0].periodSeconds: Invalid value: 1801: must be less than or equal to 1800',
    ],
  ],
]

test('validate() names the fault', () => {
  for (const [spec, faults] of bad) assert.deepEqual(create(horizontalPodAutoscalers, hpa(spec)).faults, faults)
})

test('autoscaling/v1 shows all of v2, and gives it back', () => {
  const { fromStorage, toStorage } = horizontalPodAutoscalersV1.storage!
  const cpu: MetricSpec = {
    type: 'Resource',
    resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 60 } },
  }
  const { object } = create(horizontalPodAutoscalers, hpa({ metrics: [cpu, memory, requests], behavior: {} }))
  const stored: HorizontalPodAutoscaler = {
    ...object,
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    status: {
      currentReplicas: 2,
      desiredReplicas: 3,
      currentMetrics: [{ type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 50 } } }],
      conditions: [{ type: 'AbleToScale', status: 'True' }],
    },
  }
  const v1 = fromStorage(stored)
  assert.equal(v1.apiVersion, 'autoscaling/v1')
  assert.equal(v1.spec?.targetCPUUtilizationPercentage, 60)
  assert.equal(v1.status?.currentCPUUtilizationPercentage, 50)
  assert.deepEqual(JSON.parse(v1.metadata?.annotations?.['autoscaling.alpha.kubernetes.io/metrics'] ?? ''), [
    { type: 'Resource', resource: { name: 'memory', targetAverageValue: '1Gi' } },
    { type: 'Pods', pods: { metricName: 'requests', targetAverageValue: '10' } },
  ])
  assert.deepEqual(toStorage(v1), stored)
})

test('a v1 object is judged by the rules of v2', () => {
  const { faults } = create(horizontalPodAutoscalersV1, { spec: { scaleTargetRef, maxReplicas: 1, minReplicas: 2 } })
  assert.deepEqual(faults, ['spec.maxReplicas: Invalid value: 1: must be greater than or equal to `minReplicas`'])
  assert.deepEqual(create(horizontalPodAutoscalersV1, { spec: { scaleTargetRef, maxReplicas: 1 } }).faults, [])
})

test('columns show the metrics', () => {
  const { object } = create(horizontalPodAutoscalers, hpa({ metrics: [memory, requests, memory] }))
  const { Reference, Targets, MinPods, MaxPods, Replicas } = cells(horizontalPodAutoscalers, object)
  assert.deepEqual(
    [Reference, Targets, MinPods, MaxPods, Replicas],
    ['Deployment/web', 'memory: <unknown>/1Gi, <unknown>/10 + 1 more...', '1', 5, 0],
  )
})
