/** The ParamRef cell of policy bindings. */
import type { ParamRef } from '../../api/admissionregistration-v1.gen.ts'

/** `namespace/name`, `*` for the place that a selector takes. */
export function paramRefCell(ref: ParamRef | undefined): string {
  if (!ref) return '<unset>'
  const name = ref.name || (ref.selector ? '*' : '')
  return ref.namespace ? `${ref.namespace}/${name}` : `*/${name}`
}
