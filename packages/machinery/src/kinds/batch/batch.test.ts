import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CronJob, Job, JobStatus } from '../../api/batch-v1.gen.ts'
import { cells, create, update, updateStatus } from '../test-writes.ts'
import { cronScheduleFault } from './cron-schedule.ts'
import { cronJobs, jobs } from './index.ts'
import { countIndexes, firstOverlap, parseIntervals } from './index-intervals.ts'

type Spec = Partial<NonNullable<Job['spec']>>

const job = (spec: Spec = {}): Job => ({
  metadata: { name: 'pi' },
  spec: {
    template: { spec: { containers: [{ name: 'pi', image: 'perl:5' }], restartPolicy: 'Never' } },
    ...spec,
  },
})
const cronJob = (spec: Partial<NonNullable<CronJob['spec']>> = {}): CronJob => ({
  spec: { schedule: '*/5 * * * *', jobTemplate: { spec: job().spec! }, ...spec },
})

test('jobs get defaults and a selector of their own', () => {
  const { object, faults } = create(jobs, job())
  assert.deepEqual(faults, [])
  const { template, ...spec } = object.spec!
  assert.deepEqual(spec, {
    completions: 1,
    parallelism: 1,
    backoffLimit: 6,
    completionMode: 'NonIndexed',
    suspend: false,
    podReplacementPolicy: 'TerminatingOrFailed',
    manualSelector: false,
    selector: { matchLabels: { 'batch.kubernetes.io/controller-uid': 'uid-1' } },
  })
  assert.deepEqual(template.metadata?.labels, {
    'batch.kubernetes.io/controller-uid': 'uid-1',
    'batch.kubernetes.io/job-name': 'pi',
    'controller-uid': 'uid-1',
    'job-name': 'pi',
  })
  assert.deepEqual(object.status, {})
})

test('jobs with a selector of the user keep it', () => {
  const template = { metadata: { labels: { app: 'a' } }, ...job().spec!.template }
  const spec = { manualSelector: true, selector: { matchLabels: { app: 'a' } }, template }
  const { object, faults } = create(jobs, job(spec))
  assert.deepEqual(faults, [])
  assert.deepEqual(object.spec?.selector, { matchLabels: { app: 'a' } })
  assert.deepEqual(object.metadata?.labels, { app: 'a' })
})

const pod = job().spec!.template
const restart = (restartPolicy: string): Spec => ({ template: { spec: { ...pod.spec!, restartPolicy } } })
const indexed: Spec = { completionMode: 'Indexed', completions: 3, parallelism: 1 }

const badJobs: readonly [what: string, spec: Spec, faults: string[]][] = [
  ['parallelism', { parallelism: -1 }, ['spec.parallelism: Invalid value: -1: must be greater than or equal to 0']],
  [
    'always',
    restart('Always'),
    ['spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"'],
  ],
  [
    'an index limit without indexes',
    { backoffLimitPerIndex: 1 },
    ['spec.backoffLimitPerIndex: Invalid value: 1: requires indexed completion mode'],
  ],
  [
    'indexes without a number',
    { completionMode: 'Indexed', parallelism: 1 },
    ['spec.completions: Required value: when completion mode is Indexed'],
  ],
  [
    'too wide',
    { ...indexed, parallelism: 100001 },
    ['spec.parallelism: Invalid value: 100001: must be less than or equal to 100000 when completion mode is Indexed'],
  ],
  [
    'failed indexes without a limit',
    { ...indexed, maxFailedIndexes: 1 },
    ['spec.backoffLimitPerIndex: Required value: when maxFailedIndexes is specified'],
  ],
  [
    'a manager without a domain',
    { managedBy: 'me' },
    ['spec.managedBy: Invalid value: "me": must be a domain-prefixed path (such as "acme.io/foo")'],
  ],
  [
    'a failure policy without grounds',
    { podFailurePolicy: { rules: [{ action: 'FailJob' }] } },
    [
      'spec.podFailurePolicy.rules[0]: Invalid value: {"action":"FailJob"}: specifying one of OnExitCodes and OnPodConditions is required',
    ],
  ],
  [
    'exit codes in disorder',
    { podFailurePolicy: { rules: [{ action: 'Ignore', onExitCodes: { operator: 'In', values: [3, 0, 3] } }] } },
    [
      'spec.podFailurePolicy.rules[0].onExitCodes.values[1]: Invalid value: 0: must not be 0 for the In operator',
      'spec.podFailurePolicy.rules[0].onExitCodes.values[2]: Duplicate value: 3',
      'spec.podFailurePolicy.rules[0].onExitCodes.values: Invalid value: [3,0,3]: must be ordered',
    ],
  ],
  [
    'a success policy beyond the indexes',
    { ...indexed, successPolicy: { rules: [{ succeededIndexes: '0-5' }] } },
    [
      'spec.successPolicy.rules[0].succeededIndexes: Invalid value: "0-5": error parsing succeededIndexes: too large index: "5"',
    ],
  ],
]

