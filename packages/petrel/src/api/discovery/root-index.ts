/** `/`: metav1.RootPaths, where there is something to ask for. */
import type { KindTable } from '../registry/kind-table.ts'
import type { ApiRequest, RawResult } from '../request.ts'
import { groups } from './resources.ts'

/** Paths that are served whatever the kinds are; health checks and further documents are the caller's to name. */
const lasting = ['/api', '/api/v1', '/apis', '/metrics', '/openapi/v2', '/openapi/v3', '/version']

/** `others` gives the paths that only the program knows. Undefined for every other path. */
export function answerRoot(
  request: ApiRequest,
  table: KindTable,
  others: () => Iterable<string>,
): RawResult | undefined {
  if (request.info.path !== '/' || (request.method !== 'GET' && request.method !== 'HEAD')) return undefined
  const grouped = groups(table).flatMap(({ group, versions }) => [
    `/apis/${group}`,
    ...versions.map(version => `/apis/${group}/${version}`),
  ])
  const paths = [...new Set([...lasting, ...grouped, ...others()])].sort()
  return { type: 'raw', code: 200, mediaType: 'application/json', body: JSON.stringify({ paths }, undefined, 2) }
}
