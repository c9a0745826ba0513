/**
 * What a request is about, read from its method and URL as k8s.io/apiserver/pkg/endpoints/request/requestinfo.go does:
 * resource requests name a verb, group, version, namespace, resource, name and subresource; everything else is a path.
 */
export interface RequestInfo {
  readonly resourceRequest: boolean
  readonly path: string
  /** get, list, watch, create, update, patch, delete, deletecollection; the lower-case method for other paths. */
  readonly verb: string
  readonly group: string
  readonly version: string
  /** Empty for cluster-scoped resources and for all namespaces. */
  readonly namespace: string
  readonly resource: string
  readonly subresource: string
  readonly name: string
  /** What follows the subresource, for proxies: `a/b` of `…/proxy/a/b`. */
  readonly rest: string
}

const verbs: Readonly<Record<string, string>> = {
  POST: 'create',
  GET: 'get',
  HEAD: 'get',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
}

/** Subresources of namespaces themselves; other third segments are resources inside the namespace. */
const namespaceSubresources = new Set(['status', 'finalize'])

/** `path` is the decoded path of the URL; `query` decides between list and watch. */
export function parseRequestInfo(method: string, path: string, query: URLSearchParams): RequestInfo {
  const parts = path.split('/')
  if (parts[0] === '') parts.shift()
  if (parts.length > 0 && parts[parts.length - 1] === '') parts.pop()

  const grouped = parts[0] === 'apis'
  if (parts.length < (grouped ? 4 : 3) || !(grouped || parts[0] === 'api')) return nonResource(method, path)

  const group = grouped ? (parts[1] as string) : ''
  const version = parts[grouped ? 2 : 1] as string
  let index = grouped ? 3 : 2
  let verb = verbs[method] ?? ''
  const oldWatch = parts[index] === 'watch' && parts.length > index + 1
  if (oldWatch) {
    verb = 'watch'
    index++
  }

  let namespace = ''
  if (parts[index] === 'namespaces' && parts.length > index + 1) {
    namespace = parts[index + 1] as string
    if (parts.length > index + 2 && !namespaceSubresources.has(parts[index + 2] as string)) index += 2
  }
  const resource = parts[index] ?? ''
  let name = parts[index + 1] ?? ''
  const subresource = oldWatch ? '' : (parts[index + 2] ?? '')
  if (name === '') {
    if (verb === 'get') verb = isTrue(query.get('watch')) ? 'watch' : 'list'
    else if (verb === 'delete') verb = 'deletecollection'
  }
  if (name === '' && (verb === 'list' || verb === 'watch' || verb === 'deletecollection')) {
    name = exactName(query.get('fieldSelector'))
  }
  const rest = subresource === '' ? '' : parts.slice(index + 3).join('/')
  return { resourceRequest: true, path, verb, group, version, namespace, resource, subresource, name, rest }
}

function nonResource(method: string, path: string): RequestInfo {
  return {
    resourceRequest: false,
    path,
    verb: method.toLowerCase(),
    group: '',
    version: '',
    namespace: '',
    resource: '',
    subresource: '',
    name: '',
    rest: '',
  }
}

/** Go's strconv.ParseBool, as far as it says true; conversion also takes the bare key. */
export function isTrue(value: string | null): boolean {
  return value !== null && value !== '' && value !== 'false' && value !== '0' && value !== 'False' && value !== 'FALSE'
}

/** The name that a field selector fixes, so that RBAC's resourceNames hold for lists and watches of one object. */
function exactName(fieldSelector: string | null): string {
  if (!fieldSelector?.includes('metadata.name')) return ''
  for (const term of fieldSelector.split(',')) {
    const match = /^metadata\.name==?([^=!]+)$/.exec(term)
    if (match) return match[1] as string
  }
  return ''
}
