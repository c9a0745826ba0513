/**
 * `node scripts/generate/descriptions.ts`: takes the descriptions of types and fields out of the installed client-node package and
 * writes them to node_modules/.cache/petrel/descriptions.json, where the server looks for them. They are upstream's text
 * and no part of this repository.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildDefinitions, classNames } from './build-definitions.ts'
import { declarationOf } from './read-models.ts'

export interface Description {
  readonly description?: string
  readonly fields: Readonly<Record<string, string>>
}

export const cacheFile = new URL('../../node_modules/.cache/petrel/descriptions.json', import.meta.url)

/** Definition name to its texts. */
export function readDescriptions(): Record<string, Description> {
  const classes = classNames()
  const described = buildDefinitions().flatMap(({ name, fields, typeMeta }) => {
    const className = classes.get(name)
    if (className === undefined) return []
    const names = [...fields.map(field => field.name), ...(typeMeta ? ['kind', 'apiVersion'] : [])]
    return [[name, describe(declarationOf(className), names)] as const]
  })
  return Object.fromEntries(described)
}

function describe(declaration: string, names: readonly string[]): Description {
  const fields: Record<string, string> = {}
  for (const [, comment, property] of declaration.matchAll(
    /^ {4}\/\*\*\n((?: {4}\*.*\n)*?) {4}\*\/\n {4}'([^']+)'\??:/gm,
  )) {
    const name = names.find(field => propertyName(field) === property)
    if (name !== undefined) fields[name] = textOf(comment!)
  }
  const own = /^\/\*\*\n((?:\*.*\n)*?)\*\/\nexport declare class/m.exec(declaration)?.[1]
  return { ...(own !== undefined && { description: textOf(own) }), fields }
}

/** client-node's property for a JSON name: `$ref` is `ref`, `enum` is `_enum`, `x-kubernetes-map-type` is `xKubernetesMapType`. */
function propertyName(field: string): string {
  const name = field.replace(/^\$/, '').replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase())
  return /^(continue|default|enum)$/.test(name) ? `_${name}` : name
}

function textOf(comment: string): string {
  const lines = comment.split('\n').map(line => line.replace(/^\s*\* ?/, '').trimEnd())
  return lines.join('\n').trim().replaceAll('\\"', '"')
}

if (import.meta.main) {
  mkdirSync(dirname(fileURLToPath(cacheFile)), { recursive: true })
  writeFileSync(cacheFile, JSON.stringify(readDescriptions()))
}
