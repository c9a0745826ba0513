/** metav1.LabelSelector: its rules, its compiled form and its text, after k8s.io/apimachinery/pkg/apis/meta/v1. */
import { labelValueFaults, qualifiedNameFaults, validateLabels } from '../names/index.ts'
import type { FieldErrors } from '../status/index.ts'
import {
  everything,
  type LabelOperator,
  type LabelRequirement,
  type LabelSelector,
  labelSelector,
  nothing,
  requirementFaults,
} from './label-selector.ts'

/** The shape of metav1.LabelSelector, frozen or not. */
export interface LabelSelectorObject {
  readonly matchLabels?: Readonly<Record<string, string>>
  readonly matchExpressions?: readonly LabelSelectorRequirementObject[]
}

export interface LabelSelectorRequirementObject {
  readonly key?: string
  readonly operator?: string
  readonly values?: readonly string[]
}

const operators: ReadonlyMap<string, LabelOperator> = new Map([
  ['In', 'in'],
  ['NotIn', 'notin'],
  ['Exists', 'exists'],
  ['DoesNotExist', '!'],
])

/** Absent selects nothing, empty everything. Throws a SyntaxError on what validation would refuse. */
export function selectorFromLabelSelector(object: LabelSelectorObject | undefined | null): LabelSelector {
  if (!object) return nothing
  const requirements: LabelRequirement[] = []
  for (const [key, value] of Object.entries(object.matchLabels ?? {})) {
    requirements.push({ key, operator: '=', values: [value] })
  }
  for (const { key = '', operator = '', values = [] } of object.matchExpressions ?? []) {
    const known = operators.get(operator)
    if (!known) throw new SyntaxError(`${JSON.stringify(operator)} is not a valid label selector operator`)
    requirements.push({ key, operator: known, values })
  }
  const faults = requirements.flatMap(requirementFaults)
  if (faults.length > 0) throw new SyntaxError(faults[0])
  return requirements.length === 0 ? everything : labelSelector(requirements)
}

/** As metav1.FormatLabelSelector: for tables and scale. */
export function formatLabelSelector(object: LabelSelectorObject | undefined | null): string {
  let selector: LabelSelector
  try {
    selector = selectorFromLabelSelector(object)
  } catch (error) {
    if (error instanceof SyntaxError) return '<error>'
    throw error
  }
  return selector.toString() || '<none>'
}

/** Adds every fault of `object`, which may be absent. */
export function validateLabelSelector(
  object: LabelSelectorObject | undefined | null,
  path: string,
  errors: FieldErrors,
): void {
  if (!object) return
  validateLabels(object.matchLabels, `${path}.matchLabels`, errors)
  object.matchExpressions?.forEach((requirement, i) => {
    validateRequirement(requirement, `${path}.matchExpressions[${i}]`, errors)
  })
}

function validateRequirement(requirement: LabelSelectorRequirementObject, path: string, errors: FieldErrors): void {
  const { key = '', operator = '', values = [] } = requirement
  if (operator === 'In' || operator === 'NotIn') {
    if (values.length === 0) {
      errors.required(`${path}.values`, "must be specified when `operator` is 'In' or 'NotIn'")
    }
  } else if (operator === 'Exists' || operator === 'DoesNotExist') {
    if (values.length > 0) {
      errors.forbidden(`${path}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")
    }
  } else {
    errors.invalid(`${path}.operator`, operator, 'not a valid selector operator')
  }
  for (const fault of qualifiedNameFaults(key)) errors.invalid(`${path}.key`, key, fault)
  values.forEach((value, i) => {
    for (const fault of labelValueFaults(value)) errors.invalid(`${path}.values[${i}]`, value, fault)
  })
}
