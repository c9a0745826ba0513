/** rbac.authorization.k8s.io Role: what may be done in a namespace. */
import type { Role } from '../../api/rbac-v1.gen.ts'
import { nameAndCreation } from '../../table/index.ts'
import { defineKind } from '../define-kind.ts'
import { group, validateName, validateRule } from './rules.ts'

export const roles = defineKind<Role>({
  group,
  version: 'v1',
  kind: 'Role',
  plural: 'roles',
  columns: nameAndCreation,
  strategy: {
    validateName,
    allowCreateOnUpdate: true,
    validate: ({ rules = [] }, errors) => {
      for (const [i, rule] of rules.entries()) validateRule(rule, true, `rules[${i}]`, errors)
    },
  },
  definition: 'io.k8s.api.rbac.v1.Role',
})
