/**
 * Jobs: pods until enough of them have succeeded (pkg/controller/job). Each pod that ends is counted exactly once: it
 * keeps a finalizer until its uid stands in status.uncountedTerminatedPods, and leaves that list for the counters only
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
import { OwnWrites } from '../own-writes.ts'
import { claimants, claimChildren, orphanIndex, slowStart } from '../owned/index.ts'
import { isTerminal } from '../pod-state.ts'
import { type Counters, completedIndexes, count, newlyEnded, totals } from './count.ts'
import {
  indexOf,
  isIndexed,
  isTracked,
  type JobPods,
  newJobPod,
  podsToRemove,
  sortPods,
  trackingFinalizer,
  waitsForEnd,
} from './job-pods.ts'
import { releasePod } from './release-pod.ts'
import { type FailuresInARow, failuresInARow, retryDelayMs } from './retry-delay.ts'
import { deadlineLeftMs, type Tally, type Verdict, verdictOf, wantedActive } from './verdict.ts'

export { jobOrphanPodController } from './orphan-pods.ts'

/** MaxPodCreateDeletePerSync. */
const maxPerPass = 500

/** What the controller remembers between two passes, by the key of the job. */
class Memory {
  /** Pods asked for and not yet seen. */
  readonly expectations: Expectations
  /** Statuses written and not yet seen: a pass on an older one would count and create anew. */
  readonly ownWrites = new OwnWrites()
  readonly failures = new Map<string, FailuresInARow>()

  constructor({ clock }: ControllerContext) {
    this.expectations = new Expectations(clock)
  }

  forget(key: string): void {
    this.expectations.forget(key)
    this.ownWrites.forget(key)
    this.failures.delete(key)
  }
}

export function jobController(): Controller {
  const ownerOf = controllerOf(jobs)
  let memory: Memory
  return defineController({
    name: 'job',
    concurrency: 5,
    watches: [
      watch(jobs),
      watch(pods, {
        keys: claimants(jobs, ({ spec }) => selectorFromLabelSelector(spec?.selector)),
        when: ({ type, object }, context) => {
          memory ??= new Memory(context)
          const [owner] = ownerOf(object)
          if (owner && type === 'add') memory.expectations.creationObserved(owner)
          if (owner && (type === 'delete' || object.metadata?.deletionTimestamp)) {
            memory.expectations.deletionObserved(owner, keyOf(object))
          }
          return true
        },
        indexers: { orphan: orphanIndex },
      }),
    ],
    async reconcile(key, context) {
      memory ??= new Memory(context)
      const job = context.informer(jobs).get(parseKey(key))
      if (!job || isFinished(job)) memory.forget(key)
      if (!job || isManagedByOther(job)) return undefined
      if (isFinished(job)) {
        // Nothing is counted any more.
        const own = context.informer(pods).byIndex('owner', job.metadata?.uid ?? '')
        await releasePods(own.filter(isTracked), context)
        return undefined
      }
      if (!memory.ownWrites.seen(key, [job], context.clock.monotonic())) return { requeueAfterMs: 1000 }
      return new Sync(key, job, memory, context).run()
    },
  })
}

/** spec.managedBy (KEP-4368). */
function isManagedByOther({ spec }: Job): boolean {
  return (spec?.managedBy ?? 'kubernetes.io/job-controller') !== 'kubernetes.io/job-controller'
}

function isFinished(job: Job): boolean {
  return ['Complete', 'Failed'].some(type => isTrue(job.status, type))
}

function isTrue(status: JobStatus | undefined, type: string): boolean {
  return status?.conditions?.some(condition => condition.type === type && condition.status === 'True') ?? false
}

async function releasePods(held: readonly Pod[], context: ControllerContext): Promise<void> {
  await Promise.all(held.map(pod => releasePod(pod, context)))
}

/** One pass over one Job. */
class Sync {
  readonly #key: string
  readonly #job: Job
  readonly #memory: Memory
  readonly #context: ControllerContext

  constructor(key: string, job: Job, memory: Memory, context: ControllerContext) {
    this.#key = key
    this.#job = job
    this.#memory = memory
    this.#context = context
  }

