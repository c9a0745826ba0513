/**
 * autoscaling/v1 is a view of v2: it has a field for the CPU target alone, and annotations for what it has no fields
 * for. After pkg/apis/autoscaling/v1/conversion.go; the annotations hold JSON in the old shape of metrics.
 */
import type { HorizontalPodAutoscaler as V1 } from '../../api/autoscaling-v1.gen.ts'
import type { MetricSpec, MetricStatus, HorizontalPodAutoscaler as V2 } from '../../api/autoscaling-v2.gen.ts'
import type { KubeObject } from '../kind.ts'
import { fromOldMetric, fromOldStatus, toOldMetric, toOldStatus } from './v1-metrics.ts'

const metricsKey = 'autoscaling.alpha.kubernetes.io/metrics'
const statusesKey = 'autoscaling.alpha.kubernetes.io/current-metrics'
const conditionsKey = 'autoscaling.alpha.kubernetes.io/conditions'
const behaviorKey = 'autoscaling.alpha.kubernetes.io/behavior'
const keys = new Set([metricsKey, statusesKey, conditionsKey, behaviorKey])

const isCpuTarget = (metric: MetricSpec): boolean =>
  metric.type === 'Resource' &&
  metric.resource?.name === 'cpu' &&
  metric.resource.target.averageUtilization !== undefined
const isCpuStatus = (status: MetricStatus): boolean =>
  status.type === 'Resource' &&
  status.resource?.name === 'cpu' &&
  status.resource.current.averageUtilization !== undefined

/** A stored v2 object as v1 shows it. */
export function toV1(stored: KubeObject): V1 {
  const { spec, status, metadata } = stored as V2
  const metrics = spec?.metrics ?? []
  const cpu = metrics.find(isCpuTarget)
  const statuses = status?.currentMetrics ?? []
  const cpuStatus = statuses.find(isCpuStatus)
  const otherMetrics = metrics.filter(metric => metric !== cpu)
  const annotations: Record<string, string> = {
    ...withoutKeys(metadata?.annotations),
    ...(otherMetrics.length > 0 && { [metricsKey]: JSON.stringify(otherMetrics.map(toOldMetric)) }),
    ...(statuses.length > 0 && { [statusesKey]: JSON.stringify(statuses.map(toOldStatus)) }),
    ...(status?.conditions?.length && { [conditionsKey]: JSON.stringify(status.conditions) }),
    ...(spec?.behavior && { [behaviorKey]: JSON.stringify(spec.behavior) }),
  }
  const target = cpu?.resource?.target.averageUtilization
  const current = cpuStatus?.resource?.current.averageUtilization
  return {
    apiVersion: 'autoscaling/v1',
    kind: 'HorizontalPodAutoscaler',
    metadata: withAnnotations(metadata, annotations),
    ...(spec && {
      spec: {
        scaleTargetRef: spec.scaleTargetRef,
        ...(spec.minReplicas !== undefined && { minReplicas: spec.minReplicas }),
        maxReplicas: spec.maxReplicas,
        ...(target !== undefined && { targetCPUUtilizationPercentage: target }),
      },
    }),
    ...(status && {
      status: {
        ...(status.observedGeneration !== undefined && { observedGeneration: status.observedGeneration }),
        ...(status.lastScaleTime !== undefined && { lastScaleTime: status.lastScaleTime }),
        currentReplicas: status.currentReplicas ?? 0,
        desiredReplicas: status.desiredReplicas,
        ...(current !== undefined && { currentCPUUtilizationPercentage: current }),
      },
    }),
  }
}

/** What a v1 object says, as v2 stores it. An annotation that is no JSON is left alone, and says nothing. */
export function toV2(object: KubeObject): V2 {
  const { spec, status, metadata } = object as V1
  const annotations = metadata?.annotations ?? {}
  const others = read(annotations[metricsKey]).map(fromOldMetric)
  const target = spec?.targetCPUUtilizationPercentage
  const cpu: MetricSpec[] =
    target === undefined
      ? []
      : [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: target } } }]
  const metrics = [...cpu, ...others]
  const behavior = readOne(annotations[behaviorKey])
  const current = status?.currentCPUUtilizationPercentage
  const cpuStatus: MetricStatus[] =
    current === undefined
      ? []
      : [{ type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: current } } }]
  const annotated = read(annotations[statusesKey]).map(fromOldStatus)
  // The annotation has all of them, the CPU included.
  const currentMetrics = annotated.length > 0 ? annotated : cpuStatus
  const conditions = read(annotations[conditionsKey])
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: withAnnotations(metadata, withoutKeys(annotations)),
    ...(spec && {
      spec: {
        scaleTargetRef: spec.scaleTargetRef,
        ...(spec.minReplicas !== undefined && { minReplicas: spec.minReplicas }),
        maxReplicas: spec.maxReplicas,
        ...(metrics.length > 0 && { metrics }),
        ...(behavior !== undefined && { behavior }),
      },
    }),
    ...(status && {
      status: {
        ...(status.observedGeneration !== undefined && { observedGeneration: status.observedGeneration }),
        ...(status.lastScaleTime !== undefined && { lastScaleTime: status.lastScaleTime }),
        currentReplicas: status.currentReplicas,
        desiredReplicas: status.desiredReplicas,
        ...(currentMetrics.length > 0 && { currentMetrics }),
        ...(conditions.length > 0 && { conditions: conditions as NonNullable<V2['status']>['conditions'] & object }),
      },
    }),
  }
}

function withAnnotations(metadata: V2['metadata'], annotations: Record<string, string>): NonNullable<V2['metadata']> {
  const { annotations: _annotations, ...rest } = metadata ?? {}
  return { ...rest, ...(Object.keys(annotations).length > 0 && { annotations }) }
}

function withoutKeys(annotations: Readonly<Record<string, string>> | undefined): Record<string, string> {
  return Object.fromEntries(Object.entries(annotations ?? {}).filter(([key]) => !keys.has(key)))
}

function parse(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

function read(text: string | undefined): Record<string, unknown>[] {
  const value = parse(text)
  return Array.isArray(value) ? value.filter(item => typeof item === 'object' && item !== null) : []
}

function readOne(text: string | undefined): object | undefined {
  const value = parse(text)
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined
}
