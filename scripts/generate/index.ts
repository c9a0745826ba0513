/**
 * `node scripts/generate/index.ts [--check]`: writes every generated file of packages/machinery from its sources; with
 * `--check` it only compares and fails on a difference.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { buildDefinitions } from './build-definitions.ts'
import { writeSchema } from './write-schema.ts'
import { writeTypes } from './write-types.ts'

const source = new URL('../../packages/machinery/src/', import.meta.url)

/** Path under packages/machinery/src to text. */
export function generate(): Map<string, string> {
  const definitions = buildDefinitions()
  const files = new Map([['schema/k8s.gen.json', writeSchema(definitions)]])
  for (const [name, text] of writeTypes(definitions)) files.set(`api/${name}.gen.ts`, text)
  return files
}

/** Paths whose committed text is not what the sources give, and generated files that nothing gives. */
export function staleFiles(files: ReadonlyMap<string, string>): string[] {
  const stale = [...files].filter(([path, text]) => {
    const url = new URL(path, source)
    return !existsSync(url) || readFileSync(url, 'utf8') !== text
  })
  const orphans = readdirSync(new URL('api/', source))
    .map(name => `api/${name}`)
    .filter(path => path.endsWith('.gen.ts') && !files.has(path))
  return [...stale.map(([path]) => path), ...orphans]
}

if (import.meta.main) {
  const files = generate()
  if (process.argv.includes('--check')) {
    const stale = staleFiles(files)
    for (const path of stale) process.stderr.write(`${path} differs from what scripts/generate writes\n`)
    process.exitCode = stale.length === 0 ? 0 : 1
  } else {
    mkdirSync(new URL('api/', source), { recursive: true })
    for (const [path, text] of files) writeFileSync(fileURLToPath(new URL(path, source)), text)
  }
}
