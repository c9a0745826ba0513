/** URLs of the API: paths of resources and the query strings of the options, as k8s.io/client-go/rest builds them. */
import type { Resource } from '@petrel/machinery/kinds'
import type { ListOptions, ObjectKey, WatchOptions, WriteOptions } from './contract.ts'

/** Path of a collection, or of all namespaces when `namespace` is undefined. */
export function collectionPath(resource: Resource, namespace: string | undefined): string {
  const root = resource.group === '' ? `/api/${resource.version}` : `/apis/${resource.group}/${resource.version}`
  const scope = resource.namespaced && namespace ? `/namespaces/${encodeURIComponent(namespace)}` : ''
  return `${root}${scope}/${resource.plural}`
}

/** Path of one object. Throws TypeError for a namespaced resource without a namespace. */
export function objectPath(resource: Resource, key: ObjectKey, subresource?: string): string {
  if (key.name === '') throw new TypeError(`Cannot address ${resource.plural}: the name is empty`)
  if (resource.namespaced && !key.namespace) {
    throw new TypeError(
      `Cannot address ${resource.plural} ${JSON.stringify(key.name)}: the resource is namespaced and no namespace is given`,
    )
  }
  const path = `${collectionPath(resource, key.namespace)}/${encodeURIComponent(key.name)}`
  return subresource ? `${path}/${subresource}` : path
}

export function listQuery(options: ListOptions): string {
  return query({
    labelSelector: options.labelSelector,
    fieldSelector: options.fieldSelector,
    limit: options.limit,
    continue: options.continue,
    resourceVersion: options.resourceVersion,
    resourceVersionMatch: options.resourceVersionMatch,
  })
}

export function watchQuery(options: WatchOptions): string {
  return query({
    watch: true,
    labelSelector: options.labelSelector,
    fieldSelector: options.fieldSelector,
    resourceVersion: options.resourceVersion,
    resourceVersionMatch: options.sendInitialEvents ? 'NotOlderThan' : undefined,
    sendInitialEvents: options.sendInitialEvents,
    allowWatchBookmarks: options.allowWatchBookmarks,
    timeoutSeconds: options.timeoutSeconds,
  })
}

export function writeQuery(options: WriteOptions): string {
  return query({
    dryRun: options.dryRun ? 'All' : undefined,
    fieldManager: options.fieldManager,
    fieldValidation: options.fieldValidation,
    force: options.force,
  })
}

/** `?a=1&b=2`, without the undefined and empty ones; empty when nothing is left. */
export function query(fields: Readonly<Record<string, string | number | boolean | undefined>>): string {
  const parts = new URLSearchParams()
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined && value !== '') parts.set(name, String(value))
  }
  const text = parts.toString()
  return text === '' ? '' : `?${text}`
}
