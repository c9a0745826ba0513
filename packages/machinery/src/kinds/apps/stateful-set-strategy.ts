/** How stateful sets update their pods and keep their claims: the rules of pkg/apis/apps/validation. */
import type {
  RollingUpdateStatefulSetStrategy,
  StatefulSetPersistentVolumeClaimRetentionPolicy,
  StatefulSetUpdateStrategy,
} from '../../api/apps-v1.gen.ts'
import type { FieldErrors } from '../../status/index.ts'
import { amountOf, validateAtMost100Percent, validateIntOrPercent } from './int-or-percent.ts'
import { validateCounts } from './workload-rules.ts'

const path = 'spec.updateStrategy'

export function validateUpdateStrategy(strategy: StatefulSetUpdateStrategy | undefined, errors: FieldErrors): void {
  if (!strategy?.type) {
    errors.required(path)
    return
  }
  const { type, rollingUpdate } = strategy
  if (type === 'OnDelete') {
    if (rollingUpdate) {
      errors.invalid(`${path}.rollingUpdate`, rollingUpdate, "only allowed for updateStrategy 'RollingUpdate'")
    }
  } else if (type !== 'RollingUpdate') {
    errors.invalid(path, strategy, "must be 'RollingUpdate' or 'OnDelete'")
  } else if (rollingUpdate) {
    validateRollingUpdate(rollingUpdate, errors)
  }
}

function validateRollingUpdate(rollingUpdate: RollingUpdateStatefulSetStrategy, errors: FieldErrors): void {
  validateCounts(rollingUpdate, ['partition'], `${path}.rollingUpdate`, errors)
  const { maxUnavailable } = rollingUpdate
  if (maxUnavailable === undefined) return
  const at = `${path}.rollingUpdate.maxUnavailable`
  validateIntOrPercent(maxUnavailable, at, errors)
  if (amountOf(maxUnavailable) === 0) errors.invalid(at, maxUnavailable, 'cannot be 0')
  validateAtMost100Percent(maxUnavailable, at, errors)
}

export function validateClaimRetention(
  policy: StatefulSetPersistentVolumeClaimRetentionPolicy | undefined,
  errors: FieldErrors,
): void {
  if (!policy) return
  for (const field of ['whenDeleted', 'whenScaled'] as const) {
    const value = policy[field] ?? ''
    if (value !== 'Retain' && value !== 'Delete') {
      errors.notSupported(`spec.persistentVolumeClaimRetentionPolicy.${field}`, value, ['Retain', 'Delete'])
    }
  }
}
