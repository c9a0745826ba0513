/** The rules of metrics and scaling behavior: pkg/apis/autoscaling/validation. */
import type {
  CrossVersionObjectReference,
  HPAScalingRules,
  MetricIdentifier,
  MetricSpec,
  MetricTarget,
} from '../../api/autoscaling-v2.gen.ts'
import { dns1123LabelFaults, pathSegmentNameFaults } from '../../names/index.ts'
import { compareQuantities, isNegative } from '../../quantity/index.ts'
import type { FieldErrors } from '../../status/index.ts'
import { invalidEach, validateOptionalChoice } from '../core/index.ts'

const maxPeriodSeconds = 1800
const maxStabilizationWindowSeconds = 3600

/** By type: the field that carries the metric. */
const sources = {
  ContainerResource: 'containerResource',
  External: 'external',
  Object: 'object',
  Pods: 'pods',
  Resource: 'resource',
} as const

type Source = (typeof sources)[keyof typeof sources]

function isType(type: string): type is keyof typeof sources {
  return Object.hasOwn(sources, type)
}

export function validateMetric(metric: MetricSpec, path: string, errors: FieldErrors): void {
  const { type = '' } = metric
  if (type === '') errors.required(`${path}.type`, 'must specify a metric source type')
  if (!isType(type)) {
    errors.notSupported(`${path}.type`, type, Object.keys(sources))
    return
  }
  const wanted = sources[type]
  const given = Object.values(sources).filter(source => metric[source] !== undefined)
  if (metric[wanted]) validateSource(metric, wanted, `${path}.${wanted}`, errors)
  else errors.required(`${path}.${wanted}`, 'must populate information for the given metric source')
  for (const other of given) {
    if (other !== wanted) errors.forbidden(`${path}.${other}`, 'must populate the given metric source only')
  }
}

function validateSource(metric: MetricSpec, source: Source, path: string, errors: FieldErrors): void {
  const { object, containerResource } = metric
  if (source === 'object' && object) validateReference(object.describedObject, `${path}.describedObject`, errors)
  if (source === 'resource' || source === 'containerResource') {
    if (!metric[source]?.name) errors.required(`${path}.name`, 'must specify a resource name')
  } else {
    validateIdentifier(metric[source]?.metric, `${path}.metric`, errors)
  }
  if (source === 'containerResource') {
    const container = containerResource?.container ?? ''
    if (container === '') errors.required(`${path}.container`, 'must specify a container')
    else invalidEach(dns1123LabelFaults(container), container, `${path}.container`, errors)
  }
  const target = metric[source]?.target ?? ({} as MetricTarget)
  validateTarget(target, `${path}.target`, errors)
  validateTargetChoice(target, source, `${path}.target`, errors)
}

function validateIdentifier(id: MetricIdentifier | undefined, path: string, errors: FieldErrors): void {
  const name = id?.name ?? ''
  if (name === '') errors.required(`${path}.name`, 'must specify a metric name')
  else invalidEach(pathSegmentNameFaults(name), name, `${path}.name`, errors)
}

function validateTarget(target: MetricTarget, path: string, errors: FieldErrors): void {
  const { type = '', averageUtilization } = target
  if (type === '') errors.required(`${path}.type`, 'must specify a metric target type')
  if (!['Utilization', 'Value', 'AverageValue'].includes(type)) {
    errors.invalid(`${path}.type`, type, 'must be either Utilization, Value, or AverageValue')
  }
  for (const field of ['value', 'averageValue'] as const) {
    const amount = target[field]
    if (amount !== undefined && compareQuantities(amount, 0) <= 0) {
      errors.invalid(`${path}.${field}`, amount, 'must be positive')
    }
  }
  if (averageUtilization !== undefined && averageUtilization < 1) {
    errors.invalid(`${path}.averageUtilization`, averageUtilization, 'must be greater than 0')
  }
}

/** Which of the ways to say how much a source takes. */
function validateTargetChoice(target: MetricTarget, source: Source, path: string, errors: FieldErrors): void {
  const { value, averageValue, averageUtilization } = target
  switch (source) {
    case 'object':
      if (value === undefined && averageValue === undefined) {
        errors.required(`${path}.averageValue`, 'must set either a target value or averageValue')
      }
      return
    case 'external':
      if (value === undefined && averageValue === undefined) {
        const rule = 'must set either a target value for metric or a per-pod target'
        errors.required(`${path}.averageValue`, rule)
      } else if (value !== undefined && averageValue !== undefined) {
        errors.forbidden(`${path}.value`, 'may not set both a target value for metric and a per-pod target')
      }
      return
    case 'pods':
      if (averageValue === undefined) {
        errors.required(`${path}.averageValue`, 'must specify a positive target averageValue')
      }
      return
    default:
      if (averageUtilization === undefined && averageValue === undefined) {
        errors.required(`${path}.averageUtilization`, 'must set either a target raw value or a target utilization')
      } else if (averageUtilization !== undefined && averageValue !== undefined) {
        errors.forbidden(`${path}.averageValue`, 'may not set both a target raw value and a target utilization')
      }
  }
}

export function validateReference(
  reference: CrossVersionObjectReference | undefined,
  path: string,
  errors: FieldErrors,
): void {
  for (const field of ['kind', 'name'] as const) {
    const value = reference?.[field] ?? ''
    if (value === '') errors.required(`${path}.${field}`)
    else invalidEach(pathSegmentNameFaults(value), value, `${path}.${field}`, errors)
  }
  const version = reference?.apiVersion ?? ''
  if (version.split('/').length > 2) {
    errors.invalid(`${path}.apiVersion`, version, `unexpected GroupVersion string: ${version}`)
  }
}

export function validateScalingRules(rules: HPAScalingRules | undefined, path: string, errors: FieldErrors): void {
  if (!rules) return
  const { stabilizationWindowSeconds: window, selectPolicy, policies = [], tolerance } = rules
  const at = `${path}.stabilizationWindowSeconds`
  if (window !== undefined && window < 0) errors.invalid(at, window, 'must be greater than or equal to zero')
  if (window !== undefined && window > maxStabilizationWindowSeconds) {
    errors.invalid(at, window, `must be less than or equal to ${maxStabilizationWindowSeconds}`)
  }
  validateOptionalChoice(selectPolicy, ['Disabled', 'Max', 'Min'], `${path}.selectPolicy`, errors)
  if (policies.length === 0) errors.required(`${path}.policies`, 'must specify at least one Policy')
  for (const [i, { type, value = 0, periodSeconds = 0 }] of policies.entries()) {
    const policy = `${path}.policies[${i}]`
    validateOptionalChoice(type, ['Percent', 'Pods'], `${policy}.type`, errors)
    if (value <= 0) errors.invalid(`${policy}.value`, value, 'must be greater than zero')
    if (periodSeconds <= 0) errors.invalid(`${policy}.periodSeconds`, periodSeconds, 'must be greater than zero')
    if (periodSeconds > maxPeriodSeconds) {
      errors.invalid(`${policy}.periodSeconds`, periodSeconds, `must be less than or equal to ${maxPeriodSeconds}`)
    }
  }
  if (tolerance !== undefined && isNegative(tolerance)) {
    errors.invalid(`${path}.tolerance`, tolerance, 'must be greater than or equal to 0')
  }
}
