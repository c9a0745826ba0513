/** Taints' effects and what tolerates them. */
import type { Toleration } from '../../../api/core-v1.gen.ts'
import { labelValueFaults } from '../../../names/index.ts'
import type { FieldErrors } from '../../../status/index.ts'
import { validateQualifiedName } from '../field-rules.ts'
import { semanticEqual } from '../semantic-equality.ts'

const effects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute']

/** An empty effect is a fault unless `mayBeEmpty` (a toleration of all effects). */
export function validateTaintEffect(
  effect: string | undefined,
  mayBeEmpty: boolean,
  path: string,
  errors: FieldErrors,
): void {
  if (!effect) {
    if (!mayBeEmpty) errors.required(path)
  } else if (!effects.includes(effect)) errors.notSupported(path, effect, effects)
}

export function validateTolerations(
  tolerations: readonly Toleration[] | undefined,
  path: string,
  errors: FieldErrors,
): void {
  for (const [i, toleration] of (tolerations ?? []).entries()) {
    const at = `${path}[${i}]`
    const { key = '', operator = '', value = '', effect = '', tolerationSeconds } = toleration
    if (key !== '') validateQualifiedName(key, `${at}.key`, errors)
    if (key === '' && operator !== 'Exists') {
      const rule = 'operator must be Exists when `key` is empty, which means "match all values and all keys"'
      errors.invalid(`${at}.operator`, operator, rule)
    }
    if (tolerationSeconds !== undefined && effect !== 'NoExecute') {
      errors.invalid(`${at}.effect`, effect, "effect must be 'NoExecute' when `tolerationSeconds` is set")
    }
    validateOperator(operator, value, `${at}.operator`, errors)
    validateTaintEffect(effect, true, `${at}.effect`, errors)
  }
}

function validateOperator(operator: string, value: string, path: string, errors: FieldErrors): void {
  if (operator === 'Equal' || operator === '') {
    const faults = labelValueFaults(value)
    if (faults.length > 0) errors.invalid(path, value, faults.join(';'))
  } else if (operator === 'Exists') {
    if (value !== '') errors.invalid(path, value, "value must be empty when `operator` is 'Exists'")
  } else if (operator === 'Lt' || operator === 'Gt') {
    // TaintTolerationComparisonOperators is off by default in v1.36.
    errors.notSupported(path, operator, ['Equal', 'Exists', 'Lt', 'Gt'])
  } else errors.notSupported(path, operator, ['Equal', 'Exists'])
}

/** What a pod tolerates may only grow; of what there was, only tolerationSeconds may change. */
export function validateOnlyAddedTolerations(
  now: readonly Toleration[] | undefined,
  old: readonly Toleration[] | undefined,
  path: string,
  errors: FieldErrors,
): void {
  const withoutSeconds = ({ tolerationSeconds: _, ...rest }: Toleration): Toleration => rest
  for (const before of old ?? []) {
    const kept = (now ?? []).some(candidate => semanticEqual(withoutSeconds(candidate), withoutSeconds(before)))
    if (!kept) {
      errors.forbidden(path, 'existing toleration can not be modified except its tolerationSeconds')
      return
    }
  }
  validateTolerations(now, path, errors)
}
