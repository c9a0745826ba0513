/**
 * What discovery says of the kinds, from their declarations: groups with their versions in order of preference,
 * resources with their subresources. Checked against upstream's documents (api/discovery).
 */
import { createHash } from 'node:crypto'
import type { Kind } from '@petrel/machinery/kinds'
import type { KindTable } from '../registry/kind-table.ts'

export interface GroupVersions {
  readonly group: string
  /** Most preferred first. */
  readonly versions: readonly string[]
}

/** metav1.APIResource. */
export interface ApiResource {
  readonly name: string
  readonly singularName: string
  readonly namespaced: boolean
  readonly group?: string
  readonly version?: string
  readonly kind: string
  readonly verbs: readonly string[]
  readonly shortNames?: readonly string[]
  readonly categories?: readonly string[]
  readonly storageVersionHash?: string
}

/** kube-apiserver's group priorities (pkg/controlplane/apiserver/aggregator.go), highest first; others follow by name. */
const groupOrder = [
  'apiregistration.k8s.io',
  'apps',
  'events.k8s.io',
  'authentication.k8s.io',
  'authorization.k8s.io',
  'autoscaling',
  'batch',
  'certificates.k8s.io',
  'networking.k8s.io',
  'policy',
  'rbac.authorization.k8s.io',
  'storage.k8s.io',
  'admissionregistration.k8s.io',
  'apiextensions.k8s.io',
  'scheduling.k8s.io',
  'coordination.k8s.io',
  'node.k8s.io',
  'discovery.k8s.io',
  'resource.k8s.io',
  'flowcontrol.apiserver.k8s.io',
  'internal.apiserver.k8s.io',
  'storagemigration.k8s.io',
]

/** All groups but the core one. */
export function groups(table: KindTable): GroupVersions[] {
  const found = new Map<string, Set<string>>()
  for (const { kind } of table.all) {
    if (kind.group === '') continue
    const versions = found.get(kind.group) ?? new Set()
    found.set(kind.group, versions.add(kind.version))
  }
  const rank = (group: string): number => (groupOrder.includes(group) ? groupOrder.indexOf(group) : groupOrder.length)
  return [...found]
    .map(([group, versions]) => ({ group, versions: [...versions].sort(comparePreference) }))
    .sort((a, b) => rank(a.group) - rank(b.group) || (a.group < b.group ? -1 : 1))
}

/** version.CompareKubeAwareVersionStrings: GA before beta before alpha, higher numbers first. */
function comparePreference(a: string, b: string): number {
  const left = parse(a)
  const right = parse(b)
  if (!left || !right) return left ? -1 : right ? 1 : a < b ? -1 : a > b ? 1 : 0
  return right.stage - left.stage || right.major - left.major || right.minor - left.minor
}

function parse(version: string): { stage: number; major: number; minor: number } | undefined {
  const match = /^v([1-9]\d*)(?:(alpha|beta)([1-9]\d*))?$/.exec(version)
  if (!match) return undefined
  return {
    stage: match[2] === 'alpha' ? 0 : match[2] === 'beta' ? 1 : 2,
    major: Number(match[1]),
    minor: Number(match[3] ?? 0),
  }
}

export function kindsOf(table: KindTable, group: string, version: string): Kind[] {
  const kinds: Kind[] = []
  for (const { kind } of table.all) if (kind.group === group && kind.version === version) kinds.push(kind)
  return kinds.sort((a, b) => (a.plural < b.plural ? -1 : 1))
}

/** The kind and its subresources, by name. */
export function apiResources(kind: Kind, stored: Kind): ApiResource[] {
  const isStored = kind.verbs.includes('list') || kind.verbs.includes('get')
  const main: ApiResource = {
    name: kind.plural,
    singularName: kind.singular,
    namespaced: kind.namespaced,
    kind: kind.kind,
    verbs: [...kind.verbs].sort(),
    ...(kind.shortNames.length > 0 && { shortNames: kind.shortNames }),
    ...(kind.categories.length > 0 && { categories: kind.categories }),
    ...(isStored && kind.verbs.includes('watch') && { storageVersionHash: storageVersionHash(stored) }),
  }
  return [
    main,
    ...subresources(kind).map(sub => ({
      name: `${kind.plural}/${sub.name}`,
      singularName: '',
      namespaced: kind.namespaced,
      ...(sub.group !== undefined && sub.group !== '' && { group: sub.group }),
      ...(sub.version !== undefined && { version: sub.version }),
      kind: sub.kind,
      verbs: sub.verbs,
    })),
  ]
}

export interface SubresourceOf {
  readonly name: string
  readonly kind: string
  readonly group?: string
  readonly version?: string
  readonly verbs: readonly string[]
}

/** By name. */
export function subresources(kind: Kind): SubresourceOf[] {
  const { status, scale, others } = kind.subresources
  const view = ['get', 'patch', 'update']
  const found: SubresourceOf[] = []
  if (status) found.push({ name: 'status', kind: kind.kind, verbs: view })
  if (scale) found.push({ name: 'scale', kind: 'Scale', group: 'autoscaling', version: 'v1', verbs: view })
  for (const [name, other] of Object.entries(others ?? {})) {
    const [group = '', version = ''] = other.groupVersion?.includes('/')
      ? other.groupVersion.split('/')
      : ['', other.groupVersion]
    found.push({
      name,
      kind: other.kind,
      ...(other.groupVersion !== undefined && { group, version }),
      verbs: [...other.verbs].sort(),
    })
  }
  return found.sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** discovery.StorageVersionHash: the first eight bytes of SHA-256 of `group/version/kind`. */
function storageVersionHash({ group, version, kind }: Kind): string {
  return createHash('sha256').update(`${group}/${version}/${kind}`).digest().subarray(0, 8).toString('base64')
}
