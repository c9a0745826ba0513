/** Whether one policy rule allows one request (pkg/apis/rbac/v1/evaluation_helpers.go). */
import type { PolicyRule } from '@petrel/machinery/api/rbac-v1'
import type { Attributes } from '../contract.ts'

export function ruleAllows(rule: PolicyRule, request: Attributes): boolean {
  if (!matches(rule.verbs, request.verb)) return false
  if (!request.resourceRequest) return urlMatches(rule.nonResourceURLs, request.path)
  return (
    matches(rule.apiGroups, request.group) &&
    resourceMatches(rule.resources, request.resource, request.subresource) &&
    nameMatches(rule.resourceNames, request.name)
  )
}

function matches(allowed: readonly string[] | undefined, wanted: string): boolean {
  return allowed !== undefined && (allowed.includes(wanted) || allowed.includes('*'))
}

/** `pods`, `pods/log`, any resource's subresource of one name (`*` before the slash), or all. */
function resourceMatches(allowed: readonly string[] | undefined, resource: string, subresource: string): boolean {
  if (allowed === undefined) return false
  for (const pattern of allowed) {
    if (pattern === '*') return true
    if (subresource === '') {
      if (pattern === resource) return true
    } else if (isSubresource(pattern, resource, subresource) || isSubresource(pattern, '*', subresource)) return true
  }
  return false
}

/** `pattern === resource + '/' + subresource`, without making that string for every rule. */
function isSubresource(pattern: string, resource: string, subresource: string): boolean {
  return (
    pattern.length === resource.length + 1 + subresource.length &&
    pattern.startsWith(resource) &&
    pattern.charCodeAt(resource.length) === 0x2f &&
    pattern.endsWith(subresource)
  )
}

function nameMatches(allowed: readonly string[] | undefined, name: string): boolean {
  return allowed === undefined || allowed.length === 0 || allowed.includes(name)
}

export function urlMatches(allowed: readonly string[] | undefined, path: string): boolean {
  if (allowed === undefined) return false
  return allowed.some(
    pattern => pattern === '*' || pattern === path || (pattern.endsWith('*') && path.startsWith(pattern.slice(0, -1))),
  )
}
