/**
 * NodeSelector of node affinity and volume affinity, after k8s.io/component-helpers/scheduling/corev1/nodeaffinity:
 * terms are alternatives, the expressions of a term must all hold, an empty term matches no node.
 */
import { type LabelOperator, type LabelSelector, type Labels, labelSelector } from './label-selector.ts'

export interface NodeSelectorRequirementObject {
  readonly key: string
  readonly operator: string
  readonly values?: readonly string[]
}

export interface NodeSelectorTermObject {
  readonly matchExpressions?: readonly NodeSelectorRequirementObject[]
  readonly matchFields?: readonly NodeSelectorRequirementObject[]
}

export interface NodeSelectorObject {
  readonly nodeSelectorTerms?: readonly NodeSelectorTermObject[]
}

/** All that a term looks at. */
export interface NodeFacts {
  readonly name: string
  readonly labels: Labels | undefined
}

const operators: ReadonlyMap<string, LabelOperator> = new Map([
  ['In', 'in'],
  ['NotIn', 'notin'],
  ['Exists', 'exists'],
  ['DoesNotExist', '!'],
  ['Gt', 'gt'],
  ['Lt', 'lt'],
])

/** Compiled once, run for every node. A term that validation would have refused matches nothing. */
export function compileNodeSelector(terms: readonly NodeSelectorTermObject[]): (node: NodeFacts) => boolean {
  const tests = terms.map(compileTerm).filter(test => test !== undefined)
  return node => tests.some(test => test(node))
}

/** For a single use. */
export function matchNodeSelector(selector: NodeSelectorObject, node: NodeFacts): boolean {
  return compileNodeSelector(selector.nodeSelectorTerms ?? [])(node)
}

function compileTerm(term: NodeSelectorTermObject): ((node: NodeFacts) => boolean) | undefined {
  const { matchExpressions = [], matchFields = [] } = term
  if (matchExpressions.length + matchFields.length === 0) return undefined
  const labels = compileRequirements(matchExpressions)
  const fields = compileRequirements(matchFields)
  if (!labels || !fields) return undefined
  return node =>
    labels.matches(node.labels) && (matchFields.length === 0 || fields.matches({ 'metadata.name': node.name }))
}

function compileRequirements(requirements: readonly NodeSelectorRequirementObject[]): LabelSelector | undefined {
  const compiled = requirements.map(({ key, operator, values = [] }) => {
    const known = operators.get(operator)
    return known && { key, operator: known, values }
  })
  return compiled.includes(undefined) ? undefined : labelSelector(compiled.filter(one => one !== undefined))
}
