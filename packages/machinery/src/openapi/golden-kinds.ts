/** For tests: the kinds of a group version out of its discovery document, so that OpenAPI is held to golden data whole. */
import type { Kind, OtherSubresource, Verb } from '../kinds/index.ts'
import { definitionOf, schemaOf } from '../schema/index.ts'

interface DiscoveredResource {
  readonly name: string
  readonly namespaced: boolean
  readonly kind: string
  readonly group?: string
  readonly version?: string
  readonly verbs: readonly string[]
}

export function kindsOfDiscovery(group: string, version: string, resources: readonly DiscoveredResource[]): Kind[] {
  const tops = resources.filter(resource => !resource.name.includes('/'))
  return tops.map(resource => {
    const others: Record<string, OtherSubresource> = {}
    let subresources: Kind['subresources'] = { others }
    for (const sub of resources.filter(r => r.name.startsWith(`${resource.name}/`))) {
      const name = sub.name.slice(resource.name.length + 1)
      if (name === 'status') subresources = { ...subresources, status: {} }
      else if (name === 'scale') subresources = { ...subresources, scale: scaleOfNothing }
      else {
        const groupVersion = sub.version === undefined ? undefined : `${sub.group ? `${sub.group}/` : ''}${sub.version}`
        const verbs = sub.verbs as OtherSubresource['verbs']
        others[name] = { kind: sub.kind, verbs, ...(groupVersion !== undefined && { groupVersion }) }
      }
    }
    return {
      group,
      version,
      kind: resource.kind,
      plural: resource.name,
      namespaced: resource.namespaced,
      singular: resource.kind.toLowerCase(),
      shortNames: [],
      categories: [],
      verbs: resource.verbs as Verb[],
      listKind: `${resource.kind}List`,
      schema: schemaOf(definitionOf(group, version, resource.kind)),
      columns: [],
      selectableFields: {},
      subresources,
      strategy: {},
    }
  })
}

const scaleOfNothing: NonNullable<Kind['subresources']['scale']> = {
  replicas: () => 0,
  setReplicas: () => undefined,
  statusReplicas: () => 0,
  selector: () => '',
}
