/**
 * The operations of one kind, path by path, named and typed as apiserver/pkg/endpoints/installer.go installs them.
 */
import type { Kind } from '../kinds/index.ts'
import { schemaOf } from '../schema/index.ts'
import type { GroupVersionKind, Operation, Parameter, PathItem } from './document.ts'
import {
  deleteCollectionParameters,
  deleteParameters,
  inPath,
  listParameters,
  patchParameters,
  query,
  sortParameters,
  writeParameters,
} from './parameters.ts'
import { v3 } from './schema-document.ts'

const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1'
const media = ['application/cbor', 'application/json', 'application/vnd.kubernetes.protobuf', 'application/yaml']
const watchMedia = [
  ...media,
  'application/cbor-seq',
  'application/json;stream=watch',
  'application/vnd.kubernetes.protobuf;stream=watch',
]
const patchMedia = [
  'application/apply-patch+cbor',
  'application/apply-patch+yaml',
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
]

/** Kinds whose delete answers with the object (ReturnDeletedObject in their storage). */
const deleteReturnsObject: ReadonlySet<string> = new Set([
  'CSIDriver',
  'CSINode',
  'DeviceClass',
  'DeviceTaintRule',
  'PersistentVolume',
  'PersistentVolumeClaim',
  'Pod',
  'PodTemplate',
  'ResourceClaim',
  'ResourceClaimTemplate',
  'ResourcePoolStatusRequest',
  'ResourceQuota',
  'ResourceSlice',
  'Service',
  'ServiceAccount',
  'StorageClass',
  'VolumeAttachment',
  'VolumeAttributesClass',
])

interface Draft {
  readonly path: string
  readonly method: string
  readonly id: string
  readonly action: string
  readonly gvk: GroupVersionKind
  readonly parameters: readonly Parameter[]
  readonly body?: unknown
  readonly responses: Readonly<Record<string, unknown>>
}

/** `rbacAuthorization_v1`. */
export function tagOf(group: string, version: string): string {
  const name = camel(group)
  return `${name[0]!.toLowerCase()}${name.slice(1)}_${version}`
}

export function camel(group: string): string {
  const words = (group === '' ? 'core' : group.replace(/\.k8s\.io$/, '')).split('.')
  return words.map(capital).join('')
}

export const capital = (word: string): string => `${word[0]!.toUpperCase()}${word.slice(1)}`

export const basePath = (group: string, version: string): string =>
  group === '' ? `/api/${version}` : `/apis/${group}/${version}`

/** The paths of a kind, its subresources and its old watch paths included. */
export function pathsOf(kind: Kind): Record<string, PathItem> {
  return assemble([...drafts(kind)], tagOf(kind.group, kind.version))
}

function* drafts(kind: Kind): Generator<Draft> {
  const base = basePath(kind.group, kind.version)
  const scope = kind.namespaced ? '/namespaces/{namespace}' : ''
  const names: Names = {
    id: `${camel(kind.group)}${capital(kind.version)}`,
    scoped: `${kind.namespaced ? 'Namespaced' : ''}${kind.kind}`,
    gvk: { group: kind.group, kind: kind.kind, version: kind.version },
    inScope: kind.namespaced ? [inPath('namespace')] : [],
    object: kind.schema.name ?? '',
  }
  const item = `${base}${scope}/${kind.plural}/{name}`
  yield* collectionDrafts(kind, `${base}${scope}/${kind.plural}`, names)
  yield* itemDrafts(kind.verbs, item, names, '', names.object)
  if (kind.namespaced && kind.verbs.includes('list')) yield acrossNamespaces(`${base}/${kind.plural}`, kind, names)
  if (kind.verbs.includes('watch')) yield* watchDrafts(kind, base, scope, names)
  yield* subresourceDrafts(kind, item, names)
}

interface Names {
  readonly id: string
  readonly scoped: string
  readonly gvk: GroupVersionKind
  readonly inScope: readonly Parameter[]
  readonly object: string
}

const pretty = query('pretty')
const listOf = (names: Names): string => `${names.object}List`
const ref = (definition: string): unknown => ({ $ref: v3.refPrefix + definition })
const content = (types: readonly string[], schema: unknown): unknown => ({
  content: Object.fromEntries(types.toSorted().map(type => [type, { schema }])),
})
const body = (definition: string, required = true): unknown => ({
  content: { '*/*': { schema: ref(definition) } },
  ...(required && { required: true }),
})
const queries = (names: readonly string[]): Parameter[] => names.map(name => query(name))

function answers(definition: string, codes: readonly number[], types = media): Record<string, unknown> {
  return Object.fromEntries([...codes.map(code => [code, content(types, ref(definition))]), [401, unauthorized]])
}

const unauthorized = { description: 'Unauthorized' }

