/** DELETE of a collection: every object that a list with the same options would name, one after the other. */

import { isStatus } from '@petrel/machinery/status'
import type { ApiRequest, ListResult } from '../request.ts'
import { deleteObject, warnOfDelete } from './delete.ts'
import { parseDeleteOptions } from './delete-options.ts'
import type { ServedKind } from './kind-table.ts'
import { list } from './list.ts'
import type { Registry } from './registry.ts'
import { objectOf } from './stored.ts'

/** So many deletes are under way at once: enough to share commits, few enough to leave room for others. */
const workers = 16

export async function deleteCollection(
  registry: Registry,
  request: ApiRequest,
  served: ServedKind,
): Promise<ListResult> {
  const options = await parseDeleteOptions(request)
  warnOfDelete(request, served, options)
  const doomed = await list(registry, request, served)
  const queue = doomed.entries.values()
  const work = async (): Promise<void> => {
    for (const entry of queue) {
      const { namespace = '', name = '' } = objectOf(entry, served).metadata ?? {}
      try {
        await deleteObject(registry, request, served, namespace, name, { ...options })
      } catch (error) {
        // Somebody else was quicker: it is gone, which is what was asked for.
        if (!isStatus(error, 'NotFound')) throw error
      }
    }
  }
  await Promise.all(Array.from({ length: workers }, work))
  return doomed
}
