/** Whether a Job has come to its end, and how; and how many pods it wants meanwhile. Pure. */
import type { Job } from '@petrel/machinery/api/batch-v1'
import type { Pod } from '@petrel/machinery/api/core-v1'
import { finishedAt } from './job-pods.ts'

export interface Verdict {
  /** The condition that says so before the last pod has ended (KEP-3998): SuccessCriteriaMet or FailureTarget. */
  readonly interim: 'SuccessCriteriaMet' | 'FailureTarget'
  readonly final: 'Complete' | 'Failed'
  readonly reason: string
  readonly message: string
}

export interface Tally {
  readonly active: readonly Pod[]
  readonly succeeded: number
  readonly failed: number
}

export function verdictOf(job: Job, tally: Tally, now: number): Verdict | undefined {
  const known = job.status?.conditions?.find(
    ({ type, status }) => (type === 'FailureTarget' || type === 'SuccessCriteriaMet') && status === 'True',
  )
  if (known) {
    const { reason = '', message = '' } = known
    return known.type === 'FailureTarget' ? failure(reason, message) : success(reason, message)
  }
  const { backoffLimit = 6, completions } = job.spec ?? {}
  if (tally.failed > backoffLimit || restartsExhausted(job, tally.active, backoffLimit)) {
    return failure('BackoffLimitExceeded', 'Job has reached the specified backoff limit')
  }
  const left = deadlineLeftMs(job, now)
  if (left !== undefined && left <= 0) {
    return failure('DeadlineExceeded', 'Job was active longer than specified deadline')
  }
  const complete =
    completions === undefined ? tally.succeeded > 0 && tally.active.length === 0 : tally.succeeded >= completions
  return complete ? success('CompletionsReached', 'Reached expected number of succeeded pods') : undefined
}

function failure(reason: string, message: string): Verdict {
  return { interim: 'FailureTarget', final: 'Failed', reason, message }
}

function success(reason: string, message: string): Verdict {
  return { interim: 'SuccessCriteriaMet', final: 'Complete', reason, message }
}

/** With restartPolicy OnFailure the containers' restarts count instead of failed pods (pastBackoffLimitOnFailure). */
function restartsExhausted(job: Job, active: readonly Pod[], backoffLimit: number): boolean {
  if (job.spec?.template.spec?.restartPolicy !== 'OnFailure') return false
  const restarts = active
    .flatMap(pod => [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])])
    .reduce((sum, { restartCount }) => sum + restartCount, 0)
  return backoffLimit === 0 ? restarts > 0 : restarts >= backoffLimit
}

/** Undefined without a deadline; what is left of activeDeadlineSeconds otherwise, negative when it is over. */
export function deadlineLeftMs(job: Job, now: number): number | undefined {
  const { activeDeadlineSeconds, suspend } = job.spec ?? {}
  if (activeDeadlineSeconds === undefined || suspend || !job.status?.startTime) return undefined
  return Date.parse(job.status.startTime) + activeDeadlineSeconds * 1000 - now
}

/** Pods that should be active now. */
export function wantedActive(job: Job, tally: Tally): number {
  const { parallelism = 1, completions } = job.spec ?? {}
  if (completions === undefined) return tally.succeeded > 0 ? Math.min(tally.active.length, parallelism) : parallelism
  return Math.max(0, Math.min(parallelism, completions - tally.succeeded))
}

const firstDelayMs = 10_000
const maxDelayMs = 600_000

/** How long to wait before the next pod after failures in a row: 10 s, doubling, at most 10 min; 0 when none. */
export function retryDelayMs(failed: readonly Pod[], succeeded: readonly Pod[], now: number): number {
  const lastSuccess = Math.max(0, ...succeeded.map(finishedAt))
  const recent = failed.map(finishedAt).filter(time => time > lastSuccess)
  if (recent.length === 0) return 0
  const delay = Math.min(maxDelayMs, firstDelayMs * 2 ** (recent.length - 1))
  return Math.max(0, Math.max(...recent) + delay - now)
}
