/** The kinds of rbac.authorization.k8s.io, version by version. */
import type { Kind } from '../kind.ts'
import { clusterRoles } from './cluster-role.ts'
import { clusterRoleBindings } from './cluster-role-binding.ts'
import { roles } from './role.ts'
import { roleBindings } from './role-binding.ts'

export const rbacKinds: readonly Kind[] = [clusterRoles, clusterRoleBindings, roles, roleBindings]

export { clusterRoleBindings, clusterRoles, roleBindings, roles }
