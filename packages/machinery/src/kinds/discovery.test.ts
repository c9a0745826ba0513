import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { builtinKinds } from './index.ts'

const root = fileURLToPath(new URL('../../../../', import.meta.url))
const golden = process.env['PETREL_GOLDEN'] ?? `${root}../shared/golden/kubernetes-v1.36`
const skip = existsSync(`${golden}/discovery/aggregated_v2.json`) ? false : `no golden discovery in ${golden}`

interface Discovery {
  items: {
    metadata: { name: string }
    versions: {
      version: string
      resources: {
        resource: string
        responseKind: { kind: string }
        scope: string
        singularResource: string
        shortNames?: string[]
        categories?: string[]
        verbs: string[]
        subresources?: { subresource: string; responseKind: { kind: string }; verbs: string[] }[]
      }[]
    }[]
  }[]
}

test('builtinKinds are what discovery of v1.36 shows for the named groups', { skip }, () => {
  const discovery: Discovery = JSON.parse(readFileSync(`${golden}/discovery/aggregated_v2.json`, 'utf8'))
  const expected = discovery.items.flatMap(group =>
    group.versions.flatMap(({ version, resources }) =>
      resources.map(resource => ({
        group: group.metadata.name,
        version,
        plural: resource.resource,
        kind: resource.responseKind.kind,
        namespaced: resource.scope === 'Namespaced',
        singular: resource.singularResource,
        shortNames: resource.shortNames ?? [],
        categories: resource.categories ?? [],
        verbs: resource.verbs,
        subresources: Object.fromEntries(
          (resource.subresources ?? []).map(one => [one.subresource, [one.responseKind.kind, ...one.verbs]]),
        ),
      })),
    ),
  )
  const declared = builtinKinds
    .filter(kind => kind.group !== '')
    .map(kind => ({
      group: kind.group,
      version: kind.version,
      plural: kind.plural,
      kind: kind.kind,
      namespaced: kind.namespaced,
      singular: kind.singular,
      shortNames: kind.shortNames,
      categories: kind.categories,
      verbs: kind.verbs,
      subresources: {
        ...(kind.subresources.status && { status: [kind.kind, 'get', 'patch', 'update'] }),
        ...(kind.subresources.scale && { scale: ['Scale', 'get', 'patch', 'update'] }),
        ...Object.fromEntries(
          Object.entries(kind.subresources.others ?? {}).map(([name, other]) => [name, [other.kind, ...other.verbs]]),
        ),
      },
    }))
  const name = (one: { group: string; version: string; plural: string }): string =>
    `${one.group}/${one.version}/${one.plural}`
  const byName = (list: readonly { group: string; version: string; plural: string }[]): Record<string, unknown> =>
    Object.fromEntries([...list].sort((a, b) => (name(a) < name(b) ? -1 : 1)).map(one => [name(one), one]))
  assert.deepEqual(byName(declared), byName(expected))
})

test('builtinKinds have a schema and a storage kind that is declared', () => {
  for (const kind of builtinKinds) {
    assert.equal(kind.schema.type, 'object', `${kind.group}/${kind.version} ${kind.kind}`)
    if (kind.storage)
      assert.ok(
        builtinKinds.some(other => other === kind.storage?.kind),
        kind.kind,
      )
  }
})
