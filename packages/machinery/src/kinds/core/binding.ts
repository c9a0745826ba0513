/** core/v1 Binding: never stored; creating one puts a pod on a node. */
import type { Binding } from '../../api/core-v1.gen.ts'
import type { FieldErrors } from '../../status/index.ts'
import { defineKind } from '../define-kind.ts'
import type { Kind } from '../kind.ts'

export const bindings: Kind<Binding> = defineKind<Binding>({
  group: '',
  version: 'v1',
  kind: 'Binding',
  plural: 'bindings',
  verbs: ['create'],
  strategy: { validate: validateBinding },
  definition: 'io.k8s.api.core.v1.Binding',
})

/** ValidatePodBinding; also for pods/binding. */
export function validateBinding({ target }: Binding, errors: FieldErrors): void {
  if (target?.kind && target.kind !== 'Node') errors.notSupported('target.kind', target.kind, ['Node', '<empty>'])
  if (!target?.name) errors.required('target.name')
}
