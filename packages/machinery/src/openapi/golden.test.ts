/**
 * Our documents beside upstream's, built from upstream's discovery documents: every path, operation, parameter and schema must be the
 * same but for descriptions. What differs is listed in conformance/known-failures/openapi.txt with its reason, and nothing else may.
 */
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { kindsOfDiscovery } from './golden-kinds.ts'
import { type GroupVersionKinds, openapiV2, openapiV3 } from './index.ts'

const root = new URL('../../../../', import.meta.url)
const golden = process.env['PETREL_GOLDEN'] ?? fileURLToPath(new URL('../shared/golden/kubernetes-v1.36', root))
const skip = existsSync(golden) ? false : `no golden data at ${golden} (set PETREL_GOLDEN)`
const known = readFileSync(new URL('conformance/known-failures/openapi.txt', root), 'utf8')
  .split('\n')
  .filter(line => line !== '' && !line.startsWith('#'))
  .map(line => line.slice(0, line.indexOf(': ')))

const read = (path: string): unknown => JSON.parse(readFileSync(`${golden}/${path}`, 'utf8'))

function servedGroups(): (GroupVersionKinds & { file: string })[] {
  return readdirSync(`${golden}/openapi-v3`).flatMap(file => {
    const match = /^(?:api|apis__(.*))__(v\d\w*)_openapi\.json$/.exec(file)
    if (match === null) return []
    const [, group = '', version] = match as unknown as [string, string | undefined, string]
    const { resources } = read(`discovery/${group === '' ? 'api' : `apis__${group}`}__${version}.json`) as {
      resources: Parameters<typeof kindsOfDiscovery>[2]
    }
    return [{ file, group, version, kinds: kindsOfDiscovery(group, version, resources) }]
  })
}

type Json = { [key: string]: unknown }

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)

/** Without descriptions, and so without the `allOf` that only stands there to carry one. */
function normal(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(normal)
  if (!isObject(value)) return value
  const entries = Object.entries(value).filter(([key, item]) => key !== 'description' || typeof item !== 'string')
  const copy: Json = Object.fromEntries(entries.map(([key, item]) => [key, normal(item)]))
  const { allOf } = copy
  return Object.keys(copy).length === 1 && Array.isArray(allOf) && allOf.length === 1 ? allOf[0] : copy
}

/** Paths at which two documents differ, joined by ` > `. */
function* differences(got: unknown, want: unknown, path: string): Generator<string> {
  if (!isObject(got) || !isObject(want)) {
    if (JSON.stringify(got) !== JSON.stringify(want)) yield path
    return
  }
  for (const key of new Set([...Object.keys(got), ...Object.keys(want)])) {
    yield* differences(got[key], want[key], path === '' ? key : `${path} > ${key}`)
  }
}

test('openapiV3() gives what upstream serves for every group version', { skip }, () => {
  const found = servedGroups().flatMap(({ file, group, version, kinds }) => {
    const ours = JSON.parse(JSON.stringify(openapiV3(group, version, kinds)))
    return [...differences(normal(ours), normal(read(`openapi-v3/${file}`)), '')].map(path => `v3 ${path}`)
  })
  assert.deepEqual([...new Set(found)].sort(), known.filter(line => line.startsWith('v3 ')).sort())
})

/** v2 with shared parameters put in place, those of the path given to each operation, and lists of media types sorted. */
function expand(document: Json): Json {
  const shared = (document['parameters'] ?? {}) as Json
  const resolve = (parameter: unknown): unknown => {
    const { $ref } = parameter as { $ref?: string }
    return $ref === undefined ? parameter : shared[$ref.slice('#/parameters/'.length)]
  }
  const paths: Json = {}
  for (const [path, item] of Object.entries(document['paths'] as Json)) {
    if (!/^\/apis?\/.*v\d/.test(path)) continue
    const { parameters: common = [], ...operations } = item as Json & { parameters?: unknown[] }
    paths[path] = Object.fromEntries(
      Object.entries(operations).map(([method, operation]) => {
        const own = operation as { parameters?: unknown[]; produces?: string[]; consumes?: string[] }
        const all = [...common, ...(own.parameters ?? [])].map(p => JSON.stringify(sorted(normal(resolve(p)))))
        return [
          method,
          { ...own, parameters: all.sort(), produces: own.produces?.sort(), consumes: own.consumes?.sort() },
        ]
      }),
    )
  }
  return { ...document, parameters: {}, paths }
}

function sorted(value: unknown): unknown {
  return isObject(value) ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) : value
}

test('openapiV2() gives what upstream serves', { skip }, () => {
  const ours = JSON.parse(JSON.stringify(openapiV2(servedGroups()))) as Json
  const found = [...differences(normal(expand(ours)), normal(expand(read('openapi-v2.json') as Json)), '')]
  assert.deepEqual(found.map(path => `v2 ${path}`).sort(), known.filter(line => line.startsWith('v2 ')).sort())
})

test('openapiV3() carries descriptions where it is given them', () => {
  const docs = { 'io.k8s.api.apps.v1.Deployment': { description: 'd', fields: { spec: 's', kind: 'k' } } }
  const resources = [{ name: 'deployments', namespaced: true, kind: 'Deployment', verbs: ['get'] }]
  const { schemas } = openapiV3('apps', 'v1', kindsOfDiscovery('apps', 'v1', resources), docs).components
  const deployment = schemas['io.k8s.api.apps.v1.Deployment'] as { description: string; properties: Json }
  assert.equal(deployment.description, 'd')
  assert.deepEqual(deployment.properties['kind'], { type: 'string', description: 'k' })
  assert.deepEqual(deployment.properties['spec'], {
    allOf: [{ $ref: '#/components/schemas/io.k8s.api.apps.v1.DeploymentSpec' }],
    description: 's',
    default: {},
  })
})
