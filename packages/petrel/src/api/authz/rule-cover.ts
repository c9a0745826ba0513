/**
 * The algebra of rules: which rights of one set another set does not hold
 * (k8s.io/component-helpers/auth/rbac/validation, policy_comparator.go; pkg/registry/rbac/validation, policy_compact.go).
 */
import type { PolicyRule } from '@petrel/machinery/api/rbac-v1'
import { urlMatches } from './rule-match.ts'

/** The single rights in `wanted` that no rule of `held` covers. */
export function uncovered(held: readonly PolicyRule[], wanted: readonly PolicyRule[]): PolicyRule[] {
  return wanted.flatMap(singleRights).filter(right => !held.some(rule => covers(rule, right)))
}

/** One rule for each verb of each name of each resource of each group. */
function singleRights(rule: PolicyRule): PolicyRule[] {
  const rights: PolicyRule[] = []
  const names = rule.resourceNames && rule.resourceNames.length > 0 ? rule.resourceNames : [undefined]
  for (const group of rule.apiGroups ?? []) {
    for (const resource of rule.resources ?? []) {
      for (const verb of rule.verbs) {
        for (const name of names) {
          const right: PolicyRule = { verbs: [verb], apiGroups: [group], resources: [resource] }
          rights.push(name === undefined ? right : { ...right, resourceNames: [name] })
        }
      }
    }
  }
  for (const url of rule.nonResourceURLs ?? []) {
    for (const verb of rule.verbs) rights.push({ verbs: [verb], nonResourceURLs: [url] })
  }
  return rights
}

function covers(held: PolicyRule, right: PolicyRule): boolean {
  return (
    holds(held.verbs, right.verbs) &&
    holds(held.apiGroups, right.apiGroups) &&
    (right.resources ?? []).every(resource => holdsResource(held.resources, resource)) &&
    (right.nonResourceURLs ?? []).every(url => urlMatches(held.nonResourceURLs, url)) &&
    holdsNames(held.resourceNames ?? [], right.resourceNames ?? [])
  )
}

function holds(held: readonly string[] = [], wanted: readonly string[] = []): boolean {
  return held.includes('*') || wanted.every(item => held.includes(item))
}

function holdsResource(held: readonly string[] = [], resource: string): boolean {
  if (held.includes('*') || held.includes(resource)) return true
  const slash = resource.indexOf('/')
  return slash >= 0 && held.includes(`*${resource.slice(slash)}`)
}

function holdsNames(held: readonly string[], wanted: readonly string[]): boolean {
  if (held.length === 0) return true
  return wanted.length > 0 && wanted.every(name => held.includes(name))
}

/** Joins the verbs of single rights that are about the same thing. */
export function compactRules(rules: readonly PolicyRule[]): PolicyRule[] {
  const others: PolicyRule[] = []
  const simple = new Map<string, PolicyRule>()
  for (const rule of rules) {
    const { apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] } = rule
    if (nonResourceURLs.length > 0 || apiGroups.length !== 1 || resources.length !== 1 || resourceNames.length > 1) {
      others.push(rule)
      continue
    }
    const key = JSON.stringify([apiGroups, resources, resourceNames])
    const known = simple.get(key)
    if (known) known.verbs.push(...rule.verbs)
    else simple.set(key, { ...rule, verbs: [...rule.verbs] })
  }
  return [...others, ...simple.values()]
}

/** `{APIGroups:[""], Resources:["pods"], Verbs:["get" "list"]}`: rbacv1helpers.CompactString. */
export function describeRule(rule: PolicyRule): string {
  const parts: [string, readonly string[] | undefined][] = [
    ['APIGroups', rule.apiGroups],
    ['Resources', rule.resources],
    ['NonResourceURLs', rule.nonResourceURLs],
    ['ResourceNames', rule.resourceNames],
    ['Verbs', rule.verbs],
  ]
  const shown = parts.filter(([, items]) => items !== undefined && items.length > 0)
  return `{${shown.map(([name, items]) => `${name}:${quotedList(items ?? [])}`).join(', ')}}`
}

/** As Go's %q prints a string slice. */
export function quotedList(items: readonly string[]): string {
  return `[${items.map(item => JSON.stringify(item)).join(' ')}]`
}
