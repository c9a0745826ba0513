/**
 * The rules of a job's status, for our controller and for those of others (`managedBy`): validateJobStatus and
 * ValidateJobStatusUpdate of pkg/apis/batch/validation. A rule is asked only where what it speaks of changes.
 */
import type { Job, JobStatus } from '../../api/batch-v1.gen.ts'
import type { FieldErrors } from '../../status/index.ts'
import { validateCounts } from '../apps/index.ts'
import { semanticEqual } from '../core/index.ts'
import { firstOverlap, type Interval, parseIntervals } from './index-intervals.ts'

const conditions = 'status.conditions'

function has(status: JobStatus | undefined, type: string): boolean {
  return status?.conditions?.some(condition => condition.type === type && condition.status === 'True') ?? false
}

const isFinished = (status: JobStatus | undefined): boolean => has(status, 'Complete') || has(status, 'Failed')

export function validateJobStatus(job: Job, old: Job, errors: FieldErrors): void {
  const now = job.status ?? {}
  const was = old.status ?? {}
  validateCounts(now, ['active', 'succeeded', 'failed', 'ready', 'terminating'], 'status', errors)
  validateUncounted(now, errors)
  validateConditions(job, now, was, errors)
  validateTimes(job, now, was, errors)
  validateFinished(job, now, was, errors)
  validateIndexes(job, now, was, errors)
  if ((now.ready ?? 0) > (now.active ?? 0) && (now.ready !== was.ready || now.active !== was.active)) {
    errors.invalid('status.ready', now.ready, 'cannot set more ready pods than active')
  }
  if ((now.failed ?? 0) < (was.failed ?? 0)) {
    errors.invalid('status.failed', now.failed ?? 0, 'cannot decrease the failed counter')
  }
  const mayShrink = job.spec?.completionMode === 'Indexed' && job.spec.completions === job.spec.parallelism
  if (!mayShrink && (now.succeeded ?? 0) < (was.succeeded ?? 0)) {
    errors.invalid('status.succeeded', now.succeeded ?? 0, 'cannot decrease the succeeded counter')
  }
}

function validateUncounted({ uncountedTerminatedPods: pods }: JobStatus, errors: FieldErrors): void {
  const seen = new Set<string>()
  for (const field of ['succeeded', 'failed'] as const) {
    pods?.[field]?.forEach((uid, i) => {
      const path = `status.uncountedTerminatedPods.${field}[${i}]`
      if (uid === '') errors.invalid(path, uid, 'must not be empty')
      else if (seen.has(uid)) errors.duplicate(path, uid)
      else seen.add(uid)
    })
  }
}

function validateConditions(job: Job, now: JobStatus, was: JobStatus, errors: FieldErrors): void {
  const wrong = (why: string): void => errors.invalid(conditions, now.conditions ?? [], why)
  const changed = (type: string): boolean => has(now, type) !== has(was, type)
  const [complete, failed, target, met] = ['Complete', 'Failed', 'FailureTarget', 'SuccessCriteriaMet'].map(type =>
    has(now, type),
  )
  if (complete && failed && (changed('Complete') || changed('Failed'))) {
    wrong('cannot set Complete=True and Failed=true conditions')
  }
  if (complete && target && (changed('Complete') || changed('FailureTarget'))) {
    wrong('cannot set Complete=True and FailureTarget=true conditions')
  }
  if (failed && !target && (changed('Failed') || now.failedIndexes !== was.failedIndexes)) {
    wrong('cannot set Failed=True condition without the FailureTarget=true condition')
  }
  if (complete && !met && (changed('Complete') || changed('SuccessCriteriaMet'))) {
    wrong('cannot set Complete=True condition without the SuccessCriteriaMet=true condition')
  }
  if (met && failed) wrong('cannot set SuccessCriteriaMet=True and Failed=true conditions')
  if (met && target) wrong('cannot set SuccessCriteriaMet=True and FailureTarget=true conditions')
  if (job.spec?.successPolicy && !met && complete) {
    wrong('cannot set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True')
  }
  for (const type of ['Failed', 'Complete', 'FailureTarget']) {
    if (has(was, type) && !has(now, type)) wrong(`cannot disable the terminal ${type}=True condition`)
  }
  if (has(was, 'SuccessCriteriaMet') && !met) wrong('cannot disable the SuccessCriteriaMet=True condition')
  if (has(was, 'Complete') && !has(was, 'SuccessCriteriaMet') && met) {
    wrong('cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions')
  }
}

