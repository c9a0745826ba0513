/** batch/v1 CronJob, after pkg/apis/batch and pkg/registry/batch/cronjob. */
import type { CronJob, CronJobSpec } from '../../api/batch-v1.gen.ts'
import { formatLabelSelector } from '../../selectors/index.ts'
import type { FieldErrors } from '../../status/index.ts'
import { ageColumn, type Column, nameColumn, timeSince } from '../../table/index.ts'
import { podNameWarnings, validateCounts } from '../apps/index.ts'
import { validateChoice } from '../core/index.ts'
import { podSpecWarnings, templateColumns } from '../core/pod-spec/index.ts'
import { defineKind } from '../define-kind.ts'
import { booleanColumn, numberColumn, textColumn } from '../make-column.ts'
import { withStatus } from '../with-status.ts'
import { cronScheduleFault } from './cron-schedule.ts'
import { setJobTemplateDefaults } from './job-defaults.ts'
import { validateJobTemplate } from './job-spec.ts'
import { validateTimeZone } from './time-zone.ts'

/** Room for the suffix of the jobs: a label of 63 minus `-` and ten digits. */
const maxNameLength = 52

const columns: readonly Column<CronJob>[] = [
  nameColumn,
  textColumn('Schedule', 'When jobs are made, as cron has it.', ({ spec }) => spec?.schedule ?? ''),
  textColumn('Timezone', 'Where the clock stands.', ({ spec }) => spec?.timeZone ?? '<none>'),
  {
    // Upstream declares a boolean and prints a word.
    ...booleanColumn<CronJob>('Suspend', 'Whether no more jobs are made.', () => false),
    cell: ({ spec }) => (spec?.suspend === undefined ? '<unset>' : spec.suspend ? 'True' : 'False'),
  },
  numberColumn('Active', 'Jobs that run.', ({ status }) => status?.active?.length),
  textColumn('Last Schedule', 'Time since the last job was made.', ({ status }, now) =>
    status?.lastScheduleTime ? timeSince(status.lastScheduleTime, now) : '<none>',
  ),
  ageColumn,
  ...templateColumns<CronJob>(({ spec }) => spec?.jobTemplate?.spec?.template),
  textColumn(
    'Selector',
    'The labels of the pods.',
    ({ spec }) => formatLabelSelector(spec?.jobTemplate?.spec?.selector),
    1,
  ),
]

export const cronJobs = defineKind<CronJob>({
  group: 'batch',
  version: 'v1',
  kind: 'CronJob',
  plural: 'cronjobs',
  shortNames: ['cj'],
  categories: ['all'],
  columns,
  setDefaults: ({ spec }) => {
    if (!spec) return
    if (spec.jobTemplate) spec.jobTemplate.metadata ??= {}
    if (spec.jobTemplate?.spec) setJobTemplateDefaults(spec.jobTemplate.spec)
    if (!spec.concurrencyPolicy) spec.concurrencyPolicy = 'Allow'
    spec.suspend ??= false
    spec.successfulJobsHistoryLimit ??= 3
    spec.failedJobsHistoryLimit ??= 1
  },
  strategy: withStatus<NonNullable<CronJob['status']>, CronJob>(
    {},
    {
      validate: ({ spec }, errors) => {
        if (spec) validateSpec(spec, errors)
        else errors.required('spec')
      },
      validateCreate: ({ metadata }, errors) => {
        if ((metadata?.name ?? '').length > maxNameLength) {
          errors.invalid('metadata.name', metadata?.name, `must be no more than ${maxNameLength} characters`)
        }
      },
      warnings: (object, old) => [
        ...(old ? [] : podNameWarnings(object.metadata?.name)),
        ...podSpecWarnings(object.spec?.jobTemplate?.spec?.template?.spec, 'spec.jobTemplate.spec.template.spec'),
      ],
    },
  ),
  subresources: { status: {} },
  definition: 'io.k8s.api.batch.v1.CronJob',
})

function validateSpec(spec: CronJobSpec, errors: FieldErrors): void {
  const { schedule = '' } = spec
  if (schedule === '') errors.required('spec.schedule')
  else {
    const fault = cronScheduleFault(schedule)
    if (fault !== undefined) errors.invalid('spec.schedule', schedule, fault)
    if (schedule.includes('TZ')) {
      errors.invalid('spec.schedule', schedule, 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead')
    }
  }
  validateCounts(spec, ['startingDeadlineSeconds'], 'spec', errors)
  validateTimeZone(spec.timeZone, 'spec.timeZone', errors)
  validateChoice(spec.concurrencyPolicy, ['Allow', 'Forbid', 'Replace'], 'spec.concurrencyPolicy', errors)
  const template = spec.jobTemplate?.spec
  const path = 'spec.jobTemplate.spec'
  if (template) {
    validateJobTemplate(template, path, errors)
    if (template.selector) errors.invalid(`${path}.selector`, template.selector, '`selector` will be auto-generated')
    if (template.manualSelector === true) errors.notSupported(`${path}.manualSelector`, true, ['nil', 'false'])
  } else {
    errors.required(path)
  }
  validateCounts(spec, ['successfulJobsHistoryLimit', 'failedJobsHistoryLimit'], 'spec', errors)
}
