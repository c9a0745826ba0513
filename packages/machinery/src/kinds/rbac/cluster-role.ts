/** rbac.authorization.k8s.io ClusterRole: what may be done anywhere, and beyond resources. */
import type { ClusterRole } from '../../api/rbac-v1.gen.ts'
import { validateLabelSelector } from '../../selectors/index.ts'
import { nameAndCreation } from '../../table/index.ts'
import { defineKind } from '../define-kind.ts'
import { group, validateName, validateRule } from './rules.ts'

export const clusterRoles = defineKind<ClusterRole>({
  group,
  version: 'v1',
  kind: 'ClusterRole',
  plural: 'clusterroles',
  namespaced: false,
  columns: nameAndCreation,
  strategy: {
    validateName,
    allowCreateOnUpdate: true,
    validate: ({ rules = [], aggregationRule }, errors) => {
      for (const [i, rule] of (rules ?? []).entries()) validateRule(rule, false, `rules[${i}]`, errors)
      if (!aggregationRule) return
      const path = 'aggregationRule.clusterRoleSelectors'
      const selectors = aggregationRule.clusterRoleSelectors ?? []
      if (selectors.length === 0) {
        errors.required(path, 'at least one clusterRoleSelector required if aggregationRule is non-nil')
      }
      for (const [i, selector] of selectors.entries()) validateLabelSelector(selector, `${path}[${i}]`, errors)
    },
  },
  definition: 'io.k8s.api.rbac.v1.ClusterRole',
})
