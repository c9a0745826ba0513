/** Names of objects as strings, in client-go's form: `namespace/name`, or `name` for cluster-scoped ones (cache.MetaNamespaceKeyFunc). */
import type { KubeObject, Resource } from '@petrel/machinery/kinds'

/** The key of an object that the server has named. */
export function keyOf(object: KubeObject): string {
  const metadata = object.metadata
  return formatKey(metadata?.namespace, metadata?.name ?? '')
}

export function formatKey(namespace: string | undefined, name: string): string {
  return namespace ? `${namespace}/${name}` : name
}

/** The inverse of `formatKey`; fits into `metadata` as well. */
export function parseKey(key: string): { readonly namespace?: string; readonly name: string } {
  const slash = key.indexOf('/')
  return slash < 0 ? { name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) }
}

/** `apps/v1`, and `v1` for the core group. */
export function apiVersionOf(resource: Pick<Resource, 'group' | 'version'>): string {
  return resource.group === '' ? resource.version : `${resource.group}/${resource.version}`
}
