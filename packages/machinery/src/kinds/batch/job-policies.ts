/** podFailurePolicy, successPolicy and podReplacementPolicy of jobs: pkg/apis/batch/validation. */
import type { JobSpec, PodFailurePolicyRule, SuccessPolicyRule } from '../../api/batch-v1.gen.ts'
import { qualifiedNameFaults, validateNonNegative } from '../../names/index.ts'
import type { FieldErrors } from '../../status/index.ts'
import { countIndexes, parseIntervals } from './index-intervals.ts'

const maxRules = 20
const maxExitCodes = 255
const maxConditionPatterns = 20
const maxSucceededIndexesBytes = 64 * 1024

const quote = (values: readonly string[]): string => `[${values.map(value => JSON.stringify(value)).join(' ')}]`

function validateChosen(
  value: string | undefined,
  supported: readonly string[],
  path: string,
  errors: FieldErrors,
): void {
  if (!value) errors.required(path, `valid values: ${quote(supported)}`)
  else if (!supported.includes(value)) errors.notSupported(path, value, supported)
}

export function validatePodFailurePolicy(spec: JobSpec, path: string, errors: FieldErrors): void {
  const rules = spec.podFailurePolicy?.rules ?? []
  if (rules.length > maxRules) errors.tooMany(`${path}.rules`, rules.length, maxRules)
  rules.forEach((rule, i) => {
    validateFailureRule(spec, rule, `${path}.rules[${i}]`, errors)
  })
}

function validateFailureRule(spec: JobSpec, rule: PodFailurePolicyRule, path: string, errors: FieldErrors): void {
  if (rule.action === 'FailIndex') {
    if (spec.backoffLimitPerIndex === undefined) {
      errors.invalid(`${path}.action`, rule.action, 'requires the backoffLimitPerIndex to be set')
    }
  } else validateChosen(rule.action, ['Count', 'FailIndex', 'FailJob', 'Ignore'], `${path}.action`, errors)

  if (rule.onExitCodes) validateExitCodes(spec, rule.onExitCodes, `${path}.onExitCodes`, errors)
  const patterns = rule.onPodConditions ?? []
  if (patterns.length > maxConditionPatterns) {
    errors.tooMany(`${path}.onPodConditions`, patterns.length, maxConditionPatterns)
  }
  patterns.forEach((pattern, i) => {
    const at = `${path}.onPodConditions[${i}]`
    for (const fault of qualifiedNameFaults(pattern.type ?? '')) errors.invalid(`${at}.type`, pattern.type, fault)
    validateChosen(pattern.status, ['False', 'True', 'Unknown'], `${at}.status`, errors)
  })
  if (rule.onExitCodes && patterns.length > 0) {
    errors.invalid(path, rule, 'specifying both OnExitCodes and OnPodConditions is not supported')
  } else if (!rule.onExitCodes && patterns.length === 0) {
    errors.invalid(path, rule, 'specifying one of OnExitCodes and OnPodConditions is required')
  }
}

function validateExitCodes(
  spec: JobSpec,
  codes: NonNullable<PodFailurePolicyRule['onExitCodes']>,
  path: string,
  errors: FieldErrors,
): void {
  validateChosen(codes.operator, ['In', 'NotIn'], `${path}.operator`, errors)
  const pod = spec.template?.spec
  const names = [...(pod?.containers ?? []), ...(pod?.initContainers ?? [])].map(container => container.name)
  if (codes.containerName !== undefined && !names.includes(codes.containerName)) {
    const rule = 'must be one of the container or initContainer names in the pod template'
    errors.invalid(`${path}.containerName`, codes.containerName, rule)
  }
  const values = codes.values ?? []
  if (values.length === 0) errors.invalid(`${path}.values`, values, 'at least one value is required')
  else if (values.length > maxExitCodes) errors.tooMany(`${path}.values`, values.length, maxExitCodes)
  values.forEach((value, i) => {
    const at = `${path}.values[${i}]`
    if (codes.operator === 'In' && value === 0) errors.invalid(at, value, 'must not be 0 for the In operator')
    if (values.indexOf(value) < i) errors.duplicate(at, value)
  })
  if (values.some((value, i) => i > 0 && (values[i - 1] ?? 0) > value)) {
    errors.invalid(`${path}.values`, values, 'must be ordered')
  }
}

export function validateSuccessPolicy(spec: JobSpec, path: string, errors: FieldErrors): void {
  if (!spec.successPolicy) return
  if (spec.completionMode !== 'Indexed') {
    errors.invalid(path, spec.successPolicy, 'requires indexed completion mode')
    return
  }
  const rules = spec.successPolicy.rules ?? []
  if (rules.length === 0) {
    errors.required(`${path}.rules`, 'at least one rules must be specified when the successPolicy is specified')
  }
  if (rules.length > maxRules) errors.tooMany(`${path}.rules`, rules.length, maxRules)
  rules.forEach((rule, i) => {
    validateSuccessRule(rule, spec.completions ?? 0, `${path}.rules[${i}]`, errors)
  })
}

function validateSuccessRule(rule: SuccessPolicyRule, completions: number, path: string, errors: FieldErrors): void {
  const { succeededCount, succeededIndexes } = rule
  if (succeededCount === undefined && succeededIndexes === undefined) {
    errors.required(path, 'at least one of succeededCount or succeededIndexes must be specified')
  }
  let total = 0
  if (succeededIndexes !== undefined) {
    const at = `${path}.succeededIndexes`
    if (succeededIndexes.length > maxSucceededIndexesBytes) errors.tooLong(at, maxSucceededIndexesBytes)
    try {
      total = countIndexes(parseIntervals(succeededIndexes, completions))
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error
      errors.invalid(at, succeededIndexes, `error parsing succeededIndexes: ${error.message}`)
    }
  }
  if (succeededCount === undefined) return
  const at = `${path}.succeededCount`
  const limit = (max: number, what: string): string => `must be less than or equal to ${max} (the number of ${what})`
  validateNonNegative(succeededCount, at, errors)
  if (succeededCount > completions) errors.invalid(at, succeededCount, limit(completions, 'specified completions'))
  if (succeededIndexes !== undefined && succeededCount > total) {
    errors.invalid(at, succeededCount, limit(total, 'indexes in the specified succeededIndexes field'))
  }
}

export function validatePodReplacementPolicy(spec: JobSpec, path: string, errors: FieldErrors): void {
  const policy = spec.podReplacementPolicy
  if (policy === undefined) return
  const supported = spec.podFailurePolicy ? ['Failed'] : ['Failed', 'TerminatingOrFailed']
  if (!supported.includes(policy)) errors.notSupported(path, policy, supported)
}
