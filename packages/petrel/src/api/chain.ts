/**
 * The handler chain for one authenticated call: authorize, find the kind, do what the verb says. The HTTP front and the
 * in-process client both call this; there is no other way to the store.
 */
import { authorize } from './authorize.ts'
import type { Authorizer } from './contract.ts'
import { methodNotAllowed, noSuchResource } from './refusals.ts'
import { create } from './registry/create.ts'
import { destroy } from './registry/delete.ts'
import { deleteCollection } from './registry/delete-collection.ts'
import { get } from './registry/get.ts'
import type { ServedKind } from './registry/kind-table.ts'
import { list } from './registry/list.ts'
import { patch } from './registry/patch.ts'
import type { Registry } from './registry/registry.ts'
import { update } from './registry/update.ts'
import { watch } from './registry/watch.ts'
import type { ApiRequest, ApiResult } from './request.ts'

/** Answers for one subresource, or for a kind that is not stored. */
export type Handler = (request: ApiRequest, served: ServedKind) => Promise<ApiResult>

/** Answers for paths that are no resources; undefined when the path is not its own. */
export type PathHandler = (request: ApiRequest) => Promise<ApiResult | undefined> | ApiResult | undefined

export interface ChainOptions {
  readonly registry: Registry
  readonly authorizer: Authorizer
  /** By `group/plural` or `group/plural/subresource`; `*` stands for any `group/plural`. */
  readonly handlers: ReadonlyMap<string, Handler>
  readonly paths: readonly PathHandler[]
}

export type Chain = (request: ApiRequest) => Promise<ApiResult>

export function createChain(options: ChainOptions): Chain {
  const { registry, authorizer, handlers, paths } = options
  return async request => {
    const { info } = request
    authorize(authorizer, request.user, request)
    if (!info.resourceRequest) {
      for (const handler of paths) {
        const result = await handler(request)
        if (result) return result
      }
      throw noSuchResource()
    }
    const served = registry.table.byPlural(info.group, info.version, info.resource)
    if (!served) throw noSuchResource()
    checkScope(request, served)
    const deprecation = deprecationOf(served)
    if (deprecation !== undefined) request.warn(deprecation)
    const id = `${info.group}/${info.resource}`
    if (info.subresource !== '') {
      const handler = handlers.get(`${id}/${info.subresource}`) ?? handlers.get(`*/${info.subresource}`)
      if (!handler || !hasSubresource(served, info.subresource)) throw noSuchResource()
      // Only what is passed on has more of a path.
      if (info.rest !== '' && info.subresource !== 'proxy') throw noSuchResource()
      return handler(request, served)
    }
    const handler = handlers.get(id)
    if (handler) return handler(request, served)
    return verb(registry, request, served)
  }
}

function verb(registry: Registry, request: ApiRequest, served: ServedKind): Promise<ApiResult> {
  const { info } = request
  if (!(served.kind.verbs as readonly string[]).includes(info.verb)) throw methodNotAllowed()
  switch (info.verb) {
    case 'get':
      return get(registry, request, served)
    case 'list':
      return list(registry, request, served)
    case 'watch':
      return watch(registry, request, served)
    case 'create':
      return create(registry, request, served)
    case 'update':
      return update(registry, request, served)
    case 'patch':
      return patch(registry, request, served)
    case 'delete':
      return destroy(registry, request, served)
    case 'deletecollection':
      return deleteCollection(registry, request, served)
    default:
      throw methodNotAllowed()
  }
}

/** deprecation.WarningMessage of k8s.io/apiserver. */
function deprecationOf({ kind: { group, version, kind, deprecated } }: ServedKind): string | undefined {
  if (!deprecated) return undefined
  const name = `${group === '' ? '' : `${group}/`}${version} ${kind}`
  return `${name} is deprecated in ${deprecated.since}+${deprecated.use === undefined ? '' : `; use ${deprecated.use}`}`
}

function hasSubresource({ kind }: ServedKind, name: string): boolean {
  const { status, scale, others } = kind.subresources
  if (name === 'status') return status !== undefined || (others !== undefined && Object.hasOwn(others, name))
  if (name === 'scale') return scale !== undefined
  return others !== undefined && Object.hasOwn(others, name)
}

const oneObject: ReadonlySet<string> = new Set(['get', 'update', 'patch', 'delete'])

/** A URL whose scope is not the kind's names nothing; a verb on the wrong end of a URL is not allowed. */
function checkScope(request: ApiRequest, served: ServedKind): void {
  const { info } = request
  const inNamespace = info.namespace !== '' && info.resource !== 'namespaces'
  if (!served.kind.namespaced) {
    if (inNamespace) throw noSuchResource()
  } else if (!inNamespace && (oneObject.has(info.verb) || info.verb === 'create' || info.verb === 'deletecollection')) {
    throw info.name !== '' ? noSuchResource() : methodNotAllowed()
  }
  if (info.subresource !== '') return
  const named = info.name !== ''
  if (oneObject.has(info.verb) && !named) throw methodNotAllowed()
  if (info.verb === 'create' && named) throw methodNotAllowed()
}
