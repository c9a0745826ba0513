/** Defaults of jobs and of the templates of cron jobs: pkg/apis/batch/v1/defaults.go. */
import type { Job, JobSpec } from '../../api/batch-v1.gen.ts'
import { setPodTemplateDefaults } from '../core/pod-spec/index.ts'

const maxInt32 = 2147483647

export function setJobDefaults(job: Job): void {
  const { spec } = job
  if (!spec) return
  setJobTemplateDefaults(spec)
  if (spec.completions === undefined && spec.parallelism === undefined) spec.completions = 1
  spec.parallelism ??= 1
  spec.backoffLimit ??= spec.backoffLimitPerIndex === undefined ? 6 : maxInt32
  const labels = spec.template?.metadata?.labels
  if (labels && Object.keys(job.metadata?.labels ?? {}).length === 0) {
    job.metadata = { ...job.metadata, labels: { ...labels } }
  }
  if (!spec.completionMode) spec.completionMode = 'NonIndexed'
  spec.suspend ??= false
  if (!spec.podReplacementPolicy) {
    spec.podReplacementPolicy = spec.podFailurePolicy ? 'Failed' : 'TerminatingOrFailed'
  }
  spec.manualSelector ??= false
}

/** What is filled in where a job is only described: in a cron job. */
export function setJobTemplateDefaults(spec: JobSpec): void {
  setPodTemplateDefaults(spec.template)
  for (const rule of spec.podFailurePolicy?.rules ?? []) {
    for (const pattern of rule.onPodConditions ?? []) if (!pattern.status) pattern.status = 'True'
  }
}
