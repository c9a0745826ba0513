/**
 * Metrics in the shape that autoscaling/v1 gives them in its annotations: flat, with a name for each way to say how much.
 * One table tells which old field is which new one; both directions read it.
 */
import type { MetricSpec, MetricStatus } from '../../api/autoscaling-v2.gen.ts'

type Fields = Record<string, unknown>
/** Old name and the path of the same in v2. */
type Mapping = readonly (readonly [old: string, path: readonly string[]])[]

const average = ['target', 'averageValue'] as const
const utilization = ['target', 'averageUtilization'] as const
const currentAverage = ['current', 'averageValue'] as const

const specs: Readonly<Record<string, Mapping>> = {
  resource: [
    ['name', ['name']],
    ['targetAverageUtilization', utilization],
    ['targetAverageValue', average],
  ],
  containerResource: [
    ['name', ['name']],
    ['targetAverageUtilization', utilization],
    ['targetAverageValue', average],
    ['container', ['container']],
  ],
  pods: [
    ['metricName', ['metric', 'name']],
    ['targetAverageValue', average],
    ['selector', ['metric', 'selector']],
  ],
  object: [
    ['target', ['describedObject']],
    ['metricName', ['metric', 'name']],
    ['targetValue', ['target', 'value']],
    ['selector', ['metric', 'selector']],
    ['averageValue', average],
  ],
  external: [
    ['metricName', ['metric', 'name']],
    ['metricSelector', ['metric', 'selector']],
    ['targetValue', ['target', 'value']],
    ['targetAverageValue', average],
  ],
}

const statuses: Readonly<Record<string, Mapping>> = {
  resource: [
    ['name', ['name']],
    ['currentAverageUtilization', ['current', 'averageUtilization']],
    ['currentAverageValue', currentAverage],
  ],
  containerResource: [
    ['name', ['name']],
    ['currentAverageUtilization', ['current', 'averageUtilization']],
    ['currentAverageValue', currentAverage],
    ['container', ['container']],
  ],
  pods: [
    ['metricName', ['metric', 'name']],
    ['currentAverageValue', currentAverage],
    ['selector', ['metric', 'selector']],
  ],
  object: [
    ['target', ['describedObject']],
    ['metricName', ['metric', 'name']],
    ['currentValue', ['current', 'value']],
    ['selector', ['metric', 'selector']],
    ['averageValue', currentAverage],
  ],
  external: [
    ['metricName', ['metric', 'name']],
    ['metricSelector', ['metric', 'selector']],
    ['currentValue', ['current', 'value']],
    ['currentAverageValue', currentAverage],
  ],
}

export const toOldMetric = (metric: MetricSpec): Fields => flatten({ ...metric }, specs)
export const toOldStatus = (status: MetricStatus): Fields => flatten({ ...status }, statuses)
export const fromOldStatus = (old: Fields): MetricStatus => nest(old, statuses) as unknown as MetricStatus

export function fromOldMetric(old: Fields): MetricSpec {
  const metric = nest(old, specs)
  for (const source of Object.keys(specs)) {
    const target = isFields(metric[source]) ? metric[source]['target'] : undefined
    if (isFields(target)) target['type'] = targetType(target)
  }
  return metric as unknown as MetricSpec
}

function targetType(target: Fields): string {
  if (target['averageUtilization'] !== undefined) return 'Utilization'
  return target['averageValue'] === undefined ? 'Value' : 'AverageValue'
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function flatten(metric: Fields, mappings: Readonly<Record<string, Mapping>>): Fields {
  const old: Fields = { type: metric['type'] }
  for (const [source, mapping] of Object.entries(mappings)) {
    const fields = metric[source]
    if (!isFields(fields)) continue
    const flat: Fields = {}
    for (const [name, path] of mapping) {
      const value = path.reduce<unknown>((at, key) => (isFields(at) ? at[key] : undefined), fields)
      if (value !== undefined) flat[name] = value
    }
    old[source] = flat
  }
  return old
}

function nest(old: Fields, mappings: Readonly<Record<string, Mapping>>): Fields {
  const metric: Fields = { type: old['type'] }
  for (const [source, mapping] of Object.entries(mappings)) {
    const flat = old[source]
    if (!isFields(flat)) continue
    const fields: Fields = {}
    for (const [name, path] of mapping) if (flat[name] !== undefined) put(fields, path, flat[name])
    metric[source] = fields
  }
  return metric
}

function put(fields: Fields, path: readonly string[], value: unknown): void {
  const [key = '', ...rest] = path
  if (rest.length === 0) {
    fields[key] = value
    return
  }
  const inner = isFields(fields[key]) ? fields[key] : {}
  fields[key] = inner
  put(inner, rest, value)
}
