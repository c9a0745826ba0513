/** What a Deployment writes onto its ReplicaSets: revision, history, and the sizes that proportional scaling needs. */
import type { Deployment, ReplicaSet } from '@petrel/machinery/api/apps-v1'

export const revisionAnnotation = 'deployment.kubernetes.io/revision'
const revisionHistoryAnnotation = 'deployment.kubernetes.io/revision-history'
export const desiredReplicasAnnotation = 'deployment.kubernetes.io/desired-replicas'
export const maxReplicasAnnotation = 'deployment.kubernetes.io/max-replicas'

/** maxRevHistoryLengthInChars: older revisions fall off the front. */
const maxHistoryLength = 2000

/** Annotations of a Deployment that are its own affair (copyDeploymentAnnotationsToReplicaSet). */
const notCopied = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  revisionAnnotation,
  revisionHistoryAnnotation,
  desiredReplicasAnnotation,
  maxReplicasAnnotation,
  'deprecated.deployment.rollback.to',
])

export function revisionOf(object: Deployment | ReplicaSet): number {
  const revision = Number(object.metadata?.annotations?.[revisionAnnotation] ?? 0)
  return Number.isSafeInteger(revision) ? revision : 0
}

/** The annotations for the current ReplicaSet, at the revision after the highest old one, or the higher it has. */
export function annotationsFor(
  deployment: Deployment,
  current: ReplicaSet | undefined,
  old: readonly ReplicaSet[],
): Record<string, string> {
  const annotations: Record<string, string> = { ...current?.metadata?.annotations }
  for (const [name, value] of Object.entries(deployment.metadata?.annotations ?? {})) {
    if (!notCopied.has(name)) annotations[name] = value
  }
  const next = Math.max(0, ...old.map(revisionOf)) + 1
  const had = current ? revisionOf(current) : 0
  if (had >= next) return annotations
  annotations[revisionAnnotation] = String(next)
  if (current?.metadata?.annotations?.[revisionAnnotation] !== undefined) {
    const history = [...(annotations[revisionHistoryAnnotation]?.split(',').filter(Boolean) ?? []), String(had)]
    while (history.join(',').length > maxHistoryLength) history.shift()
    annotations[revisionHistoryAnnotation] = history.join(',')
  }
  return annotations
}
