import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { readFacts } from './build-definitions.ts'
import { formatFact, parseFact } from './facts.ts'
import { generate, staleFiles } from './index.ts'

const golden =
  process.env['PETREL_GOLDEN'] ?? fileURLToPath(new URL('../../../shared/golden/kubernetes-v1.36', import.meta.url))
const skip = existsSync(golden) ? false : `no golden data at ${golden} (set PETREL_GOLDEN)`

test('generate() gives the committed files', () => {
  assert.deepEqual(staleFiles(generate()), [])
})

test('staleFiles() names a file that differs and one that nothing gives', () => {
  const files = generate()
  files.set('schema/k8s.gen.json', '')
  files.delete('api/apps-v1.gen.ts')
  assert.deepEqual(staleFiles(files), ['schema/k8s.gen.json', 'api/apps-v1.gen.ts'])
})

test('formatFact() inverts parseFact()', () => {
  for (const line of Object.values(readFacts())) assert.equal(formatFact(parseFact(line)), line)
})

interface GoldenField {
  readonly n: number
  readonly t: string
  readonly r?: boolean
}

test('the message facts are those of upstream', { skip }, () => {
  const messages = JSON.parse(readFileSync(`${golden}/protobuf-fields.json`, 'utf8')) as Record<
    string,
    Record<string, GoldenField>
  >
  for (const [name, line] of Object.entries(readFacts())) {
    const ours = parseFact(line).fields.map(({ number, type, repeated }) => ({
      n: number,
      t: type,
      ...(repeated && { r: true }),
    }))
    assert.deepEqual(
      ours,
      Object.values(messages[name] ?? {}).map(({ n, t, r }) => ({ n, t, ...(r && { r }) })),
      name,
    )
  }
})

test('every published definition is generated', { skip }, () => {
  const { definitions } = JSON.parse(readFileSync(`${golden}/openapi-v2.json`, 'utf8')) as { definitions: object }
  const schema = JSON.parse(generate().get('schema/k8s.gen.json')!) as Record<string, string>
  const special = /\.(JSON|JSONSchemaPropsOr\w+|Quantity|FieldsV1|MicroTime|Patch|Time|RawExtension|IntOrString)$/
  const missing = Object.keys(definitions).filter(name => !special.test(name) && !(name in schema))
  assert.deepEqual(missing, [])
})