function* collectionDrafts(kind: Kind, path: string, names: Names): Generator<Draft> {
  const common = { path, gvk: names.gvk }
  const scope = [...names.inScope, pretty]
  if (kind.verbs.includes('deletecollection')) {
    yield {
      ...common,
      method: 'delete',
      id: `delete${names.id}Collection${names.scoped}`,
      action: 'deletecollection',
      parameters: [...scope, ...queries(deleteCollectionParameters)],
      body: body(`${meta}.DeleteOptions`, false),
      responses: answers(`${meta}.Status`, [200]),
    }
  }
  if (kind.verbs.includes('list')) {
    yield {
      ...common,
      method: 'get',
      id: `list${names.id}${names.scoped}`,
      action: 'list',
      parameters: [...scope, ...queries(listParameters)],
      responses: answers(listOf(names), [200], watchMedia),
    }
  }
  if (kind.verbs.includes('create')) {
    yield create({ ...common, id: `create${names.id}${names.scoped}`, parameters: scope }, names.object)
  }
}

function create(common: Pick<Draft, 'path' | 'gvk' | 'id' | 'parameters'>, definition: string): Draft {
  return {
    ...common,
    method: 'post',
    action: 'post',
    parameters: [...common.parameters, ...queries(writeParameters)],
    body: body(definition),
    responses: answers(definition, [200, 201, 202]),
  }
}

/** get, put, patch and delete of an item or of a subresource (`suffix`) that has them. */
function* itemDrafts(
  verbs: readonly string[],
  path: string,
  names: Names,
  suffix: string,
  definition: string,
  gvk = names.gvk,
): Generator<Draft> {
  const scope = [inPath('name'), ...names.inScope, pretty]
  const named = (verb: string): string => `${verb}${names.id}${names.scoped}${suffix}`
  const common = { path, gvk }
  if (verbs.includes('delete')) {
    yield {
      ...common,
      method: 'delete',
      id: named('delete'),
      action: 'delete',
      parameters: [...scope, ...queries(deleteParameters)],
      body: body(`${meta}.DeleteOptions`, false),
      responses: answers(deleteReturnsObject.has(gvk.kind) ? definition : `${meta}.Status`, [200, 202]),
    }
  }
  if (verbs.includes('get')) {
    yield {
      ...common,
      method: 'get',
      id: named('read'),
      action: 'get',
      parameters: scope,
      responses: answers(definition, [200]),
    }
  }
  if (verbs.includes('patch')) {
    yield {
      ...common,
      method: 'patch',
      id: named('patch'),
      action: 'patch',
      parameters: [...scope, ...queries(patchParameters)],
      body: { ...(content(patchMedia, ref(`${meta}.Patch`)) as object), required: true },
      responses: answers(definition, [200, 201]),
    }
  }
  if (verbs.includes('update')) {
    yield {
      ...common,
      method: 'put',
      id: named('replace'),
      action: 'put',
      parameters: [...scope, ...queries(writeParameters)],
      body: body(definition),
      responses: answers(definition, [200, 201]),
    }
  }
}

function acrossNamespaces(path: string, kind: Kind, names: Names): Draft {
  return {
    path,
    gvk: names.gvk,
    method: 'get',
    id: `list${names.id}${kind.kind}ForAllNamespaces`,
    action: 'list',
    parameters: [pretty, ...queries(listParameters)],
    responses: answers(listOf(names), [200], watchMedia),
  }
}

function* watchDrafts(kind: Kind, base: string, scope: string, names: Names): Generator<Draft> {
  const common = { gvk: names.gvk, method: 'get', responses: answers(`${meta}.WatchEvent`, [200], watchMedia) }
  const parameters = [pretty, ...queries(listParameters)]
  const list = { ...common, action: 'watchlist' }
  const collection = `${base}/watch${scope}/${kind.plural}`
  yield {
    ...list,
    path: collection,
    id: `watch${names.id}${names.scoped}List`,
    parameters: [...names.inScope, ...parameters],
  }
  if (kind.namespaced) {
    yield {
      ...list,
      path: `${base}/watch/${kind.plural}`,
      id: `watch${names.id}${kind.kind}ListForAllNamespaces`,
      parameters,
    }
  }
  if (kind.verbs.includes('get')) {
    yield {
      ...common,
      action: 'watch',
      path: `${collection}/{name}`,
      id: `watch${names.id}${names.scoped}`,
      parameters: [inPath('name'), ...names.inScope, ...parameters],
    }
  }
}

