/** The `status` view: what the kind's declaration says, else everything but status stays as it was. */
import type { KubeObject } from '@petrel/machinery/kinds'
import type { ServedKind } from '../registry/kind-table.ts'
import type { SubresourceRules } from '../registry/update.ts'

export function statusRules({ kind }: ServedKind): SubresourceRules {
  const { status } = kind.subresources
  return {
    name: 'status',
    prepare(object, old, context) {
      if (status?.prepareForUpdate) status.prepareForUpdate(object, old, context)
      else keepAllBut(object, old)
    },
    validate: (object, old, errors) => status?.validateUpdate?.(object, old, errors),
  }
}

const ofThisView: ReadonlySet<string> = new Set(['kind', 'apiVersion', 'metadata', 'status'])

function keepAllBut(object: KubeObject, old: KubeObject): void {
  const to = object as Record<string, unknown>
  const from = old as Record<string, unknown>
  for (const key of Object.keys(to)) if (!ofThisView.has(key)) delete to[key]
  for (const key of Object.keys(from)) if (!ofThisView.has(key)) to[key] = from[key]
  const { ownerReferences } = old.metadata ?? {}
  if (ownerReferences) object.metadata!.ownerReferences = ownerReferences
  else delete object.metadata?.ownerReferences
}
