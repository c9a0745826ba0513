/**
 * What @kubernetes/client-node knows of each published definition: its fields and which of them are required. Read through
 * all.js, never by folder: the package also holds files of types that no longer exist.
 */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export interface Model {
  /** `CoreV1Event`, `V1Pod`. */
  readonly className: string
  readonly fields: ReadonlyMap<string, ModelField>
}

interface ModelField {
  /** As in attributeTypeMap: `string`, `Array<V1Pod>`, `{ [key: string]: string; }`, `any`. */
  readonly type: string
  readonly format: string
  readonly required: boolean
}

function modelsFolder(): URL {
  return new URL('./gen/models/', import.meta.resolve('@kubernetes/client-node'))
}

function modelNames(): string[] {
  const all = readFileSync(fileURLToPath(new URL('all.js', modelsFolder())), 'utf8')
  return [...all.matchAll(/^export \* from '\.\.\/models\/(\w+)\.js'/gm)].map(match => match[1]!)
}

export function declarationOf(className: string): string {
  return readFileSync(fileURLToPath(new URL(`${className}.d.ts`, modelsFolder())), 'utf8')
}

export function readModels(): Model[] {
  return modelNames().map(className => {
    const source = readFileSync(fileURLToPath(new URL(`${className}.js`, modelsFolder())), 'utf8')
    const required = new Set([...declarationOf(className).matchAll(/^ {4}'(\w+)': /gm)].map(match => match[1]!))
    const list = /\.attributeTypeMap = (\[[\s\S]*?\n?\]);/.exec(source)?.[1] ?? '[]'
    const fields = new Map<string, ModelField>()
    for (const { name, baseName, type, format } of JSON.parse(list) as Record<string, string>[]) {
      fields.set(baseName!, { type: type!, format: format!, required: required.has(name!) })
    }
    return { className, fields }
  })
}