function validateTimes(job: Job, now: JobStatus, was: JobStatus, errors: FieldErrors): void {
  const { startTime, completionTime } = now
  const isComplete = has(now, 'Complete')
  const completionChanged = completionTime !== was.completionTime || isComplete !== has(was, 'Complete')
  if (completionChanged && completionTime && !isComplete) {
    const why = 'cannot set completionTime when there is no Complete=True condition'
    errors.invalid('status.completionTime', completionTime, why)
  }
  if (completionChanged && !completionTime && isComplete) {
    errors.required('status.completionTime', 'completionTime is required for Complete jobs')
  }
  const timesChanged = startTime !== was.startTime || completionTime !== was.completionTime
  if (timesChanged && startTime && completionTime && Date.parse(completionTime) < Date.parse(startTime)) {
    errors.invalid('status.completionTime', completionTime, 'must be equal to or after `startTime`')
  }
  if (completionTime && was.completionTime && completionTime !== was.completionTime) {
    errors.invalid('status.completionTime', completionTime, 'field is immutable')
  }
  const isResuming =
    has(was, 'Suspended') && now.conditions?.some(one => one.type === 'Suspended' && one.status === 'False')
  if (was.startTime && was.startTime !== startTime && job.spec?.suspend !== true && !isResuming) {
    errors.invalid('status.startTime', startTime, 'field is immutable for unsuspended job once set')
  }
}

function validateFinished(job: Job, now: JobStatus, was: JobStatus, errors: FieldErrors): void {
  if (!isFinished(now)) return
  const changed = (field: keyof JobStatus): boolean => !isFinished(was) || !semanticEqual(now[field], was[field])
  if (changed('active') && (now.active ?? 0) > 0) {
    errors.invalid('status.active', now.active, 'active>0 is invalid for finished job')
  }
  const isEmptyAndSuspended = job.spec?.suspend === true && job.spec.completions === 0
  if (changed('startTime') && !now.startTime && !isEmptyAndSuspended) {
    errors.required('status.startTime', 'startTime is required for finished job')
  }
  const { succeeded = [], failed = [] } = now.uncountedTerminatedPods ?? {}
  if (changed('uncountedTerminatedPods') && succeeded.length + failed.length > 0) {
    errors.invalid('status.uncountedTerminatedPods', now.uncountedTerminatedPods, 'must be empty for finished job')
  }
  if (changed('terminating') && (now.terminating ?? 0) > 0) {
    errors.invalid('status.terminating', now.terminating, 'terminating>0 is invalid for finished job')
  }
}

function validateIndexes(job: Job, now: JobStatus, was: JobStatus, errors: FieldErrors): void {
  const { completions, backoffLimitPerIndex, completionMode } = job.spec ?? {}
  const completedChanged = (now.completedIndexes ?? '') !== (was.completedIndexes ?? '')
  const failedChanged = now.failedIndexes !== was.failedIndexes
  if (completedChanged && now.completedIndexes && completionMode !== 'Indexed') {
    const why = 'cannot set non-empty completedIndexes when non-indexed completion mode'
    errors.invalid('status.completedIndexes', now.completedIndexes, why)
  }
  if (failedChanged && now.failedIndexes !== undefined && backoffLimitPerIndex === undefined) {
    const why = 'cannot set non-null failedIndexes when backoffLimitPerIndex is null'
    errors.invalid('status.failedIndexes', now.failedIndexes, why)
  }
  if (completions === undefined || !(completedChanged || failedChanged)) return
  const read = (field: 'completedIndexes' | 'failedIndexes', report: boolean): Interval[] => {
    try {
      return parseIntervals(now[field] ?? '', completions)
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error
      if (report) errors.invalid(`status.${field}`, now[field], `error parsing ${field}: ${error.message}`)
      return []
    }
  }
  const completed = read('completedIndexes', completedChanged)
  const failed = read('failedIndexes', failedChanged && backoffLimitPerIndex !== undefined)
  const both = firstOverlap(completed, failed)
  if (both !== undefined) {
    const why = `failedIndexes and completedIndexes overlap at index: ${both}`
    errors.invalid('status.failedIndexes', now.failedIndexes, why)
  }
}
