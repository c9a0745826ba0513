/** Objects and lists as the client asked to see them: a Table, or their metadata alone (meta.k8s.io). */
import type { KubeObject } from '@petrel/machinery/kinds'
import type { Accepted } from '../negotiate/accept.ts'
import type { ListResult, ObjectResult } from '../request.ts'
import { partial } from './partial.ts'
import { includeObject, table } from './table.ts'

export function transformed(
  accepted: Accepted,
  result: ObjectResult | ListResult,
  query: URLSearchParams,
  now: number,
): unknown {
  const transformation = accepted.transformation!
  const objects = result.type === 'list' ? result.objects() : [result.object()]
  const metadata =
    result.type === 'list' ? result.metadata : { resourceVersion: objects[0]?.metadata?.resourceVersion ?? '' }
  if (transformation.kind === 'Table') {
    return table(result.kind, objects, metadata, {
      version: transformation.version,
      include: includeObject(query),
      now,
      columns: true,
    })
  }
  const apiVersion = `meta.k8s.io/${transformation.version}`
  if (result.type === 'object') return partial(objects[0] as KubeObject, apiVersion)
  return {
    kind: 'PartialObjectMetadataList',
    apiVersion,
    metadata,
    items: objects.map(object => partial(object, apiVersion)),
  }
}
