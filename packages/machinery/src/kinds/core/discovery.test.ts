import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { coreKinds } from './index.ts'

const root = fileURLToPath(new URL('../../../../../', import.meta.url))
const file = `${process.env['PETREL_GOLDEN'] ?? `${root}../shared/golden/kubernetes-v1.36`}/discovery/api__v1.json`
const skip = existsSync(file) ? false : `no golden discovery: ${file} is absent`

interface ResourceList {
  resources: {
    name: string
    singularName: string
    namespaced: boolean
    kind: string
    group?: string
    version?: string
    verbs: string[]
    shortNames?: string[]
    categories?: string[]
  }[]
}

test('coreKinds are what /api/v1 of v1.36 lists, subresources included', { skip }, () => {
  const golden: ResourceList = JSON.parse(readFileSync(file, 'utf8'))
  const expected = golden.resources.map(resource => ({
    name: resource.name,
    singular: resource.singularName,
    namespaced: resource.namespaced,
    kind: resource.kind,
    groupVersion: resource.version === undefined ? undefined : `${resource.group}/${resource.version}`,
    verbs: resource.verbs,
    shortNames: resource.shortNames ?? [],
    categories: resource.categories ?? [],
  }))
  const declared = coreKinds.flatMap(kind => {
    const { plural, namespaced, subresources } = kind
    const own = { name: plural, singular: kind.singular, namespaced, kind: kind.kind, groupVersion: undefined }
    const { verbs, shortNames, categories } = kind
    const view = { singular: '', namespaced, groupVersion: undefined, shortNames: [], categories: [] }
    const rows: object[] = [{ ...own, verbs, shortNames, categories }]
    for (const [name, other] of Object.entries(subresources.others ?? {})) {
      const { groupVersion } = other
      rows.push({ ...view, name: `${plural}/${name}`, kind: other.kind, groupVersion, verbs: other.verbs })
    }
    const readWrite = ['get', 'patch', 'update']
    if (subresources.status) rows.push({ ...view, name: `${plural}/status`, kind: kind.kind, verbs: readWrite })
    if (subresources.scale) {
      rows.push({ ...view, name: `${plural}/scale`, kind: 'Scale', groupVersion: 'autoscaling/v1', verbs: readWrite })
    }
    return rows
  })
  const byName = (rows: object[]): object => Object.fromEntries(rows.map(row => [(row as { name: string }).name, row]))
  assert.deepEqual(byName(declared), byName(expected))
})

test('coreKinds have columns and selectable fields that bear an object of nothing but a name', () => {
  for (const kind of coreKinds) {
    for (const column of kind.columns) assert.notEqual(column.cell({ metadata: { name: 'a' } }, 0), undefined)
    for (const read of Object.values(kind.selectableFields)) assert.equal(typeof read({}), 'string')
  }
})
