/**
 * The selector of a job, which the server makes from the job's uid unless `manualSelector` says that the user did:
 * generateSelector of pkg/registry/batch/job and validateGeneratedSelector of pkg/apis/batch/validation.
 */
import type { Job } from '../../api/batch-v1.gen.ts'
import type { FieldErrors } from '../../status/index.ts'
import { compileSelector } from '../apps/index.ts'

const controllerUid = 'batch.kubernetes.io/controller-uid'
const jobName = 'batch.kubernetes.io/job-name'
const legacyControllerUid = 'controller-uid'
const legacyJobName = 'job-name'

/** Labels the template and selects the label; the job has its uid already. */
export function generateSelector(job: Job): void {
  const { spec } = job
  if (!spec || spec.manualSelector === true) return
  const uid = job.metadata?.uid ?? ''
  const name = job.metadata?.name ?? ''
  const template = spec.template ?? {}
  const labels = { [legacyJobName]: name, [jobName]: name, [legacyControllerUid]: uid, [controllerUid]: uid }
  spec.template = {
    ...template,
    metadata: { ...template.metadata, labels: { ...labels, ...template.metadata?.labels } },
  }
  spec.selector = { ...spec.selector, matchLabels: { [controllerUid]: uid, ...spec.selector?.matchLabels } }
}

/** Adds a fault where a generated selector or its labels were tampered with. Jobs of old servers lack the prefixed labels. */
export function validateGeneratedSelector(job: Job, errors: FieldErrors): void {
  const { spec, metadata } = job
  if (!spec?.selector || spec.manualSelector === true) return
  const uid = metadata?.uid ?? ''
  const name = metadata?.name ?? ''
  if (uid === '') errors.required('metadata.uid')
  const labels = spec.template?.metadata?.labels ?? {}
  const selected = spec.selector.matchLabels ?? {}
  const isPrefixed = controllerUid in selected || !(legacyControllerUid in selected)
  const expected: Record<string, string> = {
    [legacyControllerUid]: uid,
    [legacyJobName]: name,
    ...(isPrefixed && { [controllerUid]: uid, [jobName]: name }),
  }
  for (const [key, value] of Object.entries(expected)) {
    const path = `spec.template.metadata.labels[${key}]`
    const found = labels[key]
    if (found === undefined) errors.required(path, `must be '${value}'`)
    else if (found !== value) errors.invalid(path, labels, `must be '${value}'`)
  }
  if (compileSelector(spec.selector)?.matches(expected) === false) {
    errors.invalid('spec.selector', spec.selector, '`selector` not auto-generated')
  }
}