test('jobs.validate() names the fault', () => {
  for (const [what, spec, faults] of badJobs) assert.deepEqual(create(jobs, job(spec)).faults, faults, what)
})

test('jobs hardly change', () => {
  const change = (spec: Spec, how: (spec: NonNullable<Job['spec']>) => void): readonly string[] =>
    update(jobs, job(spec), object => how(object.spec!)).faults.map(fault =>
      fault.replace(/Invalid value: .*: field/, 'field'),
    )
  assert.deepEqual(
    change({}, spec => {
      spec.parallelism = 4
      spec.backoffLimit = 1
    }),
    [],
  )
  assert.deepEqual(
    change({}, spec => {
      spec.completions = 4
    }),
    ['spec.completions: field is immutable'],
  )
  assert.deepEqual(
    change(indexed, spec => {
      spec.completions = 4
    }),
    ['spec.completions: Invalid value: 4: can only be modified in tandem with spec.parallelism'],
  )
  assert.deepEqual(
    change(indexed, spec => {
      spec.completions = 4
      spec.parallelism = 4
    }),
    [],
  )
  const image = (spec: NonNullable<Job['spec']>): void => {
    spec.template.spec!.containers[0]!.image = 'perl:6'
  }
  assert.deepEqual(change({}, image), ['spec.template: field is immutable'])
  assert.deepEqual(change({ suspend: true }, image), ['spec.template.spec: field is immutable'])
  const place = (spec: NonNullable<Job['spec']>): void => {
    spec.template.spec!.nodeSelector = { disk: 'ssd' }
    spec.template.spec!.containers[0]!.resources = { requests: { cpu: '1' } }
  }
  assert.deepEqual(change({ suspend: true }, place), [])
  assert.deepEqual(change({}, place), ['spec.template: field is immutable'])
})

const when = '2026-01-01T00:00:00Z'
const condition = (type: string) => ({ type, status: 'True' })
const statuses: readonly [what: string, spec: Spec, status: JobStatus, faults: string[]][] = [
  [
    'finished as it should',
    {},
    {
      startTime: when,
      completionTime: when,
      succeeded: 1,
      conditions: [condition('SuccessCriteriaMet'), condition('Complete')],
    },
    [],
  ],
  [
    'complete without a reason or a time',
    {},
    { startTime: when, conditions: [condition('Complete')] },
    [
      'status.conditions: Invalid value: [{"type":"Complete","status":"True"}]: cannot set Complete=True condition without the SuccessCriteriaMet=true condition',
      'status.completionTime: Required value: completionTime is required for Complete jobs',
    ],
  ],
  [
    'failed while pods run',
    {},
    { startTime: when, active: 1, conditions: [condition('FailureTarget'), condition('Failed')] },
    ['status.active: Invalid value: 1: active>0 is invalid for finished job'],
  ],
  [
    'more ready than active',
    {},
    { ready: 2, active: 1 },
    ['status.ready: Invalid value: 2: cannot set more ready pods than active'],
  ],
  [
    'indexes twice',
    { ...indexed, backoffLimitPerIndex: 1 },
    { completedIndexes: '0,1', failedIndexes: '1-2' },
    ['status.failedIndexes: Invalid value: "1-2": failedIndexes and completedIndexes overlap at index: 1'],
  ],
]

test('jobs.status must make sense', () => {
  for (const [what, spec, status, faults] of statuses) {
    const written = updateStatus(jobs, job(spec), object => {
      object.status = status
    })
    assert.deepEqual(written.faults, faults, what)
  }
})

