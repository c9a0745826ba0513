/** `/api`, `/apis`, `/apis/G`, `/api/v1`, `/apis/G/V`: discovery as it was before it was aggregated. */
import type { KindTable } from '../registry/kind-table.ts'
import { apiResources, type GroupVersions, groups, kindsOf } from './resources.ts'

export function apiVersions(serverAddress: string): unknown {
  return {
    kind: 'APIVersions',
    versions: ['v1'],
    serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress }],
  }
}

export function apiGroupList(table: KindTable): unknown {
  return { kind: 'APIGroupList', apiVersion: 'v1', groups: groups(table).map(group) }
}

/** Undefined when there is no such group. */
export function apiGroup(table: KindTable, name: string): unknown {
  const found = groups(table).find(({ group }) => group === name)
  return found && { kind: 'APIGroup', apiVersion: 'v1', ...group(found) }
}

function group({ group, versions }: GroupVersions): { name: string; versions: unknown[]; preferredVersion: unknown } {
  const named = versions.map(version => ({ groupVersion: `${group}/${version}`, version }))
  return { name: group, versions: named, preferredVersion: named[0] }
}

/** Undefined when there is no such group version. */
export function apiResourceList(table: KindTable, group: string, version: string): unknown {
  const kinds = kindsOf(table, group, version)
  if (kinds.length === 0) return undefined
  return {
    kind: 'APIResourceList',
    ...(group !== '' && { apiVersion: 'v1' }),
    groupVersion: group === '' ? version : `${group}/${version}`,
    resources: kinds.flatMap(kind => apiResources(kind, table.of(kind).stored)),
  }
}
