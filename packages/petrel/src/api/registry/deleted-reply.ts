/** Kinds whose delete answers with the object instead of a Status (Store.ReturnDeletedObject upstream). */
import type { ServedKind } from './kind-table.ts'

const core: ReadonlySet<string> = new Set([
  'persistentvolumeclaims',
  'persistentvolumes',
  'pods',
  'podtemplates',
  'resourcequotas',
  'serviceaccounts',
  'services',
])
const groups: ReadonlySet<string> = new Set(['resource.k8s.io', 'storage.k8s.io'])
/** These of the groups above answer with a Status. */
const exceptions: ReadonlySet<string> = new Set(['csistoragecapacities'])

export function returnsDeleted({ kind }: ServedKind): boolean {
  if (kind.group === '') return core.has(kind.plural)
  return groups.has(kind.group) && !exceptions.has(kind.plural)
}
