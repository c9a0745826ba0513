/**
 * Reads manifests as `kubectl apply -f` does: files and folders (not their subfolders) of YAML or JSON, many documents
 * a file, Lists taken apart. Every fault names the file and the document.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { KubeObject } from '@petrel/machinery/kinds'

export interface Manifest {
  readonly object: KubeObject
  /** `shop/api.yaml, document 2`, for messages. */
  readonly source: string
}

const manifestName = /\.(ya?ml|json)$/

/** Throws an Error in words for the user when a path is missing, a text does not parse or a document is no object. */
export async function readManifests(paths: readonly string[]): Promise<Manifest[]> {
  const manifests: Manifest[] = []
  for (const path of paths) for (const file of filesAt(path)) manifests.push(...(await readFile(file)))
  return manifests
}

function filesAt(path: string): string[] {
  const stat = statSync(path, { throwIfNoEntry: false })
  if (!stat) throw new Error(`Cannot apply ${path}: no such file or folder`)
  if (!stat.isDirectory()) return [path]
  const files = readdirSync(path)
    .filter(name => manifestName.test(name))
    .sort()
  if (files.length === 0) throw new Error(`Cannot apply ${path}: the folder has no .yaml, .yml or .json file`)
  return files.map(name => join(path, name))
}

async function readFile(file: string): Promise<Manifest[]> {
  const { parseAllDocuments } = await import('yaml')
  const documents = parseAllDocuments(readFileSync(file, 'utf8'), { version: '1.1' })
  if (!Array.isArray(documents)) return []
  return documents.flatMap((document, i) => {
    const source = documents.length > 1 ? `${file}, document ${i + 1}` : file
    const [error] = document.errors
    if (error) throw new Error(`Cannot apply ${source}: ${error.message}`)
    const value: unknown = document.toJS({ maxAliasCount: 100 })
    return value === null ? [] : objectsIn(value, source)
  })
}

function objectsIn(value: unknown, source: string): Manifest[] {
  if (!isObject(value))
    throw new Error(`Cannot apply ${source}: it must be an object with apiVersion, kind and metadata`)
  const { kind, items } = value
  if (typeof kind === 'string' && kind.endsWith('List') && Array.isArray(items)) {
    return items.flatMap((item, i) => objectsIn(item, `${source}, item ${i + 1}`))
  }
  for (const field of ['apiVersion', 'kind']) {
    if (typeof value[field] !== 'string') throw new Error(`Cannot apply ${source}: ${field} is not set`)
  }
  const metadata = value['metadata']
  if (!isObject(metadata) || typeof metadata['name'] !== 'string') {
    throw new Error(`Cannot apply ${source}: metadata.name is not set`)
  }
  return [{ object: value as KubeObject, source }]
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
