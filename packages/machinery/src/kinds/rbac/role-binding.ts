/** rbac.authorization.k8s.io RoleBinding: who has a role in a namespace. */
import type { RoleBinding } from '../../api/rbac-v1.gen.ts'
import { defineKind } from '../define-kind.ts'
import { bindingColumns } from './binding-columns.ts'
import { group, setBindingDefaults, validateBinding, validateName, validateSameRole } from './rules.ts'

export const roleBindings = defineKind<RoleBinding>({
  group,
  version: 'v1',
  kind: 'RoleBinding',
  plural: 'rolebindings',
  columns: bindingColumns<RoleBinding>(),
  setDefaults: setBindingDefaults,
  strategy: {
    validateName,
    allowCreateOnUpdate: true,
    validate: (binding, errors) => validateBinding(binding, ['Role', 'ClusterRole'], true, errors),
    validateUpdate: validateSameRole,
  },
  definition: 'io.k8s.api.rbac.v1.RoleBinding',
})
