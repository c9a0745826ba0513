/**
 * A ClusterRole with an aggregationRule holds the rules of all roles that it selects
 * (pkg/controller/clusterroleaggregation). Rules are taken in the order of the roles' names, each once.
 */
import type { ClusterRole, PolicyRule } from '@petrel/machinery/api/rbac-v1'
import { clusterRoles } from '@petrel/machinery/kinds'
import { selectorFromLabelSelector } from '@petrel/machinery/selectors'
import { draft, keyOf, sameJson } from '../../client/index.ts'
import { type Controller, type ControllerContext, defineController, watch } from '../define-controller.ts'

/** Keys are names of ClusterRoles that aggregate. */
export function clusterRoleAggregationController(): Controller {
  return defineController({
    name: 'clusterrole-aggregation',
    // Any role may be part of any aggregate; there are few aggregates, and deciding is cheap.
    watches: [watch(clusterRoles, { keys: (_role, context) => aggregates(context).map(keyOf) })],
    async reconcile(name, context) {
      const role = context.informer(clusterRoles).get({ name })
      if (!role?.aggregationRule) return undefined
      const rules = aggregatedRules(role, context.informer(clusterRoles).list())
      if (sameJson(role.rules ?? [], rules)) return undefined
      await context.client.update(clusterRoles, { ...role, rules })
      return undefined
    },
  })
}

function aggregates(context: ControllerContext): ClusterRole[] {
  return context
    .informer(clusterRoles)
    .list()
    .filter(role => role.aggregationRule)
}

/** The rules of all roles that `role` selects. */
export function aggregatedRules(role: ClusterRole, roles: readonly ClusterRole[]): PolicyRule[] {
  const selectors = (role.aggregationRule?.clusterRoleSelectors ?? []).map(selectorFromLabelSelector)
  const rules: PolicyRule[] = []
  const byName = roles.toSorted((a, b) => compare(a.metadata?.name ?? '', b.metadata?.name ?? ''))
  for (const part of byName) {
    if (part.metadata?.name === role.metadata?.name) continue
    if (!selectors.some(selector => selector.matches(part.metadata?.labels ?? {}))) continue
    for (const rule of part.rules ?? []) if (!rules.some(known => sameJson(known, rule))) rules.push(draft(rule))
  }
  return rules
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
