/** The query and path parameters of the API, by name and type. */
import type { Parameter } from './document.ts'

const types: Readonly<Record<string, string>> = {
  allowWatchBookmarks: 'boolean',
  force: 'boolean',
  gracePeriodSeconds: 'integer',
  ignoreStoreReadErrorWithClusterBreakingPotential: 'boolean',
  limit: 'integer',
  orphanDependents: 'boolean',
  sendInitialEvents: 'boolean',
  timeoutSeconds: 'integer',
  watch: 'boolean',
}

export const listParameters: readonly string[] = [
  'allowWatchBookmarks',
  'continue',
  'fieldSelector',
  'labelSelector',
  'limit',
  'resourceVersion',
  'resourceVersionMatch',
  'sendInitialEvents',
  'shardSelector',
  'timeoutSeconds',
  'watch',
]
export const writeParameters: readonly string[] = ['dryRun', 'fieldManager', 'fieldValidation']
export const patchParameters: readonly string[] = [...writeParameters, 'force']
export const deleteParameters: readonly string[] = [
  'dryRun',
  'gracePeriodSeconds',
  'ignoreStoreReadErrorWithClusterBreakingPotential',
  'orphanDependents',
  'propagationPolicy',
]
export const deleteCollectionParameters: readonly string[] = [
  ...deleteParameters,
  ...listParameters.filter(name => name !== 'allowWatchBookmarks' && name !== 'watch'),
]

export function query(name: string, type = types[name] ?? 'string'): Parameter {
  return { in: 'query', name, schema: { type, uniqueItems: true } }
}

export function inPath(name: string): Parameter {
  return { in: 'path', name, required: true, schema: { type: 'string', uniqueItems: true } }
}

/** In the order of upstream's documents: by name, those in the path first. */
export function sortParameters(parameters: readonly Parameter[]): Parameter[] {
  return [...parameters].sort((a, b) => compare(a.name, b.name) || compare(a.in, b.in))
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
