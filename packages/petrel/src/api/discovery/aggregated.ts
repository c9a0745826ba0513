/** Aggregated discovery (KEP-3352): all groups, versions and resources in one document, v2 and v2beta1. */
import type { Kind } from '@petrel/machinery/kinds'
import type { KindTable } from '../registry/kind-table.ts'
import { groups, kindsOf, subresources } from './resources.ts'

/** For `/api` the core group alone, for `/apis` all others. */
export function aggregated(table: KindTable, core: boolean, version: 'v2' | 'v2beta1'): unknown {
  const named = core ? [{ group: '', versions: ['v1'] }] : groups(table)
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: `apidiscovery.k8s.io/${version}`,
    metadata: {},
    items: named.map(({ group, versions }) => ({
      metadata: group === '' ? {} : { name: group },
      versions: versions.map(name => ({
        version: name,
        resources: kindsOf(table, group, name).map(resource),
        freshness: 'Current',
      })),
    })),
  }
}

/** Upstream leaves group and version out where they are those of the document. */
function resource(kind: Kind): unknown {
  const subs = subresources(kind).map(sub => ({
    subresource: sub.name,
    responseKind: { group: sub.group ?? '', version: sub.version ?? '', kind: sub.kind },
    verbs: sub.verbs,
  }))
  return {
    resource: kind.plural,
    responseKind: { group: '', version: '', kind: kind.kind },
    scope: kind.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: kind.singular,
    verbs: [...kind.verbs].sort(),
    ...(kind.shortNames.length > 0 && { shortNames: kind.shortNames }),
    ...(kind.categories.length > 0 && { categories: kind.categories }),
    ...(subs.length > 0 && { subresources: subs }),
  }
}
