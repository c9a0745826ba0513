/**
 * GET of a collection: a consistent cut at one revision, whole or in pages, with the rules about resourceVersion of
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#semantics-for-get-and-list. All of it is read from
 * memory, so the newest state is as cheap as any.
 */
import type { ObjectList } from '@petrel/machinery/kinds'
import { badRequest, expired, type StatusError } from '@petrel/machinery/status'
import { CompactedError, type Entry, FutureRevisionError, type RangeResult } from '../../store/index.ts'
import type { ApiRequest, ListResult } from '../request.ts'
import { decodeContinue, encodeContinue } from './continue-token.ts'
import { reached } from './freshness.ts'
import { keyOf, prefixOf, type ServedKind } from './kind-table.ts'
import { parseReadOptions, type ReadOptions } from './list-options.ts'
import type { Registry } from './registry.ts'
import { parseSelection, type Selection } from './selection.ts'
import { objectOf } from './stored.ts'
import { selectEntries } from './watch-stream.ts'

export async function list(registry: Registry, request: ApiRequest, served: ServedKind): Promise<ListResult> {
  const options = parseReadOptions(request.query, false)
  const selection = parseSelection(request.query, served)
  const cut = start(options)
  const least = cut.atRevision ?? options.revision
  if (least > registry.store.revision) await reached(registry, least, request.signal)
  const prefix = prefixOf(served, request.info.namespace)
  try {
    return page(registry, request, served, options, selection, prefix, cut)
  } catch (error) {
    if (error instanceof CompactedError) throw tooOld(options, cut.after)
    if (error instanceof FutureRevisionError) throw badRequest(error.message, error)
    throw error
  }
}

interface Cut {
  /** Undefined for the newest. */
  readonly atRevision: number | undefined
  /** Last key of the page before, without the prefix. */
  readonly after: string | undefined
}

function start(options: ReadOptions): Cut {
  if (options.continue !== '') {
    if (options.resourceVersion !== '' && options.resourceVersion !== '0') {
      throw badRequest('specifying resource version is not allowed when using continue')
    }
    const token = decodeContinue(options.continue)
    return { atRevision: token.revision < 0 ? undefined : token.revision, after: token.after }
  }
  // A limit with a revision and no match means exactly that revision, for clients older than resourceVersionMatch.
  const exact = options.match === 'Exact' || (options.match === '' && options.limit > 0 && options.revision > 0)
  return { atRevision: exact ? options.revision : undefined, after: undefined }
}

function page(
  registry: Registry,
  request: ApiRequest,
  served: ServedKind,
  options: ReadOptions,
  selection: Selection,
  prefix: string,
  cut: Cut,
): ListResult {
  const { store } = registry
  if (
    selection.name !== undefined &&
    cut.atRevision === undefined &&
    (request.info.namespace !== '' || !served.kind.namespaced)
  ) {
    const entry = store.get(keyOf(served, request.info.namespace, selection.name))
    const entries = entry && selection.matches(objectOf(entry, served)) ? [entry] : []
    return result(served, entries, { resourceVersion: String(store.revision) })
  }
  const at = cut.atRevision === undefined ? {} : { atRevision: cut.atRevision }
  const wanted = options.limit > 0 ? options.limit : Number.POSITIVE_INFINITY
  let after = cut.after === undefined ? undefined : prefix + cut.after
  let chosen: readonly Entry[] = []
  let range: RangeResult
  do {
    const lack = wanted - chosen.length
    range = store.range(prefix, {
      ...at,
      ...(after !== undefined && { after }),
      ...(lack < Number.POSITIVE_INFINITY && { limit: lack }),
    })
    const selected = selectEntries(range.entries, served, selection)
    chosen = chosen.length === 0 ? selected : [...chosen, ...selected]
    after = range.entries.at(-1)?.key
  } while (range.remaining > 0 && chosen.length < wanted)
  const metadata: ObjectList['metadata'] = { resourceVersion: String(range.revision) }
  if (range.remaining > 0 && after !== undefined) {
    metadata.continue = encodeContinue({ revision: range.revision, after: after.slice(prefix.length) })
    // With a selector the number is not known without looking at all of them.
    if (selection.empty) metadata.remainingItemCount = range.remaining
  }
  return result(served, chosen, metadata)
}

function result(served: ServedKind, entries: readonly Entry[], metadata: ObjectList['metadata']): ListResult {
  return {
    type: 'list',
    kind: served.kind,
    served,
    entries,
    metadata,
    objects: () => entries.map(entry => objectOf(entry, served)),
  }
}

/** 410 Expired; for a page it carries a token that goes on from the same key with what is newest. */
function tooOld(options: ReadOptions, after: string | undefined): StatusError {
  if (options.continue === '' || after === undefined) {
    return expired('The resourceVersion for the provided list is too old.')
  }
  const error = expired(
    'The provided continue parameter is too old to display a consistent list result. You can start a new list without ' +
      'the continue parameter, or use the continue token in this response to retrieve the remainder of the results. ' +
      'Continuing with the provided token results in an inconsistent list - objects that were created, modified, or ' +
      'deleted between the time the first chunk was returned and now may show up in the list.',
  )
  error.status.metadata.continue = encodeContinue({ revision: -1, after })
  return error
}
