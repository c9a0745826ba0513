/** Finds the resource of an object by asking the server's discovery, once a group version. */
import type { KubeObject, Resource } from '@petrel/machinery/kinds'
import type { Client } from '../../client/index.ts'

interface ApiResource {
  readonly name: string
  readonly kind: string
  readonly namespaced: boolean
}

export function kindResolver(client: Client): (object: KubeObject) => Promise<Resource> {
  const lists = new Map<string, Promise<readonly ApiResource[]>>()
  return async object => {
    const apiVersion = object.apiVersion ?? ''
    let list = lists.get(apiVersion)
    if (!list) {
      list = discover(client, apiVersion)
      lists.set(apiVersion, list)
      // A group that a CRD brings later must not stay unknown.
      list.catch(() => lists.delete(apiVersion))
    }
    const found = (await list).find(resource => resource.kind === object.kind && !resource.name.includes('/'))
    if (!found) throw new Error(`no matches for kind "${object.kind}" in version "${apiVersion}"`)
    const slash = apiVersion.indexOf('/')
    return {
      group: slash < 0 ? '' : apiVersion.slice(0, slash),
      version: apiVersion.slice(slash + 1),
      kind: found.kind,
      plural: found.name,
      namespaced: found.namespaced,
    }
  }
}

async function discover(client: Client, apiVersion: string): Promise<readonly ApiResource[]> {
  const answer = await client.raw('GET', apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`)
  return (answer as { resources?: readonly ApiResource[] }).resources ?? []
}
