/** Node selectors, of pods and of persistent volumes: terms are alternatives, requirements within a term all hold. */
import type { NodeSelector, NodeSelectorRequirement, NodeSelectorTerm } from '../../api/core-v1.gen.ts'
import { dns1123SubdomainFaults, labelValueFaults } from '../../names/index.ts'
import type { FieldErrors } from '../../status/index.ts'
import { invalidEach, validateQualifiedName } from './field-rules.ts'

const notAnOperator = 'not a valid selector operator'

export function validateNodeSelector(
  selector: NodeSelector,
  checkValues: boolean,
  path: string,
  errors: FieldErrors,
): void {
  const terms = selector.nodeSelectorTerms ?? []
  if (terms.length === 0) {
    errors.required(`${path}.nodeSelectorTerms`, 'must have at least one node selector term')
    return
  }
  for (const [i, term] of terms.entries()) {
    validateNodeSelectorTerm(term, checkValues, `${path}.nodeSelectorTerms[${i}]`, errors)
  }
}

export function validateNodeSelectorTerm(
  term: NodeSelectorTerm,
  checkValues: boolean,
  path: string,
  errors: FieldErrors,
): void {
  for (const [i, requirement] of (term.matchExpressions ?? []).entries()) {
    validateExpression(requirement, checkValues, `${path}.matchExpressions[${i}]`, errors)
  }
  for (const [i, requirement] of (term.matchFields ?? []).entries()) {
    validateField(requirement, `${path}.matchFields[${i}]`, errors)
  }
}

function validateExpression(
  { key, operator, values = [] }: NodeSelectorRequirement,
  checkValues: boolean,
  path: string,
  errors: FieldErrors,
): void {
  switch (operator) {
    case 'In':
    case 'NotIn':
      if (values.length === 0) {
        errors.required(`${path}.values`, "must be specified when `operator` is 'In' or 'NotIn'")
      }
      break
    case 'Exists':
    case 'DoesNotExist':
      if (values.length > 0) {
        errors.forbidden(`${path}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")
      }
      break
    case 'Gt':
    case 'Lt':
      if (values.length !== 1) {
        errors.required(`${path}.values`, "must be specified single value when `operator` is 'Lt' or 'Gt'")
      }
      break
    default:
      errors.invalid(`${path}.operator`, operator ?? '', notAnOperator)
  }
  validateQualifiedName(key ?? '', `${path}.key`, errors)
  if (!checkValues) return
  for (const [i, value] of values.entries()) invalidEach(labelValueFaults(value), value, `${path}.values[${i}]`, errors)
}

/** Of a node's fields only its name can be asked for. */
function validateField(
  { key, operator, values = [] }: NodeSelectorRequirement,
  path: string,
  errors: FieldErrors,
): void {
  if (operator !== 'In' && operator !== 'NotIn') errors.invalid(`${path}.operator`, operator ?? '', notAnOperator)
  else if (values.length !== 1) {
    const rule = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"
    errors.required(`${path}.values`, rule)
  }
  if (key !== 'metadata.name') {
    errors.invalid(`${path}.key`, key ?? '', 'not a valid field selector key')
    return
  }
  for (const [i, value] of values.entries()) {
    invalidEach(dns1123SubdomainFaults(value), value, `${path}.values[${i}]`, errors)
  }
}
