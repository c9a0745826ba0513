/** The rules of roles and bindings: pkg/apis/rbac/validation and pkg/apis/rbac/v1/defaults.go. */
import type { PolicyRule, RoleRef, Subject } from '../../api/rbac-v1.gen.ts'
import { type NameRule, nameIsDnsSubdomain, pathSegmentNameFaults, sameValue } from '../../names/index.ts'
import type { FieldErrors } from '../../status/index.ts'

export const group = 'rbac.authorization.k8s.io'

/** Any one segment of a path will do: `system:node`. */
export const validateName: NameRule = name => pathSegmentNameFaults(name)

export function validateRule(rule: PolicyRule, isNamespaced: boolean, path: string, errors: FieldErrors): void {
  const { verbs, apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] } = rule
  if (!verbs?.length) errors.required(`${path}.verbs`, 'verbs must contain at least one value')
  if (nonResourceURLs.length > 0) {
    const at = `${path}.nonResourceURLs`
    if (isNamespaced) errors.invalid(at, nonResourceURLs, 'namespaced rules cannot apply to non-resource URLs')
    if (apiGroups.length + resources.length + resourceNames.length > 0) {
      errors.invalid(at, nonResourceURLs, 'rules cannot apply to both regular resources and non-resource URLs')
    }
    return
  }
  if (apiGroups.length === 0) errors.required(`${path}.apiGroups`, 'resource rules must supply at least one api group')
  if (resources.length === 0) errors.required(`${path}.resources`, 'resource rules must supply at least one resource')
}

interface Binding {
  readonly roleRef: RoleRef
  readonly subjects?: readonly Subject[]
}

/** Users and groups belong to this API group, service accounts to none. */
export function setBindingDefaults(binding: { roleRef: RoleRef; subjects?: Subject[] }): void {
  if (binding.roleRef && !binding.roleRef.apiGroup) binding.roleRef.apiGroup = group
  for (const subject of binding.subjects ?? []) {
    if (!subject.apiGroup && (subject.kind === 'User' || subject.kind === 'Group')) subject.apiGroup = group
  }
}

/** `roleKinds`: what the binding may refer to; a binding without a namespace refers to cluster roles alone. */
export function validateBinding(
  { roleRef, subjects = [] }: Binding,
  roleKinds: readonly string[],
  isNamespaced: boolean,
  errors: FieldErrors,
): void {
  const { apiGroup = '', kind = '', name = '' } = roleRef ?? {}
  if (apiGroup !== group) errors.notSupported('roleRef.apiGroup', apiGroup, [group])
  if (!roleKinds.includes(kind)) errors.notSupported('roleRef.kind', kind, roleKinds)
  if (name === '') errors.required('roleRef.name')
  else for (const fault of pathSegmentNameFaults(name)) errors.invalid('roleRef.name', name, fault)
  subjects.forEach((subject, i) => {
    validateSubject(subject, isNamespaced, `subjects[${i}]`, errors)
  })
}

function validateSubject(subject: Subject, isNamespaced: boolean, path: string, errors: FieldErrors): void {
  const { kind = '', name = '', namespace = '', apiGroup = '' } = subject
  if (name === '') errors.required(`${path}.name`)
  switch (kind) {
    case 'ServiceAccount':
      if (name !== '') for (const fault of nameIsDnsSubdomain(name, false)) errors.invalid(`${path}.name`, name, fault)
      if (apiGroup !== '') errors.notSupported(`${path}.apiGroup`, apiGroup, [''])
      if (!isNamespaced && namespace === '') errors.required(`${path}.namespace`)
      return
    case 'User':
    case 'Group':
      if (apiGroup !== group) errors.notSupported(`${path}.apiGroup`, apiGroup, [group])
      return
    default:
      errors.notSupported(`${path}.kind`, kind, ['ServiceAccount', 'User', 'Group'])
  }
}

/** Who may do something could change by stealth otherwise. */
export function validateSameRole(binding: Binding, old: Binding, errors: FieldErrors): void {
  if (!sameValue(binding.roleRef, old.roleRef)) errors.invalid('roleRef', binding.roleRef, 'cannot change roleRef')
}