test('parseIntervals() counts, and firstOverlap() finds what is in both', () => {
  assert.equal(countIndexes(parseIntervals('0,2-4,7', 10)), 5)
  assert.equal(firstOverlap(parseIntervals('0-1,5-9', 10), parseIntervals('2-3,7', 10)), 7)
  assert.equal(firstOverlap(parseIntervals('0-1', 10), parseIntervals('2-3', 10)), undefined)
  assert.throws(() => parseIntervals('3,2', 10), { message: 'non-increasing order, previous: 3, current: 2' })
  assert.throws(() => parseIntervals('1-2-3', 10), /at most two parts separated by '-'$/)
  assert.throws(() => parseIntervals('x', 10), { message: 'cannot convert string to integer for index: "x"' })
})

const schedules: readonly [string, string | undefined][] = [
  ['* * * * *', undefined],
  ['0 0 1,15 JAN-mar SUN', undefined],
  ['*/15 8-18/2 ? * 1-5', undefined],
  ['@hourly', undefined],
  ['@every 1h30m', undefined],
  ['', 'empty spec string'],
  ['* * * *', 'expected exactly 5 fields, found 4: [* * * *]'],
  ['60 * * * *', 'end of range (60) above maximum (59): 60'],
  ['* * 0 * *', 'beginning of range (0) below minimum (1): 0'],
  ['5-1 * * * *', 'beginning of range (5) beyond end of range (1): 5-1'],
  ['*/0 * * * *', 'step of range should be a positive number: */0'],
  ['1-2-3 * * * *', 'too many hyphens: 1-2-3'],
  ['1/2/3 * * * *', 'too many slashes: 1/2/3'],
  ['x * * * *', 'failed to parse int from x: strconv.Atoi: parsing "x": invalid syntax'],
  ['@often', 'unrecognized descriptor: @often'],
  ['@every soon', 'failed to parse duration @every soon: time: invalid duration "soon"'],
]

test('cronScheduleFault() says what is wrong with a schedule', () => {
  for (const [schedule, fault] of schedules) assert.equal(cronScheduleFault(schedule), fault, schedule)
})

const badCronJobs: readonly [Partial<NonNullable<CronJob['spec']>>, string][] = [
  [
    { schedule: 'TZ=UTC 0 * * * *' },
    'spec.schedule: Invalid value: "TZ=UTC 0 * * * *": cannot use TZ or CRON_TZ in schedule, use timeZone field instead',
  ],
  [{ timeZone: 'Mars/Olympus' }, 'spec.timeZone: Invalid value: "Mars/Olympus": unknown time zone Mars/Olympus'],
  [
    { timeZone: 'local' },
    'spec.timeZone: Invalid value: "local": timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones',
  ],
  [
    { concurrencyPolicy: 'Sometimes' },
    'spec.concurrencyPolicy: Unsupported value: "Sometimes": supported values: "Allow", "Forbid", "Replace"',
  ],
  [
    { failedJobsHistoryLimit: -1 },
    'spec.failedJobsHistoryLimit: Invalid value: -1: must be greater than or equal to 0',
  ],
]

test('cronJobs.validate() names the fault', () => {
  const { object, faults } = create(cronJobs, cronJob({ timeZone: 'Europe/Zurich' }))
  assert.deepEqual(faults, [])
  assert.equal(object.spec?.successfulJobsHistoryLimit, 3)
  assert.equal(object.spec?.failedJobsHistoryLimit, 1)
  const { jobTemplate } = object.spec!
  assert.deepEqual([jobTemplate.metadata, jobTemplate.spec?.template.metadata], [{}, {}], 'structs in Go: never absent')
  for (const [spec, fault] of badCronJobs) assert.deepEqual(create(cronJobs, cronJob(spec)).faults, [fault])
  const long = { ...cronJob(), metadata: { name: 'a'.repeat(53) } }
  assert.match(create(cronJobs, long).faults.join(), /must be no more than 52 characters$/)
})

test('columns show what kubectl get shows', () => {
  const { object } = create(jobs, job())
  object.status = { startTime: '2025-12-31T23:59:00Z', completionTime: '2025-12-31T23:59:42Z', succeeded: 1 }
  const { Name, Status, Completions, Duration } = cells(jobs, object)
  assert.deepEqual([Name, Status, Completions, Duration], ['pi', 'Running', '1/1', '42s'])
  const row = cells(cronJobs, create(cronJobs, cronJob()).object)
  assert.deepEqual(
    [row['Schedule'], row['Timezone'], row['Suspend'], row['Active'], row['Last Schedule']],
    ['*/5 * * * *', '<none>', 'False', 0, '<none>'],
  )
})
