/**
 * A compiled label selector: requirements that must all hold, after k8s.io/apimachinery/pkg/labels. Requirements are
 * ordered by key, so that equal selectors print alike.
 */
import { labelValueFaults, qualifiedNameFaults } from '../names/index.ts'

export type Labels = Readonly<Record<string, string>>

/** As in labels.Requirement. `=` and `==` differ only in how they print. */
export type LabelOperator = '=' | '==' | '!=' | 'in' | 'notin' | 'exists' | '!' | 'gt' | 'lt'

export interface LabelRequirement {
  readonly key: string
  readonly operator: LabelOperator
  readonly values: readonly string[]
}

export interface LabelSelector {
  /** Undefined where nothing can match. */
  readonly requirements: readonly LabelRequirement[] | undefined
  /** Selects everything. */
  readonly empty: boolean
  matches(labels: Labels | undefined): boolean
  /** The only value that `key` may have, where there is one: for indexes. */
  exactValue(key: string): string | undefined
  toString(): string
}

type Test = (labels: Labels) => boolean

const noLabels: Labels = Object.freeze({})

/** Selects nothing at all: what an absent metav1.LabelSelector means. */
export const nothing: LabelSelector = Object.freeze({
  requirements: undefined,
  empty: false,
  matches: () => false,
  exactValue: () => undefined,
  toString: () => '',
})

/** Compiles requirements that are taken to be valid; see requirementFaults. */
export function labelSelector(requirements: readonly LabelRequirement[]): LabelSelector {
  const ordered = [...requirements].sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
  const tests = ordered.map(compile)
  const [first] = tests
  const matches: Test =
    tests.length === 0 ? () => true : tests.length === 1 && first ? first : labels => tests.every(test => test(labels))
  let text: string | undefined
  return {
    requirements: ordered,
    empty: ordered.length === 0,
    matches: labels => matches(labels ?? noLabels),
    exactValue: key => {
      const found = ordered.find(requirement => requirement.key === key)
      const exact = found && ['=', '==', 'in'].includes(found.operator) && found.values.length === 1
      return exact ? found.values[0] : undefined
    },
    toString: () => (text ??= ordered.map(print).join(',')),
  }
}

export const everything: LabelSelector = labelSelector([])

/** Selects what has all these labels; everything when there are none. The labels are not checked. */
export function selectorFromSet(labels: Labels | undefined): LabelSelector {
  const entries = Object.entries(labels ?? {})
  return entries.length === 0
    ? everything
    : labelSelector(entries.map(([key, value]) => ({ key, operator: '=', values: [value] })))
}

function compile({ key, operator, values }: LabelRequirement): Test {
  const [only = ''] = values
  // Labels come from JSON.parse: `constructor` is a fine key, and must not be found on the prototype.
  switch (operator) {
    case 'exists':
      return labels => Object.hasOwn(labels, key)
    case '!':
      return labels => !Object.hasOwn(labels, key)
    case '=':
    case '==':
      return labels => labels[key] === only
    case '!=':
      return labels => labels[key] !== only
    case 'in': {
      const set = new Set<string | undefined>(values)
      return labels => set.has(labels[key])
    }
    case 'notin': {
      const set = new Set<string | undefined>(values)
      return labels => !set.has(labels[key])
    }
    case 'gt':
    case 'lt': {
      const bound = parseInt64(only)
      if (bound === undefined) return () => false
      return labels => {
        const value = Object.hasOwn(labels, key) ? parseInt64(labels[key] ?? '') : undefined
        return value !== undefined && (operator === 'gt' ? value > bound : value < bound)
      }
    }
  }
}

/** As strconv.ParseInt of base 10 and 64 bits; undefined where that fails. */
function parseInt64(text: string): bigint | undefined {
  if (!/^[+-]?[0-9]{1,40}$/.test(text)) return undefined
  const value = BigInt(text.startsWith('+') ? text.slice(1) : text)
  return BigInt.asIntN(64, value) === value ? value : undefined
}

function print({ key, operator, values }: LabelRequirement): string {
  const list = [...values].sort().join(',')
  switch (operator) {
    case 'exists':
      return key
    case '!':
      return `!${key}`
    case 'in':
    case 'notin':
      return `${key} ${operator} (${list})`
    case 'gt':
      return `${key}>${list}`
    case 'lt':
      return `${key}<${list}`
    default:
      return `${key}${operator}${list}`
  }
}

const quoted = (values: readonly string[]): string => `[${values.map(value => JSON.stringify(value)).join(',')}]`

/** What labels.NewRequirement finds wrong, each fault with its path as upstream prints it. */
export function requirementFaults({ key, operator, values }: LabelRequirement): string[] {
  const faults: string[] = []
  const keyFaults = qualifiedNameFaults(key)
  if (keyFaults.length > 0) faults.push(`key: Invalid value: ${JSON.stringify(key)}: ${keyFaults.join('; ')}`)
  const wrong = valueCountFault(operator, values.length)
  if (wrong !== undefined) faults.push(`values: Invalid value: ${quoted(values)}: ${wrong}`)
  values.forEach((value, i) => {
    if ((operator === 'gt' || operator === 'lt') && parseInt64(value) === undefined) {
      const rule = "for 'Gt', 'Lt' operators, the value must be an integer"
      faults.push(`values[${i}]: Invalid value: ${JSON.stringify(value)}: ${rule}`)
    }
  })
  values.forEach((value, i) => {
    const valueFaults = labelValueFaults(value)
    if (valueFaults.length > 0) {
      faults.push(`values[${i}][${key}]: Invalid value: ${JSON.stringify(value)}: ${valueFaults.join('; ')}`)
    }
  })
  return faults
}

function valueCountFault(operator: LabelOperator, count: number): string | undefined {
  switch (operator) {
    case 'in':
    case 'notin':
      return count === 0 ? "for 'in', 'notin' operators, values set can't be empty" : undefined
    case 'exists':
    case '!':
      return count > 0 ? 'values set must be empty for exists and does not exist' : undefined
    case 'gt':
    case 'lt':
      return count === 1 ? undefined : "for 'Gt', 'Lt' operators, exactly one value is required"
    default:
      return count === 1 ? undefined : 'exact-match compatibility requires one single value'
  }
}
