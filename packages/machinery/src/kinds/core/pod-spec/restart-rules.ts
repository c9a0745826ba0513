/** Restart policies of single containers (KEP-5307): a policy, and rules by exit code that go before it. */
import type { Container } from '../../../api/core-v1.gen.ts'
import type { FieldErrors } from '../../../status/index.ts'
import { validateOptionalChoice } from '../field-rules.ts'

const maxRules = 20
const maxExitCodes = 255
const actions = ['Restart', 'RestartAllContainers']
const operators = ['In', 'NotIn']

export function validateRestartRules(container: Container, path: string, errors: FieldErrors): void {
  const { restartPolicy, restartPolicyRules: rules = [] } = container
  if (restartPolicy === undefined) {
    if (rules.length === 0) return
    errors.required(`${path}.restartPolicy`, 'must specify restartPolicy when restart rules are used')
  }
  validateOptionalChoice(restartPolicy, ['Always', 'Never', 'OnFailure'], `${path}.restartPolicy`, errors)
  if (rules.length > maxRules) errors.tooMany(`${path}.restartPolicyRules`, rules.length, maxRules)
  for (const [i, { action, exitCodes }] of rules.entries()) {
    const at = `${path}.restartPolicyRules[${i}]`
    if (!actions.includes(action)) errors.notSupported(`${at}.action`, action ?? '', actions)
    if (!exitCodes) {
      errors.required(`${at}.exitCodes`, 'must be specified')
      continue
    }
    const { operator, values = [] } = exitCodes
    if (!operators.includes(operator)) errors.notSupported(`${at}.exitCodes.operator`, operator ?? '', operators)
    if (values.length > maxExitCodes) errors.tooMany(`${at}.exitCodes.values`, values.length, maxExitCodes)
  }
}
