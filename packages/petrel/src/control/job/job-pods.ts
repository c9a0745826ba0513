/** The pods of a Job sorted by what they mean for it. */
import type { Job } from '@petrel/machinery/api/batch-v1'
import type { Pod } from '@petrel/machinery/api/core-v1'
import { jobs } from '@petrel/machinery/kinds'
import { draft } from '../../client/index.ts'
import { podFromTemplate } from '../owned/index.ts'
import { isActive, isReady, isTerminal } from '../pod-state.ts'

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

export function sortPods(pods: readonly Pod[]): JobPods {
  const tracked = pods.filter(isTracked)
  const active = pods.filter(isActive)
  return {
    active,
    ready: active.filter(isReady).length,
    terminating: pods.filter(pod => pod.metadata?.deletionTimestamp !== undefined && !isTerminal(pod)),
    succeeded: tracked.filter(pod => pod.status?.phase === 'Succeeded'),
    failed: tracked.filter(pod => pod.status?.phase === 'Failed'),
  }
}

export function isTracked(pod: Pod): boolean {
  return pod.metadata?.finalizers?.includes(trackingFinalizer) ?? false
}

export function indexOf(pod: Pod): number | undefined {
  const text = pod.metadata?.annotations?.[indexAnnotation]
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined
}

/** When its last container ended, ms. */
export function finishedAt(pod: Pod): number {
  const times = (pod.status?.containerStatuses ?? []).map(({ state }) =>
    Date.parse(state?.terminated?.finishedAt ?? ''),
  )
  const latest = Math.max(...times.filter(time => !Number.isNaN(time)))
  return Number.isFinite(latest)
    ? latest
    : Date.parse(pod.metadata?.deletionTimestamp ?? pod.metadata?.creationTimestamp ?? '')
}

/** A pod of the job, for one index when the job is Indexed. */
export function newJobPod(job: Job, index: number | undefined): Pod {
  const pod = podFromTemplate(job.spec?.template, { resource: jobs, object: job })
  const metadata = { ...pod.metadata, finalizers: [...(pod.metadata?.finalizers ?? []), trackingFinalizer] }
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
