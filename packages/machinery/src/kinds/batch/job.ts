/** batch/v1 Job, after pkg/apis/batch and pkg/registry/batch/job. */
import type { Job } from '../../api/batch-v1.gen.ts'
import { dns1123LabelFaults } from '../../names/index.ts'
import { formatLabelSelector } from '../../selectors/index.ts'
import type { FieldErrors } from '../../status/index.ts'
import { ageColumn, type Column, humanDuration, nameColumn } from '../../table/index.ts'
import { podNameWarnings } from '../apps/index.ts'
import { podSpecWarnings, templateColumns } from '../core/pod-spec/index.ts'
import { defineKind } from '../define-kind.ts'
import { textColumn } from '../make-column.ts'
import { withStatus } from '../with-status.ts'
import { setJobDefaults } from './job-defaults.ts'
import { generateSelector, validateGeneratedSelector } from './job-selector.ts'
import { validateJobSpec } from './job-spec.ts'
import { validateJobStatus } from './job-status.ts'
import { validateJobUpdate } from './job-update.ts'

const columns: readonly Column<Job>[] = [
  nameColumn,
  textColumn('Status', 'Where the job stands.', statusCell),
  textColumn('Completions', 'Pods that succeeded of those that should.', completionsCell),
  textColumn('Duration', 'How long it took, or has been running.', ({ status }, now) => {
    if (!status?.startTime) return ''
    const end = status.completionTime ? Date.parse(status.completionTime) : now
    return humanDuration(end - Date.parse(status.startTime))
  }),
  ageColumn,
  ...templateColumns<Job>(({ spec }) => spec?.template),
  textColumn('Selector', 'The labels of the pods.', ({ spec }) => formatLabelSelector(spec?.selector), 1),
]

export const jobs = defineKind<Job>({
  group: 'batch',
  version: 'v1',
  kind: 'Job',
  plural: 'jobs',
  categories: ['all'],
  columns,
  selectableFields: { 'status.successful': ({ status }) => String(status?.succeeded ?? 0) },
  unselectable: field => `field label ${JSON.stringify(field)} not supported for Job`,
  setDefaults: setJobDefaults,
  strategy: withStatus<NonNullable<Job['status']>, Job>(
    {},
    {
      // As the first Jobs were deleted, before there was a garbage collector.
      orphansDependents: true,
      deleteWarning:
        'child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning',
      prepareForCreate: job => {
        generateSelector(job)
        // Upstream's answer has been through storage, where the labels of the template are defaulted onto the job.
        setJobDefaults(job)
      },
      validate,
      validateUpdate: validateJobUpdate,
      warnings: (object, old) => [
        ...(old ? [] : podNameWarnings(object.metadata?.name)),
        ...podSpecWarnings(object.spec?.template?.spec, 'spec.template.spec'),
      ],
    },
  ),
  subresources: { status: { validateUpdate: validateJobStatus } },
  definition: 'io.k8s.api.batch.v1.Job',
})

function validate(job: Job, errors: FieldErrors): void {
  const { spec } = job
  if (!spec) {
    errors.required('spec')
    return
  }
  validateGeneratedSelector(job, errors)
  validateJobSpec(spec, 'spec', errors)
  if (spec.completionMode !== 'Indexed' || !spec.completions) return
  const name = job.metadata?.name ?? ''
  const longest = `${name}-${spec.completions - 1}`
  if (dns1123LabelFaults(longest).length > 0) {
    errors.invalid('metadata.name', name, `will not able to create pod with invalid DNS label: ${longest}`)
  }
}

function statusCell({ metadata, status }: Job): string {
  const has = (type: string): boolean =>
    status?.conditions?.some(condition => condition.type === type && condition.status === 'True') ?? false
  const final = ['Complete', 'Failed'].find(has)
  if (final !== undefined) return final
  if (metadata?.deletionTimestamp) return 'Terminating'
  return ['Suspended', 'FailureTarget', 'SuccessCriteriaMet'].find(has) ?? 'Running'
}

function completionsCell({ spec, status }: Job): string {
  const succeeded = status?.succeeded ?? 0
  if (spec?.completions !== undefined) return `${succeeded}/${spec.completions}`
  const parallelism = spec?.parallelism ?? 0
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`
}