  async run(): Promise<Outcome | undefined> {
    const job = this.#job
    const now = this.#context.clock.now()
    const isUpToDate = this.#memory.expectations.satisfied(this.#key)
    const owner = {
      resource: jobs,
      object: job,
      selector: selectorFromLabelSelector(job.spec?.selector),
      finalizer: trackingFinalizer,
    }
    const all = await claimChildren(owner, pods, this.#context)
    const sorted = sortPods(job, all)
    const tally: Tally = { active: sorted.active, ...totals(job, sorted) }
    const failures = this.#failuresInARow(sorted, all)
    const verdict = verdictOf(job, tally, now)
    const { counters, toRelease } = count(job, all, verdict)
    await this.#write(this.#status(sorted, counters, verdict, isUpToDate, now))
    this.#memory.failures.set(this.#key, failures)
    await releasePods(toRelease, this.#context)

    if (!isUpToDate || job.metadata?.deletionTimestamp) return undefined
    if (verdict) {
      await this.#delete(sorted.active)
      return undefined
    }
    if (job.spec?.suspend) {
      await this.#remove(sorted.active)
      return undefined
    }
    const delayMs = await this.#adjust(sorted, tally, failures, now)
    const waits = [delayMs, deadlineLeftMs(job, now)].filter(wait => wait !== undefined)
    return waits.length === 0 ? undefined : { requeueAfterMs: Math.min(...waits) }
  }

  #failuresInARow(sorted: JobPods, all: readonly Pod[]): FailuresInARow {
    const before = this.#memory.failures.get(this.#key)
    const ended = newlyEnded(this.#job, sorted)
    if (before) return failuresInARow(before, ended.succeeded, ended.failed)
    const phase = (name: string): Pod[] => all.filter(pod => pod.status?.phase === name)
    const deleted = ended.failed.filter(pod => !isTerminal(pod))
    return failuresInARow({ count: 0, lastMs: 0 }, phase('Succeeded'), [...phase('Failed'), ...deleted])
  }

  #status(
    sorted: JobPods,
    counters: Counters,
    verdict: Verdict | undefined,
    isUpToDate: boolean,
    now: number,
  ): JobStatus {
    const { status, spec } = this.#job
    const conditions = [...(status?.conditions ?? [])]
    const startTime = spec?.suspend ? undefined : (status?.startTime ?? toTime(now))
    let completionTime = status?.completionTime
    if (verdict) {
      const { interim, final, reason, message } = verdict
      setCondition(conditions, { type: interim, status: 'True', reason, message }, now)
      const { succeeded = [], failed = [] } = counters.uncountedTerminatedPods
      const left = sorted.active.length + sorted.terminating.length + succeeded.length + failed.length
      if (left === 0 && isUpToDate) {
        setCondition(conditions, { type: final, status: 'True', reason, message }, now)
        if (final === 'Complete') completionTime ??= toTime(now)
      }
    } else this.#noteSuspension(conditions, spec?.suspend ?? false, now)
    const { completedIndexes: completed, uncountedTerminatedPods } = counters
    return {
      ...omitZeros({ active: sorted.active.length, succeeded: counters.succeeded, failed: counters.failed }),
      ready: sorted.ready,
      terminating: sorted.terminating.length,
      ...(completed !== undefined && { completedIndexes: completed }),
      uncountedTerminatedPods,
      ...(startTime && { startTime }),
      ...(completionTime && { completionTime }),
      ...(conditions.length > 0 && { conditions }),
    }
  }

  #noteSuspension(conditions: JobCondition[], suspended: boolean, now: number): void {
    const known = conditions.find(({ type }) => type === 'Suspended')
    if (suspended) {
      setCondition(
        conditions,
        { type: 'Suspended', status: 'True', reason: 'JobSuspended', message: 'Job suspended' },
        now,
      )
    } else if (known) {
      setCondition(
        conditions,
        { type: 'Suspended', status: 'False', reason: 'JobResumed', message: 'Job resumed' },
        now,
      )
    }
  }