function* subresourceDrafts(kind: Kind, item: string, names: Names): Generator<Draft> {
  const { status, scale, others } = kind.subresources
  const verbs = ['get', 'patch', 'update']
  if (status !== undefined) yield* itemDrafts(verbs, `${item}/status`, names, 'Status', names.object)
  if (scale !== undefined) {
    const gvk = { group: 'autoscaling', kind: 'Scale', version: 'v1' }
    yield* itemDrafts(verbs, `${item}/scale`, names, 'Scale', 'io.k8s.api.autoscaling.v1.Scale', gvk)
  }
  for (const [name, other] of Object.entries(others ?? {})) {
    const [version, group = ''] = (other.groupVersion ?? `${kind.group}/${kind.version}`).split('/').toReversed()
    const gvk: GroupVersionKind = { group, kind: other.kind, version: version! }
    const path = `${item}/${name}`
    const definition = other.kind === kind.kind ? names.object : subresourceDefinition(gvk, kind)
    const suffix = name.split('/').map(capital).join('')
    if (name === 'log') {
      yield logDraft(path, names)
    } else if (other.kind.endsWith('Options')) {
      yield* connectDrafts(path, names, suffix, gvk, name === 'proxy')
    } else {
      if (other.verbs.includes('create')) {
        const scope = [inPath('name'), ...names.inScope, pretty]
        yield create({ path, gvk, id: `create${names.id}${names.scoped}${suffix}`, parameters: scope }, definition)
      }
      yield* itemDrafts(other.verbs, path, names, suffix, definition, gvk)
    }
  }
}

function subresourceDefinition(gvk: GroupVersionKind, kind: Kind): string {
  const group = gvk.group === '' ? 'core' : gvk.group.split('.')[0]!
  const own = kind.schema.name ?? ''
  return gvk.group === kind.group ? own.replace(/[^.]+$/, gvk.kind) : `io.k8s.api.${group}.${gvk.version}.${gvk.kind}`
}

const text = { schema: { type: 'string' } }

function logDraft(path: string, names: Names): Draft {
  return {
    path,
    method: 'get',
    gvk: names.gvk,
    id: `read${names.id}${names.scoped}Log`,
    action: 'get',
    parameters: [inPath('name'), ...names.inScope, pretty, ...optionParameters('PodLogOptions')],
    responses: { 200: content([...media, 'text/plain'], text.schema), 401: unauthorized },
  }
}

/** The fields of an options kind are the query parameters. */
function optionParameters(kind: string): Parameter[] {
  const properties = schemaOf(`io.k8s.api.core.v1.${kind}`).properties!
  const fields = [...properties].filter(([name]) => name !== 'kind' && name !== 'apiVersion' && name !== 'sinceTime')
  return fields.map(([name, { schema }]) => {
    const type = schema.type === 'array' ? schema.items!.type : schema.type
    return query(name, name === 'ports' ? 'integer' : type)
  })
}

function* connectDrafts(
  path: string,
  names: Names,
  suffix: string,
  gvk: GroupVersionKind,
  isProxy: boolean,
): Generator<Draft> {
  const methods = isProxy ? ['delete', 'get', 'head', 'options', 'patch', 'post', 'put'] : ['get', 'post']
  const parameters = [inPath('name'), ...names.inScope, ...optionParameters(gvk.kind)]
  const responses = { 200: content(['*/*'], text.schema), 401: unauthorized }
  for (const method of methods) {
    const id = `connect${names.id}${capital(method)}${names.scoped}${suffix}`
    const common = { method, gvk, action: 'connect', responses }
    yield { ...common, path, id, parameters }
    if (isProxy)
      yield { ...common, path: `${path}/{path}`, id: `${id}WithPath`, parameters: [...parameters, inPath('path')] }
  }
}

/** Parameters that every operation of a path has are written once, on the path. */
function assemble(drafts: readonly Draft[], tag: string): Record<string, PathItem> {
  const byPath = Map.groupBy(drafts, draft => draft.path)
  return Object.fromEntries([...byPath].map(([path, members]) => [path, assemblePath(members, tag)]))
}

const keyOf = (parameter: Parameter): string => `${parameter.in} ${parameter.name}`

function assemblePath(members: readonly Draft[], tag: string): PathItem {
  const keys = members.map(member => new Set(member.parameters.map(keyOf)))
  const isShared = (parameter: Parameter): boolean => keys.every(set => set.has(keyOf(parameter)))
  const item: PathItem = {}
  for (const member of members) {
    const own = sortParameters(member.parameters.filter(parameter => !isShared(parameter)))
    const operation: Operation = {
      operationId: member.id,
      ...(own.length > 0 && { parameters: own }),
      ...(member.body !== undefined && { requestBody: member.body }),
      responses: member.responses,
      tags: [tag],
      'x-kubernetes-action': member.action,
      'x-kubernetes-group-version-kind': member.gvk,
    }
    item[member.method] = operation
  }
  const shared = sortParameters(members[0]!.parameters.filter(isShared))
  if (shared.length > 0) item['parameters'] = shared
  return item
}
