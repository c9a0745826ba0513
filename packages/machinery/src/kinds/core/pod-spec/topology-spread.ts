/** Topology spread constraints. */
import type { TopologySpreadConstraint } from '../../../api/core-v1.gen.ts'
import { validateLabelSelector } from '../../../selectors/index.ts'
import type { FieldErrors } from '../../../status/index.ts'
import { validateOptionalChoice } from '../field-rules.ts'
import { validateMatchLabelKeys } from './affinity.ts'

const actions = ['DoNotSchedule', 'ScheduleAnyway']
const nodePolicies = ['Honor', 'Ignore']
const mustBePositive = 'must be greater than zero'

export function validateTopologySpread(
  constraints: readonly TopologySpreadConstraint[] | undefined,
  path: string,
  errors: FieldErrors,
): void {
  if (!constraints) return
  for (const [i, constraint] of constraints.entries()) {
    const at = `${path}[${i}]`
    const { maxSkew = 0, topologyKey = '', whenUnsatisfiable = '', minDomains } = constraint
    if (maxSkew <= 0) errors.invalid(`${at}.maxSkew`, maxSkew, mustBePositive)
    if (topologyKey === '') errors.required(`${at}.topologyKey`, 'can not be empty')
    if (!actions.includes(whenUnsatisfiable)) errors.notSupported(`${at}.whenUnsatisfiable`, whenUnsatisfiable, actions)
    const again = constraints
      .slice(i + 1)
      .some(other => other.topologyKey === topologyKey && other.whenUnsatisfiable === whenUnsatisfiable)
    if (again) errors.duplicate(`${at}.{topologyKey, whenUnsatisfiable}`, `{${topologyKey}, ${whenUnsatisfiable}}`)
    if (minDomains !== undefined) {
      if (minDomains <= 0) errors.invalid(`${at}.minDomains`, minDomains, mustBePositive)
      if (whenUnsatisfiable !== 'DoNotSchedule') {
        const rule = `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${whenUnsatisfiable}`
        errors.invalid(`${at}.minDomains`, minDomains, rule)
      }
    }
    validateOptionalChoice(constraint.nodeAffinityPolicy, nodePolicies, `${at}.nodeAffinityPolicy`, errors)
    validateOptionalChoice(constraint.nodeTaintsPolicy, nodePolicies, `${at}.nodeTaintsPolicy`, errors)
    validateMatchLabelKeys(constraint.matchLabelKeys, undefined, constraint.labelSelector, at, errors)
    if (constraint.labelSelector) validateLabelSelector(constraint.labelSelector, `${at}.labelSelector`, errors)
  }
}
