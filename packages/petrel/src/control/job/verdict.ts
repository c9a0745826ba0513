/** Whether a Job has come to its end, and how; and how many pods it wants meanwhile. Pure. */
import type { Job } from '@petrel/machinery/api/batch-v1'
import type { Pod } from '@petrel/machinery/api/core-v1'

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
  const said = (type: string) => job.status?.conditions?.find(known => known.type === type && known.status === 'True')
  const [met, target] = [said('SuccessCriteriaMet'), said('FailureTarget')]
  if (met) return success(met.reason ?? '', met.message ?? '')
  if (target) return failure(target.reason ?? '', target.message ?? '')
  const { backoffLimit = 6, completions } = job.spec ?? {}
  if (tally.failed > backoffLimit || restartsExhausted(job, tally.active, backoffLimit)) {
    return failure('BackoffLimitExceeded', 'Job has reached the specified backoff limit')
  }
  const left = deadlineLeftMs(job, now)
  if (left !== undefined && left <= 0) {
    return failure('DeadlineExceeded', 'Job was active longer than specified deadline')
  }
  // What still runs beyond the completions is taken away first, and uncounted.
  const complete =
    tally.active.length === 0 && (completions === undefined ? tally.succeeded > 0 : tally.succeeded >= completions)
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
  if (completions === undefined) return tally.succeeded > 0 ? tally.active.length : parallelism
  return Math.max(0, Math.min(parallelism, completions - tally.succeeded))
}
