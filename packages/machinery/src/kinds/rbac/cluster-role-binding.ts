/** rbac.authorization.k8s.io ClusterRoleBinding: who has a role everywhere. */
import type { ClusterRoleBinding } from '../../api/rbac-v1.gen.ts'
import { defineKind } from '../define-kind.ts'
import { bindingColumns } from './binding-columns.ts'
import { group, setBindingDefaults, validateBinding, validateName, validateSameRole } from './rules.ts'

export const clusterRoleBindings = defineKind<ClusterRoleBinding>({
  group,
  version: 'v1',
  kind: 'ClusterRoleBinding',
  plural: 'clusterrolebindings',
  namespaced: false,
  columns: bindingColumns<ClusterRoleBinding>(),
  setDefaults: setBindingDefaults,
  strategy: {
    validateName,
    allowCreateOnUpdate: true,
    validate: (binding, errors) => validateBinding(binding, ['ClusterRole'], false, errors),
    validateUpdate: validateSameRole,
  },
  definition: 'io.k8s.api.rbac.v1.ClusterRoleBinding',
})
