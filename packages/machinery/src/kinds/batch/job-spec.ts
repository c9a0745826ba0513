/** The rules of a job's spec, alone or in a cron job: validateJobSpec of pkg/apis/batch/validation. */
import type { JobSpec } from '../../api/batch-v1.gen.ts'
import { dns1123SubdomainFaults, httpPathFaults } from '../../names/index.ts'
import { validateLabelSelector } from '../../selectors/index.ts'
import type { FieldErrors } from '../../status/index.ts'
import { compileSelector, validateCounts } from '../apps/index.ts'
import { validatePodTemplateSpec } from '../core/pod-spec/index.ts'
import { validatePodFailurePolicy, validatePodReplacementPolicy, validateSuccessPolicy } from './job-policies.ts'

const maxParallelism = 100_000
const maxFailedIndexes = 100_000
const manyCompletions = 100_000
/** Bounds with more than `manyCompletions`. */
const maxParallelismOfMany = 10_000
const maxFailedIndexesOfMany = 10_000
const maxManagedByBytes = 63

const counts = [
  'parallelism',
  'completions',
  'activeDeadlineSeconds',
  'backoffLimit',
  'ttlSecondsAfterFinished',
  'backoffLimitPerIndex',
  'maxFailedIndexes',
] as const

/** All but the selector, which cron jobs leave to the server. */
export function validateJobTemplate(spec: JobSpec, path: string, errors: FieldErrors): void {
  validateCounts(spec, counts, path, errors)
  if (spec.maxFailedIndexes !== undefined && spec.backoffLimitPerIndex === undefined) {
    errors.required(`${path}.backoffLimitPerIndex`, 'when maxFailedIndexes is specified')
  }
  if (spec.managedBy !== undefined) validateManagedBy(spec.managedBy, `${path}.managedBy`, errors)
  const { completionMode } = spec
  if (completionMode !== undefined && completionMode !== 'NonIndexed' && completionMode !== 'Indexed') {
    errors.notSupported(`${path}.completionMode`, completionMode, ['NonIndexed', 'Indexed'])
  }
  if (completionMode === 'Indexed') validateIndexed(spec, path, errors)
  else if (completionMode === undefined || completionMode === 'NonIndexed') {
    for (const field of ['backoffLimitPerIndex', 'maxFailedIndexes'] as const) {
      if (spec[field] !== undefined) errors.invalid(`${path}.${field}`, spec[field], 'requires indexed completion mode')
    }
  }
  validatePodFailurePolicy(spec, `${path}.podFailurePolicy`, errors)
  validateSuccessPolicy(spec, `${path}.successPolicy`, errors)
  validatePodReplacementPolicy(spec, `${path}.podReplacementPolicy`, errors)
  if (spec.template) validatePodTemplateSpec(spec.template, `${path}.template`, errors)
  validateRestartPolicy(spec, `${path}.template.spec.restartPolicy`, errors)
}

export function validateJobSpec(spec: JobSpec, path: string, errors: FieldErrors): void {
  validateJobTemplate(spec, path, errors)
  if (!spec.selector) errors.required(`${path}.selector`)
  else validateLabelSelector(spec.selector, `${path}.selector`, errors)
  const labels = spec.template?.metadata?.labels ?? {}
  if (compileSelector(spec.selector)?.matches(labels) === false) {
    errors.invalid(`${path}.template.metadata.labels`, labels, '`selector` does not match template `labels`')
  }
}

function validateIndexed(spec: JobSpec, path: string, errors: FieldErrors): void {
  const { completions, parallelism = 0, maxFailedIndexes: failed } = spec
  const tooMuch = (field: string, value: number, max: number, why = ''): void => {
    if (value > max) errors.invalid(`${path}.${field}`, value, `must be less than or equal to ${max}${why}`)
  }
  if (completions === undefined) errors.required(`${path}.completions`, 'when completion mode is Indexed')
  tooMuch('parallelism', parallelism, maxParallelism, ' when completion mode is Indexed')
  if (failed !== undefined) {
    if (completions !== undefined && failed > completions) {
      errors.invalid(`${path}.maxFailedIndexes`, failed, 'must be less than or equal to completions')
    }
    tooMuch('maxFailedIndexes', failed, maxFailedIndexes)
  }
  if (completions === undefined || completions <= manyCompletions || spec.backoffLimitPerIndex === undefined) return
  const why = ` when completions are above ${manyCompletions} and used with backoff limit per index`
  if (failed === undefined) {
    errors.required(`${path}.maxFailedIndexes`, `must be specified when completions is above ${manyCompletions}`)
  }
  tooMuch('parallelism', parallelism, maxParallelismOfMany, why)
  tooMuch('maxFailedIndexes', failed ?? 0, maxFailedIndexesOfMany, why)
}

/** IsDomainPrefixedPath. */
function validateManagedBy(value: string, path: string, errors: FieldErrors): void {
  const slash = value.indexOf('/')
  const host = value.slice(0, Math.max(slash, 0))
  const rest = value.slice(slash + 1)
  if (value === '') errors.required(path)
  else if (host === '' || rest === '') {
    errors.invalid(path, value, 'must be a domain-prefixed path (such as "acme.io/foo")')
  } else {
    for (const fault of dns1123SubdomainFaults(host)) errors.invalid(path, host, fault)
    for (const fault of httpPathFaults(rest)) errors.invalid(path, rest, fault)
  }
  if (value.length > maxManagedByBytes) errors.tooLong(path, maxManagedByBytes)
}

function validateRestartPolicy(spec: JobSpec, path: string, errors: FieldErrors): void {
  const policy = spec.template?.spec?.restartPolicy ?? ''
  if (policy === '' || policy === 'Always') errors.required(path, 'valid values: "OnFailure", "Never"')
  else if (policy !== 'OnFailure' && policy !== 'Never') errors.notSupported(path, policy, ['OnFailure', 'Never'])
  else if (spec.podFailurePolicy && policy !== 'Never') {
    errors.invalid(path, policy, 'only "Never" is supported when podFailurePolicy is specified')
  }
}
