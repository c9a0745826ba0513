/**
 * Pods whose scheduling is held back (KEP-3521, KEP-3838): gates only go, and while there are any the placement may be
 * made narrower.
 */
import type { NodeSelectorTerm, PodSchedulingGate, PodSpec } from '../../../api/core-v1.gen.ts'
import type { FieldErrors } from '../../../status/index.ts'
import { semanticEqual } from '../semantic-equality.ts'

export function validateOnlyDeletedGates(
  now: readonly PodSchedulingGate[] | undefined,
  old: readonly PodSchedulingGate[] | undefined,
  path: string,
  errors: FieldErrors,
): void {
  for (const [i, { name }] of (now ?? []).entries()) {
    if ((old ?? []).some(gate => gate.name === name)) continue
    errors.forbidden(`${path}[${i}].name`, `only deletion is allowed, but found new scheduling gate '${name}'`)
  }
}

/** Checks nodeSelector and nodeAffinity, and puts the old ones into `expected`, since they may differ. */
export function validateGatedPlacement(now: PodSpec, old: PodSpec, expected: PodSpec, errors: FieldErrors): void {
  const selector = now.nodeSelector ?? {}
  if (!Object.entries(old.nodeSelector ?? {}).every(([key, value]) => selector[key] === value)) {
    const rule = 'only additions to spec.nodeSelector are allowed (no mutations or deletions)'
    errors.invalid('spec.nodeSelector', selector, rule)
  }
  if (old.nodeSelector) expected.nodeSelector = old.nodeSelector
  else delete expected.nodeSelector

  const [is, was] = [now.affinity?.nodeAffinity, old.affinity?.nodeAffinity]
  if (semanticEqual(is, was)) return
  validateTerms(terms(now), terms(old), errors)
  const { nodeAffinity: _, ...others } = now.affinity ?? {}
  const affinity = { ...others, ...(was && { nodeAffinity: was }) }
  if (Object.keys(affinity).length > 0 || old.affinity) expected.affinity = affinity
  else delete expected.affinity
}

function terms(spec: PodSpec): readonly NodeSelectorTerm[] {
  return spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? []
}

function validateTerms(now: readonly NodeSelectorTerm[], old: readonly NodeSelectorTerm[], errors: FieldErrors): void {
  const path = 'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms'
  if (old.length > 0 && old.length !== now.length) {
    errors.invalid(path, now, 'no additions/deletions to non-empty NodeSelectorTerms list are allowed')
    return
  }
  for (const [i, before] of old.entries()) {
    if (hasOnlyAdditions(now[i] ?? {}, before)) continue
    errors.invalid(`${path}[${i}]`, now[i], 'only additions are allowed (no mutations or deletions)')
  }
}

/** A term without requirements matches nothing: adding to it would make the pod placeable. */
function hasOnlyAdditions(now: NodeSelectorTerm, old: NodeSelectorTerm): boolean {
  if (!old.matchExpressions?.length && !old.matchFields?.length) {
    return !now.matchExpressions?.length && !now.matchFields?.length
  }
  return (['matchExpressions', 'matchFields'] as const).every(field => {
    const [is, was] = [now[field] ?? [], old[field] ?? []]
    return was.length <= is.length && was.every((requirement, i) => semanticEqual(requirement, is[i]))
  })
}
