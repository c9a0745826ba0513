/** What bindings show: the role, and with `-o wide` who has it. */
import type { RoleRef, Subject } from '../../api/rbac-v1.gen.ts'
import { ageColumn, type Column, nameColumn } from '../../table/index.ts'
import type { KubeObject } from '../kind.ts'
import { textColumn } from '../make-column.ts'

interface Binding extends KubeObject {
  roleRef: RoleRef
  subjects?: Subject[]
}

export function bindingColumns<T extends Binding>(): readonly Column<T>[] {
  const names = (kind: string) => (binding: T) =>
    (binding.subjects ?? [])
      .filter(subject => subject.kind === kind)
      .map(subject => (kind === 'ServiceAccount' ? `${subject.namespace ?? ''}/${subject.name}` : subject.name))
      .join(', ')
  return [
    nameColumn,
    textColumn('Role', 'What may be done.', ({ roleRef }) => `${roleRef?.kind ?? ''}/${roleRef?.name ?? ''}`),
    ageColumn,
    textColumn('Users', 'Users who may.', names('User'), 1),
    textColumn('Groups', 'Groups whose members may.', names('Group'), 1),
    textColumn('ServiceAccounts', 'Service accounts that may.', names('ServiceAccount'), 1),
  ]
}
