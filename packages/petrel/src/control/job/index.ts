/**
 * Jobs: pods until enough of them have succeeded (pkg/controller/job). Each pod that ends is counted exactly once: it
 * keeps a finalizer until its uid stands in status.uncountedTerminatedPods, and leaves that list for the counts only
 * when the finalizer is gone.
 */
import type { Job, JobCondition, JobStatus } from '@petrel/machinery/api/batch-v1'
import type { Pod } from '@petrel/machinery/api/core-v1'
import { jobs, pods } from '@petrel/machinery/kinds'
import { selectorFromLabelSelector } from '@petrel/machinery/selectors'
import { isStatus } from '@petrel/machinery/status'
import { toTime } from '../../base/index.ts'
import { Expectations, keyOf, parseKey, sameJson } from '../../client/index.ts'
import {
  type Controller,
  type ControllerContext,
  controllerOf,
  defineController,
  type Outcome,
  watch,
} from '../define-controller.ts'
import { isNamespaceTerminating } from '../namespace-terminating.ts'
import { omitZeros } from '../omit-zeros.ts'
import { claimChildren, orphanIndex, podsToDelete, slowStart } from '../owned/index.ts'
import { formatIndexes, parseIndexes } from './indexes.ts'
import { indexOf, isTracked, type JobPods, newJobPod, sortPods, trackingFinalizer } from './job-pods.ts'
import { deadlineLeftMs, retryDelayMs, type Tally, type Verdict, verdictOf, wantedActive } from './verdict.ts'

/** MaxPodCreateDeletePerSync. */
const maxPerPass = 500

export function jobController(): Controller {
  let expectations: Expectations
  return defineController({
    name: 'job',
    concurrency: 5,
    watches: [
      watch(jobs),
      watch(pods, {
        keys: controllerOf(jobs),
        when: ({ type, object }, context) => {
          expectations ??= new Expectations(context.clock)
          const [owner] = controllerOf(jobs)(object)
          if (owner && type === 'add') expectations.creationObserved(owner)
          if (owner && (type === 'delete' || object.metadata?.deletionTimestamp)) {
            expectations.deletionObserved(owner, keyOf(object))
          }
          return true
        },
        indexers: { orphan: orphanIndex },
      }),
    ],
    async reconcile(key, context) {
      expectations ??= new Expectations(context.clock)
      const job = context.informer(jobs).get(parseKey(key))
      if (!job) {
        expectations.forget(key)
        return undefined
      }
      if (isFinished(job)) return releaseAll(job, context)
      return new Sync(key, job, expectations, context).run()
    },
  })
}

function isFinished(job: Job): boolean {
  return (
    job.status?.conditions?.some(
      ({ type, status }) => (type === 'Complete' || type === 'Failed') && status === 'True',
    ) ?? false
  )
}

/** After the end no pod is held any more. */
async function releaseAll(job: Job, context: ControllerContext): Promise<undefined> {
  const own = context.informer(pods).byIndex('owner', job.metadata?.uid ?? '')
  await Promise.all(own.filter(isTracked).map(pod => releasePod(pod, context)))
}

async function releasePod(pod: Pod, { client }: ControllerContext): Promise<void> {
  const { namespace, name = '', uid } = pod.metadata ?? {}
  const patch = { metadata: { uid, '$deleteFromPrimitiveList/finalizers': [trackingFinalizer] } }
  try {
    await client.patch(pods, { namespace, name }, 'strategic', patch)
  } catch (error) {
    if (!isStatus(error, 'NotFound') && !isStatus(error, 'Conflict') && !isStatus(error, 'Invalid')) throw error
  }
}

/** One pass over one Job. */
class Sync {
  readonly #key: string
  readonly #job: Job
  readonly #expectations: Expectations
  readonly #context: ControllerContext

  constructor(key: string, job: Job, expectations: Expectations, context: ControllerContext) {
    this.#key = key
    this.#job = job
    this.#expectations = expectations
    this.#context = context
  }

