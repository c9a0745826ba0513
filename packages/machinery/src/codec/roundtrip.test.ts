/**
 * Upstream's round-trip data: one fully populated object per kind, as JSON, YAML and protobuf. All three must decode to the same object,
 * and encode to the same bytes. What fails is listed in conformance/known-failures/roundtrip.txt with its reason.
 */
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { conform, definitionNames, definitionOf, encodeJson, type Schema, schemaOf } from '../schema/index.ts'
import { decodeJson, decodeProtobuf, decodeYaml, encodeProtobuf, openEnvelope, sealEnvelope } from './index.ts'

const root = new URL('../../../../', import.meta.url)
const golden = process.env['PETREL_GOLDEN'] ?? fileURLToPath(new URL('../shared/golden/kubernetes-v1.36', root))
const folder = `${golden}/api-roundtrip`
const skip = existsSync(folder) ? false : `no golden data at ${folder} (set PETREL_GOLDEN)`
const known = new Map(
  readFileSync(new URL('conformance/known-failures/roundtrip.txt', root), 'utf8')
    .split('\n')
    .filter(line => line !== '' && !line.startsWith('#'))
    .map(line => line.split(': ') as [string, string]),
)
const names = new Set(definitionNames())

function schemaFor(name: string): Schema {
  const [, group, version, kind] = /^(.*)\.(v\d\w*)\.(\w+)$/.exec(name)!
  const definition = definitionOf(group === 'core' ? '' : group!, version!, kind!)
  return schemaOf(names.has(definition) ? definition : definitionOf('meta.k8s.io', version!, kind!))
}

async function check(name: string): Promise<void> {
  const schema = schemaFor(name)
  const json = readFileSync(`${folder}/${name}.json`, 'utf8')
  const bytes = readFileSync(`${folder}/${name}.pb`)
  const body = decodeJson(json) as { kind?: string; apiVersion?: string }
  const fromJson = conform<object>(body, schema, { unknown: 'collect' })
  assert.deepEqual(fromJson.unknown, [])
  const fromYaml = conform(await decodeYaml(readFileSync(`${folder}/${name}.yaml`)), schema)
  assert.deepEqual(fromYaml.object, fromJson.object)

  const envelope = openEnvelope(bytes)
  const fromProto = decodeProtobuf(envelope.raw, schema) as object
  const typed =
    body.kind === undefined ? fromProto : { kind: envelope.kind, apiVersion: envelope.apiVersion, ...fromProto }
  assert.deepEqual(conform(typed, schema).object, fromJson.object)

  assert.equal(encodeJson(fromJson.object, schema), JSON.stringify(body), 'JSON keys in the order of upstream')
  const encoded = sealEnvelope(envelope.apiVersion, envelope.kind, encodeProtobuf(fromJson.object, schema))
  assert.deepEqual(Buffer.from(encoded).toString('hex'), bytes.toString('hex'))
}

test('codec round-trips every golden object', { skip }, async t => {
  const files = readdirSync(folder).filter(file => file.endsWith('.json'))
  assert.ok(files.length > 150)
  for (const name of files.map(file => file.slice(0, -'.json'.length))) {
    await t.test(name, async () => {
      const reason = known.get(name)
      if (reason === undefined) return check(name)
      await assert.rejects(check(name), `${name} is listed as failing (${reason}) and passes: take it off the list`)
    })
  }
  for (const name of known.keys()) assert.ok(files.includes(`${name}.json`), `${name} is listed and does not exist`)
})
