/** `/version`: version.Info. kubectl and e2e parse gitVersion, so it is clean semver. */
import type { Info } from '@petrel/machinery/api/version'
import type { ApiRequest, RawResult } from '../request.ts'

export function answerVersion(request: ApiRequest, version: Info): RawResult | undefined {
  if (request.info.path !== '/version' && request.info.path !== '/version/') return undefined
  return { type: 'raw', code: 200, mediaType: 'application/json', body: JSON.stringify(version, undefined, 2) }
}