  async run(): Promise<Outcome | undefined> {
    const job = this.#job
    const now = this.#context.clock.now()
    const mayAct = this.#expectations.satisfied(this.#key) && !job.metadata?.deletionTimestamp
    const selector = selectorFromLabelSelector(job.spec?.selector)
    const all = await claimChildren({ resource: jobs, object: job, selector }, pods, this.#context)
    const sorted = sortPods(all)

    const counted = this.#count(sorted, all)
    const tally: Tally = { active: sorted.active, succeeded: counted.succeeded, failed: counted.failed }
    const verdict = verdictOf(job, tally, now)
    const suspended = job.spec?.suspend ?? false
    const status = this.#status(sorted, counted.status, verdict, suspended, now)
    await this.#write(status)
    await Promise.all(counted.toRelease.map(pod => releasePod(pod, this.#context)))
    if (!mayAct) return undefined

    if (verdict || suspended) {
      await this.#delete(sorted.active)
      return undefined
    }
    return this.#adjust(sorted, tally, all, now)
  }

  /** Brings the counts up to date, and says which pods may be released once that is written. */
  #count({ succeeded, failed }: JobPods, all: readonly Pod[]) {
    const { status } = this.#job
    const tracked = new Set(all.filter(isTracked).map(pod => pod.metadata?.uid ?? ''))
    const waiting = status?.uncountedTerminatedPods ?? {}
    const take = (listed: readonly string[] | undefined, ended: readonly Pod[]) => {
      const stillHeld = (listed ?? []).filter(uid => tracked.has(uid))
      const done = (listed ?? []).length - stillHeld.length
      const uncounted = [...new Set([...stillHeld, ...ended.map(pod => pod.metadata?.uid ?? '')])]
      return { done, uncounted }
    }
    const won = take(waiting.succeeded, succeeded)
    const lost = take(waiting.failed, failed)
    const indexed = this.#job.spec?.completionMode === 'Indexed'
    const completed = parseIndexes(status?.completedIndexes, this.#job.spec?.completions ?? 0)
    if (indexed) for (const pod of succeeded) this.#addIndex(completed, pod)
    const counts = {
      succeeded: indexed ? completed.size : (status?.succeeded ?? 0) + won.done,
      failed: (status?.failed ?? 0) + lost.done,
    }
    return {
      succeeded: indexed ? completed.size : counts.succeeded + won.uncounted.length,
      failed: counts.failed + lost.uncounted.length,
      toRelease: [...succeeded, ...failed],
      status: {
        ...counts,
        ...(indexed && completed.size > 0 && { completedIndexes: formatIndexes(completed) }),
        uncountedTerminatedPods: {
          ...(won.uncounted.length > 0 && { succeeded: won.uncounted }),
          ...(lost.uncounted.length > 0 && { failed: lost.uncounted }),
        },
      },
    }
  }

  #addIndex(completed: Set<number>, pod: Pod): void {
    const index = indexOf(pod)
    if (index !== undefined && index < (this.#job.spec?.completions ?? 0)) completed.add(index)
  }

  #status(
    sorted: JobPods,
    counted: Pick<JobStatus, 'succeeded' | 'failed' | 'completedIndexes' | 'uncountedTerminatedPods'>,
    verdict: Verdict | undefined,
    suspended: boolean,
    now: number,
  ): JobStatus {
    const { status } = this.#job
    const conditions = [...(status?.conditions ?? [])]
    const startTime = suspended ? undefined : (status?.startTime ?? toTime(now))
    this.#noteSuspension(conditions, suspended, now)
    let completionTime = status?.completionTime
    if (verdict) {
      const { interim, final, reason, message } = verdict
      setCondition(conditions, { type: interim, status: 'True', reason, message }, now)
      const waiting = counted.uncountedTerminatedPods
      const ended =
        sorted.active.length +
          sorted.terminating.length +
          (waiting?.succeeded?.length ?? 0) +
          (waiting?.failed?.length ?? 0) ===
        0
      if (ended) {
        setCondition(conditions, { type: final, status: 'True', reason, message }, now)
        if (final === 'Complete') completionTime ??= toTime(now)
      }
    }
    return {
      ...omitZeros({ active: sorted.active.length, succeeded: counted.succeeded ?? 0, failed: counted.failed ?? 0 }),
      ready: sorted.ready,
      terminating: sorted.terminating.length,
      ...(counted.completedIndexes && { completedIndexes: counted.completedIndexes }),
      uncountedTerminatedPods: counted.uncountedTerminatedPods ?? {},
      ...(startTime && { startTime }),
      ...(completionTime && { completionTime }),
      ...(conditions.length > 0 && { conditions }),
    }
  }

  #noteSuspension(conditions: JobCondition[], suspended: boolean, now: number): void {
    const known = conditions.find(({ type }) => type === 'Suspended')
    if (suspended && known?.status !== 'True') {
      setCondition(
        conditions,
        { type: 'Suspended', status: 'True', reason: 'JobSuspended', message: 'Job suspended' },
        now,
      )
      this.#context.events.event(this.#job, 'Normal', 'Suspended', 'Job suspended')
    } else if (!suspended && known?.status === 'True') {
      setCondition(
        conditions,
        { type: 'Suspended', status: 'False', reason: 'JobResumed', message: 'Job resumed' },
        now,
      )
      this.#context.events.event(this.#job, 'Normal', 'Resumed', 'Job resumed')
    }
  }

  async #write(status: JobStatus): Promise<void> {
    if (sameJson(status, this.#job.status)) return
    await this.#context.client.update(jobs, { ...this.#job, status }, { subresource: 'status' })
    const end = status.conditions?.find(
      ({ type, status }) => (type === 'Complete' || type === 'Failed') && status === 'True',
    )
    if (end?.type === 'Complete') this.#context.events.event(this.#job, 'Normal', 'Completed', 'Job completed')
    else if (end) this.#context.events.event(this.#job, 'Warning', end.reason ?? '', end.message ?? '')
  }

  async #adjust(sorted: JobPods, tally: Tally, all: readonly Pod[], now: number): Promise<Outcome | undefined> {
    const { events } = this.#context
    const job = this.#job
    const wanted = wantedActive(job, tally)
    // With podReplacementPolicy Failed a pod holds its place until it has ended.
    const held = job.spec?.podReplacementPolicy === 'Failed' ? sorted.terminating.length : 0
    const left = deadlineLeftMs(job, now)
    const wait = left === undefined ? undefined : { requeueAfterMs: left }
    const missing = wanted - sorted.active.length - held
    if (missing < 0) {
      await this.#delete(podsToDelete(sorted.active, sorted.active, Math.min(-missing, maxPerPass), now))
      return wait
    }
    if (missing === 0) return wait
    const delay = retryDelayMs(
      all.filter(pod => pod.status?.phase === 'Failed'),
      all.filter(pod => pod.status?.phase === 'Succeeded'),
      now,
    )
    if (delay > 0) return { requeueAfterMs: left === undefined ? delay : Math.min(delay, left) }

    const indexes = this.#freeIndexes(sorted)
    const count = Math.min(missing, maxPerPass, indexes?.length ?? missing)
    this.#expectations.expectCreations(this.#key, count)
    let next = 0
    const { done, error } = await slowStart(count, async () => {
      const pod = await this.#context.client.create(pods, newJobPod(job, indexes?.[next++]))
      events.event(job, 'Normal', 'SuccessfulCreate', `Created pod: ${pod.metadata?.name}`)
    })
    for (let i = done; i < count; i++) this.#expectations.creationObserved(this.#key)
    if (error !== undefined && !isNamespaceTerminating(error)) {
      events.event(
        job,
        'Warning',
        'FailedCreate',
        `Error creating: ${error instanceof Error ? error.message : String(error)}`,
      )
      throw error
    }
    return wait
  }

  /** The lowest indexes that have neither succeeded nor an active pod; undefined for jobs without indexes. */
  #freeIndexes({ active, succeeded }: JobPods): number[] | undefined {
    const { completionMode, completions = 0 } = this.#job.spec ?? {}
    if (completionMode !== 'Indexed') return undefined
    const taken = parseIndexes(this.#job.status?.completedIndexes, completions)
    for (const pod of [...active, ...succeeded]) this.#addIndex(taken, pod)
    return Array.from({ length: completions }, (_, i) => i).filter(i => !taken.has(i))
  }

  async #delete(doomed: readonly Pod[]): Promise<void> {
    if (doomed.length === 0) return
    this.#expectations.expectDeletions(this.#key, doomed.map(keyOf))
    const { client, events } = this.#context
    await Promise.all(
      doomed.map(async pod => {
        const { namespace, name = '', uid = '' } = pod.metadata ?? {}
        try {
          await client.delete(pods, { namespace, name }, { preconditions: { uid } })
          events.event(this.#job, 'Normal', 'SuccessfulDelete', `Deleted pod: ${name}`)
        } catch (error) {
          this.#expectations.deletionObserved(this.#key, keyOf(pod))
          if (!isStatus(error, 'NotFound')) throw error
        }
      }),
    )
  }
}

function setCondition(
  conditions: JobCondition[],
  condition: Pick<JobCondition, 'type' | 'status' | 'reason' | 'message'>,
  now: number,
): void {
  const i = conditions.findIndex(({ type }) => type === condition.type)
  if (i >= 0 && conditions[i]!.status === condition.status) return
  const time = toTime(now)
  const dated = { ...condition, lastProbeTime: time, lastTransitionTime: time }
  if (i >= 0) conditions[i] = dated
  else conditions.push(dated)
}
