/**
 * What has to change in a role or binding so that it grants at least what it should
 * (k8s.io/component-helpers/auth/rbac/reconciliation). Rights that somebody added stay; nothing changes on objects whose
 * autoupdate annotation is "false".
 */
import { isDeepStrictEqual } from 'node:util'
import type { ObjectMeta } from '@petrel/machinery/api/meta-v1'
import type { ClusterRole, RoleBinding, Subject } from '@petrel/machinery/api/rbac-v1'
import { uncovered } from '../authz/index.ts'

const autoupdate = 'rbac.authorization.kubernetes.io/autoupdate'

/** The object to write, or undefined when `existing` is as it should be. */
export function reconcileRole<T extends ClusterRole>(existing: T, expected: T): T | undefined {
  if (isProtected(existing.metadata)) return undefined
  const metadata = merged(existing.metadata, expected.metadata)
  const held = existing.rules ?? []
  const wanted = expected.rules ?? []
  const missing = isDeepStrictEqual(held, wanted) ? [] : uncovered(held, wanted)
  const aggregationRule = reconcileAggregation(existing, expected)
  const isAggregationRight = isDeepStrictEqual(aggregationRule, existing.aggregationRule)
  if (!metadata && missing.length === 0 && isAggregationRight) return undefined
  const { aggregationRule: _, ...rest } = existing
  return {
    ...(rest as T),
    metadata: metadata ?? existing.metadata,
    ...(missing.length > 0 && { rules: [...held, ...missing] }),
    ...(aggregationRule && { aggregationRule }),
  }
}

/** Subjects that are missing are added; a binding to another role is none of ours and stays. */
export function reconcileBinding<T extends RoleBinding>(existing: T, expected: T): T | undefined {
  if (isProtected(existing.metadata) || !isSameRole(existing, expected)) return undefined
  const metadata = merged(existing.metadata, expected.metadata)
  const held = existing.subjects ?? []
  const missing = (expected.subjects ?? []).filter(subject => !held.some(other => isSameSubject(subject, other)))
  if (!metadata && missing.length === 0) return undefined
  return {
    ...existing,
    metadata: metadata ?? existing.metadata,
    ...(missing.length > 0 && { subjects: [...held, ...missing] }),
  }
}

function reconcileAggregation(existing: ClusterRole, expected: ClusterRole): ClusterRole['aggregationRule'] {
  if (!expected.aggregationRule) return undefined
  const held = existing.aggregationRule?.clusterRoleSelectors ?? []
  const wanted = expected.aggregationRule.clusterRoleSelectors ?? []
  const missing = wanted.filter(selector => !held.some(other => isDeepStrictEqual(selector, other)))
  return missing.length === 0 ? existing.aggregationRule : { clusterRoleSelectors: [...held, ...missing] }
}

function isProtected(metadata: ObjectMeta | undefined): boolean {
  return metadata?.annotations?.[autoupdate] === 'false'
}

/** With the labels and annotations that are missing; those that exist win. Undefined when none is missing. */
function merged(existing: ObjectMeta = {}, expected: ObjectMeta = {}): ObjectMeta | undefined {
  const labels = { ...expected.labels, ...existing.labels }
  const annotations = { ...expected.annotations, ...existing.annotations }
  const isComplete =
    Object.keys(labels).length === Object.keys(existing.labels ?? {}).length &&
    Object.keys(annotations).length === Object.keys(existing.annotations ?? {}).length
  return isComplete ? undefined : { ...existing, labels, annotations }
}

function isSameRole(a: RoleBinding, b: RoleBinding): boolean {
  return a.roleRef.kind === b.roleRef.kind && a.roleRef.name === b.roleRef.name
}

function isSameSubject(a: Subject, b: Subject): boolean {
  return a.kind === b.kind && a.name === b.name && (a.namespace ?? '') === (b.namespace ?? '')
}
