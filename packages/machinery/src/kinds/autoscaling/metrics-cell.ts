/** The Targets cell of autoscalers: formatHPAMetrics of upstream's printers. */
import type { MetricSpec, MetricStatus, MetricTarget, MetricValueStatus } from '../../api/autoscaling-v2.gen.ts'

const maxShown = 2
const unknown = '<unknown>'

/** `cpu: 10%/80%, 3/5 (avg) + 1 more...`. */
export function metricsCell(metrics: readonly MetricSpec[], statuses: readonly MetricStatus[]): string {
  if (metrics.length === 0) return '<none>'
  const shown = metrics
    .slice(0, maxShown)
    .map((metric, i) => metricCell(metric, statuses[i]))
    .join(', ')
  return metrics.length > maxShown ? `${shown} + ${metrics.length - maxShown} more...` : shown
}

function metricCell(metric: MetricSpec, status: MetricStatus | undefined): string {
  switch (metric.type) {
    case 'External':
      return valueCell(metric.external?.target, status?.external?.current)
    case 'Object':
      return valueCell(metric.object?.target, status?.object?.current)
    case 'Pods':
      return `${status?.pods?.current.averageValue ?? unknown}/${metric.pods?.target.averageValue ?? ''}`
    case 'Resource':
      return resourceCell(metric.resource, status?.resource?.current)
    case 'ContainerResource':
      return resourceCell(metric.containerResource, status?.containerResource?.current)
    default:
      return '<unknown type>'
  }
}

function valueCell(target: MetricTarget | undefined, current: MetricValueStatus | undefined): string {
  return target?.averageValue === undefined
    ? `${current?.value ?? unknown}/${target?.value ?? ''}`
    : `${current?.averageValue ?? unknown}/${target.averageValue} (avg)`
}

function resourceCell(
  source: { name: string; target: MetricTarget } | undefined,
  current: MetricValueStatus | undefined,
): string {
  const { averageValue, averageUtilization } = source?.target ?? {}
  const percent = (value: number | undefined, otherwise: string): string =>
    value === undefined ? otherwise : `${value}%`
  const cell =
    averageValue === undefined
      ? `${percent(current?.averageUtilization, unknown)}/${percent(averageUtilization, '<auto>')}`
      : `${current?.averageValue ?? unknown}/${averageValue}`
  return `${source?.name ?? ''}: ${cell}`
}
