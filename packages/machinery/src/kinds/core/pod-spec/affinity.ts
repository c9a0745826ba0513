/** Affinity of pods to nodes and to other pods. */
import type { Affinity, NodeAffinity, PodAffinity, PodAffinityTerm } from '../../../api/core-v1.gen.ts'
import type { LabelSelector } from '../../../api/meta-v1.gen.ts'
import { dns1123LabelFaults } from '../../../names/index.ts'
import { validateLabelSelector } from '../../../selectors/index.ts'
import type { FieldErrors } from '../../../status/index.ts'
import { invalidEach, validateQualifiedName } from '../field-rules.ts'
import { validateNodeSelector, validateNodeSelectorTerm } from '../node-selector.ts'

const required = 'requiredDuringSchedulingIgnoredDuringExecution'
const preferred = 'preferredDuringSchedulingIgnoredDuringExecution'

export function validateAffinity(affinity: Affinity | undefined, path: string, errors: FieldErrors): void {
  if (!affinity) return
  if (affinity.nodeAffinity) validateNodeAffinity(affinity.nodeAffinity, `${path}.nodeAffinity`, errors)
  if (affinity.podAffinity) validatePodAffinity(affinity.podAffinity, `${path}.podAffinity`, errors)
  if (affinity.podAntiAffinity) validatePodAffinity(affinity.podAntiAffinity, `${path}.podAntiAffinity`, errors)
}

function validateNodeAffinity(affinity: NodeAffinity, path: string, errors: FieldErrors): void {
  if (affinity[required]) validateNodeSelector(affinity[required], true, `${path}.${required}`, errors)
  for (const [i, term] of (affinity[preferred] ?? []).entries()) {
    const at = `${path}.${preferred}[${i}]`
    validateWeight(term.weight, `${at}.weight`, errors)
    // Upstream checks the values of labels only where they decide.
    validateNodeSelectorTerm(term.preference ?? {}, false, `${at}.preference`, errors)
  }
}

function validatePodAffinity(affinity: PodAffinity, path: string, errors: FieldErrors): void {
  for (const [i, term] of (affinity[required] ?? []).entries()) {
    validatePodAffinityTerm(term, `${path}.${required}[${i}]`, errors)
  }
  for (const [i, weighted] of (affinity[preferred] ?? []).entries()) {
    const at = `${path}.${preferred}[${i}]`
    validateWeight(weighted.weight, `${at}.weight`, errors)
    validatePodAffinityTerm(weighted.podAffinityTerm ?? { topologyKey: '' }, `${at}.podAffinityTerm`, errors)
  }
}

function validateWeight(weight: number, path: string, errors: FieldErrors): void {
  if (!(weight > 0 && weight <= 100)) errors.invalid(path, weight ?? 0, 'must be in the range 1-100')
}

function validatePodAffinityTerm(term: PodAffinityTerm, path: string, errors: FieldErrors): void {
  if (term.labelSelector) validateLabelSelector(term.labelSelector, `${path}.labelSelector`, errors)
  if (term.namespaceSelector) validateLabelSelector(term.namespaceSelector, `${path}.namespaceSelector`, errors)
  for (const name of term.namespaces ?? []) invalidEach(dns1123LabelFaults(name), name, `${path}.namespace`, errors)
  const { matchLabelKeys, mismatchLabelKeys, labelSelector } = term
  validateMatchLabelKeys(matchLabelKeys, mismatchLabelKeys, labelSelector, path, errors)
  const key = term.topologyKey ?? ''
  if (key === '') errors.required(`${path}.topologyKey`, 'can not be empty')
  validateQualifiedName(key, `${path}.topologyKey`, errors)
}

/** matchLabelKeys and mismatchLabelKeys (KEP-3633, KEP-3243): label keys that become part of the selector. */
export function validateMatchLabelKeys(
  match: readonly string[] | undefined,
  mismatch: readonly string[] | undefined,
  selector: LabelSelector | undefined,
  path: string,
  errors: FieldErrors,
): void {
  for (const [field, keys] of [
    ['matchLabelKeys', match],
    ['mismatchLabelKeys', mismatch],
  ] as const) {
    if (!keys?.length) continue
    if (!selector) errors.forbidden(`${path}.${field}`, 'must not be specified when labelSelector is not set')
    for (const [i, key] of keys.entries()) validateQualifiedName(key, `${path}.${field}[${i}]`, errors)
  }
  const known = new Set(Object.keys(selector?.matchLabels ?? {}))
  for (const { key } of selector?.matchExpressions ?? []) {
    const i = (match ?? []).indexOf(key)
    // Once per key is how a merged key looks; twice is a clash.
    if (i >= 0 && known.has(key))
      errors.invalid(`${path}[${i}]`, key, 'exists in both matchLabelKeys and labelSelector')
    known.add(key)
  }
  for (const [i, key] of (match ?? []).entries()) {
    if (mismatch?.includes(key)) {
      errors.invalid(`${path}.matchLabelKeys[${i}]`, key, 'exists in both matchLabelKeys and mismatchLabelKeys')
    }
  }
}