  async #write(status: JobStatus): Promise<void> {
    if (sameJson(status, this.#job.status)) return
    const { client, events } = this.#context
    const written = await client.update(jobs, { ...this.#job, status }, { subresource: 'status' })
    this.#memory.ownWrites.wrote(this.#key, written)
    for (const { type, status: said, reason = '', message = '' } of status.conditions ?? []) {
      const known = this.#job.status?.conditions?.find(condition => condition.type === type)
      if (known?.status === said) continue
      if (type === 'Suspended') events.event(this.#job, 'Normal', said === 'True' ? 'Suspended' : 'Resumed', message)
      else if (type === 'Failed') events.event(this.#job, 'Warning', reason, message)
      else if (type === 'Complete') this.#reportCompletion(status)
    }
  }

  #reportCompletion({ succeeded = 0 }: JobStatus): void {
    const { events } = this.#context
    if (succeeded > (this.#job.spec?.completions ?? succeeded)) {
      const words = 'Too many succeeded pods running after completion count reached'
      events.event(this.#job, 'Warning', 'TooManySucceededPods', words)
    }
    events.event(this.#job, 'Normal', 'Completed', 'Job completed')
  }

  /** Creates what is missing or removes what is too much. Resolves with how long creating has to wait. */
  async #adjust(sorted: JobPods, tally: Tally, failures: FailuresInARow, now: number): Promise<number | undefined> {
    const job = this.#job
    const { active, terminating } = sorted
    const wanted = wantedActive(job, tally)
    const doomed = podsToRemove(job, active, Math.max(0, active.length - wanted), now)
    if (doomed.length > 0) {
      await this.#remove(doomed.slice(0, maxPerPass))
      return undefined
    }
    const missing = wanted - active.length - (waitsForEnd(job) ? terminating.length : 0)
    if (missing <= 0) return undefined
    const delayMs = retryDelayMs(failures, now)
    if (delayMs > 0) return delayMs
    const indexes = isIndexed(job) ? this.#freeIndexes(sorted) : undefined
    await this.#create(Math.min(missing, maxPerPass, indexes?.length ?? missing), indexes)
    return undefined
  }

  async #create(amount: number, indexes: readonly number[] | undefined): Promise<void> {
    const { client, events } = this.#context
    const { expectations } = this.#memory
    expectations.expectCreations(this.#key, amount)
    let next = 0
    const { done, error } = await slowStart(amount, async () => {
      const pod = await client.create(pods, newJobPod(this.#job, indexes?.[next++]))
      events.event(this.#job, 'Normal', 'SuccessfulCreate', `Created pod: ${pod.metadata?.name}`)
    })
    for (let i = done; i < amount; i++) expectations.creationObserved(this.#key)
    if (error === undefined || isNamespaceTerminating(error)) return
    const why = error instanceof Error ? error.message : String(error)
    events.event(this.#job, 'Warning', 'FailedCreate', `Error creating: ${why}`)
    throw error
  }

  /** The lowest indexes that have neither succeeded nor a pod that holds them. */
  #freeIndexes(sorted: JobPods): number[] {
    const taken = completedIndexes(this.#job, sorted)
    for (const pod of [...sorted.active, ...(waitsForEnd(this.#job) ? sorted.terminating : [])]) {
      const index = indexOf(pod, this.#job)
      if (index !== undefined) taken.add(index)
    }
    return Array.from({ length: this.#job.spec?.completions ?? 0 }, (_, i) => i).filter(i => !taken.has(i))
  }

  /** Deletes pods that were not to be: they lose the finalizer first, so that they count neither way. */
  async #remove(doomed: readonly Pod[]): Promise<void> {
    await releasePods(doomed.filter(isTracked), this.#context)
    await this.#delete(doomed)
  }

  async #delete(doomed: readonly Pod[]): Promise<void> {
    if (doomed.length === 0) return
    const { expectations } = this.#memory
    expectations.expectDeletions(this.#key, doomed.map(keyOf))
    const { client, events } = this.#context
    await Promise.all(
      doomed.map(async pod => {
        const { namespace, name = '', uid = '' } = pod.metadata ?? {}
        try {
          await client.delete(pods, { namespace, name }, { preconditions: { uid } })
          events.event(this.#job, 'Normal', 'SuccessfulDelete', `Deleted pod: ${name}`)
        } catch (error) {
          expectations.deletionObserved(this.#key, keyOf(pod))
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
