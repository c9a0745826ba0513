/** The pods of a Job sorted by what they mean for it, and the making of new ones. */
import type { Job } from '@petrel/machinery/api/batch-v1'
import type { Pod } from '@petrel/machinery/api/core-v1'
import { jobs } from '@petrel/machinery/kinds'
import { draft } from '../../client/index.ts'
import { podFromTemplate, podsToDelete } from '../owned/index.ts'
import { isActive, isReady, isTerminating } from '../pod-state.ts'

/** Holds a pod until the Job has counted it: nothing that ended is lost, whoever deletes it. */
export const trackingFinalizer = 'batch.kubernetes.io/job-tracking'
export const indexAnnotation = 'batch.kubernetes.io/job-completion-index'

export interface JobPods {
  readonly active: readonly Pod[]
  readonly ready: number
  /** Deleted, but not ended yet. */
  readonly terminating: readonly Pod[]
  /** Ended and not counted yet: they still have the finalizer. */
  readonly succeeded: readonly Pod[]
  readonly failed: readonly Pod[]
}

export function sortPods(job: Job, pods: readonly Pod[]): JobPods {
  const countable = pods.filter(pod => isTracked(pod) && (!isIndexed(job) || indexOf(pod, job) !== undefined))
  const active = pods.filter(isActive)
  return {
    active,
    ready: active.filter(isReady).length,
    terminating: pods.filter(isTerminating),
    succeeded: countable.filter(pod => pod.status?.phase === 'Succeeded'),
    failed: countable.filter(pod => isFailed(pod, job)),
  }
}

/**
 * Failed, or to be replaced as if it were: unless podReplacementPolicy is Failed, a pod that is deleted counts at once,
 * since one that no node ends may never say that it failed.
 */
export function isFailed(pod: Pod, job: Job): boolean {
  return pod.status?.phase === 'Failed' || (!waitsForEnd(job) && isTerminating(pod))
}

/** podReplacementPolicy Failed: a pod holds its place until it has ended. */
export function waitsForEnd({ spec }: Job): boolean {
  return spec?.podReplacementPolicy === 'Failed'
}

export function isTracked(pod: Pod): boolean {
  return pod.metadata?.finalizers?.includes(trackingFinalizer) ?? false
}

export function isIndexed({ spec }: Job): boolean {
  return spec?.completionMode === 'Indexed'
}

/** Undefined when it has none, or one that the job does not have (any more). */
export function indexOf(pod: Pod, { spec }: Job): number | undefined {
  const text = pod.metadata?.annotations?.[indexAnnotation]
  const index = text !== undefined && /^\d+$/.test(text) ? Number(text) : Number.NaN
  return index < (spec?.completions ?? 0) ? index : undefined
}

/** At least `count` pods to do without; of an Indexed job also those without a valid index or with another's. */
export function podsToRemove(job: Job, active: readonly Pod[], count: number, now: number): Pod[] {
  const valid: Pod[] = []
  const doomed: Pod[] = []
  if (isIndexed(job)) {
    const byIndex = Map.groupBy(active, pod => indexOf(pod, job) ?? -1)
    for (const [index, pods] of byIndex) {
      const surplus = podsToDelete(pods, pods, index < 0 ? pods.length : pods.length - 1, now)
      doomed.push(...surplus)
      valid.push(...pods.filter(pod => !surplus.includes(pod)))
    }
  } else valid.push(...active)
  return [...doomed, ...podsToDelete(valid, valid, Math.max(0, count - doomed.length), now)]
}

/** A pod of the job, for one index when the job is Indexed. */
export function newJobPod(job: Job, index: number | undefined): Pod {
  const pod = podFromTemplate(job.spec?.template, { resource: jobs, object: job })
  const finalizers = [...new Set([...(pod.metadata?.finalizers ?? []), trackingFinalizer])]
  const metadata = { ...pod.metadata, finalizers }
  if (index === undefined) return { ...pod, metadata }
  const name = job.metadata?.name ?? ''
  const spec = draft(pod.spec!)
  const env = {
    name: 'JOB_COMPLETION_INDEX',
    valueFrom: { fieldRef: { fieldPath: `metadata.annotations['${indexAnnotation}']` } },
  }
  for (const container of [...spec.containers, ...(spec.initContainers ?? [])]) {
    if (!container.env?.some(known => known.name === env.name)) container.env = [...(container.env ?? []), env]
  }
  spec.hostname = `${name}-${index}`
  return {
    ...pod,
    metadata: {
      ...metadata,
      generateName: `${name}-${index}-`,
      labels: { ...metadata.labels, [indexAnnotation]: String(index) },
      annotations: { ...metadata.annotations, [indexAnnotation]: String(index) },
    },
    spec,
  }
}
