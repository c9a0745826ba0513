/**
 * What a server serves, from its discovery documents: for loops over all resources (namespace, garbage collector).
 * Groups that cannot be read (an aggregated server is down) are named, so that the caller does not take them for empty.
 */
import type { APIGroupList, APIResourceList } from '@petrel/machinery/api/meta-v1'
import type { Resource } from '@petrel/machinery/kinds'
import { StatusError } from '@petrel/machinery/status'
import type { Client } from './contract.ts'

export interface DiscoveredResource extends Resource {
  readonly verbs: readonly string[]
  /** Of this group and plural this is the version that the server prefers. */
  readonly preferred: boolean
}

export interface Discovered {
  readonly resources: readonly DiscoveredResource[]
  /** Group versions that could not be read, and why. */
  readonly failures: ReadonlyMap<string, StatusError>
}

/** Reads every group version; subresources are left out. Rejects only when the list of groups cannot be read. */
export async function discoverResources(client: Client): Promise<Discovered> {
  const { groups } = (await client.raw('GET', '/apis')) as APIGroupList
  const versions = ['v1']
  for (const group of groups) {
    const preferred = group.preferredVersion?.groupVersion
    if (preferred) versions.push(preferred)
    for (const version of group.versions) if (version.groupVersion !== preferred) versions.push(version.groupVersion)
  }
  const failures = new Map<string, StatusError>()
  const lists = await Promise.all(
    versions.map(async groupVersion => {
      const path = groupVersion.includes('/') ? `/apis/${groupVersion}` : `/api/${groupVersion}`
      try {
        return (await client.raw('GET', path)) as APIResourceList
      } catch (error) {
        failures.set(groupVersion, StatusError.from(error))
        return { groupVersion, resources: [] }
      }
    }),
  )
  return { resources: lists.flatMap(fromList(new Set())), failures }
}

/** `seen` collects group and plural: the first version of each, in the server's order of preference, is preferred. */
function fromList(seen: Set<string>): (list: APIResourceList) => DiscoveredResource[] {
  return list => {
    const [group, version] = splitGroupVersion(list.groupVersion)
    const resources: DiscoveredResource[] = []
    for (const { name, kind, namespaced, verbs } of list.resources) {
      if (name.includes('/')) continue
      const preferred = !seen.has(`${group}/${name}`)
      seen.add(`${group}/${name}`)
      resources.push({ group, version, kind, plural: name, namespaced, verbs, preferred })
    }
    return resources
  }
}

/** `['apps', 'v1']`, and `['', 'v1']` for the core group. */
export function splitGroupVersion(groupVersion: string): [group: string, version: string] {
  const slash = groupVersion.indexOf('/')
  return slash < 0 ? ['', groupVersion] : [groupVersion.slice(0, slash), groupVersion.slice(slash + 1)]
}
