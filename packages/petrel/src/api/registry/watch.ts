/**
 * GET with `watch`: decides what comes first and from which revision changes follow, as the watch cache does
 * (k8s.io/apiserver/pkg/storage/cacher/cacher.go): no revision or 0 begins with the state, a revision continues after
 * it, sendInitialEvents (KEP-3157) says which in so many words.
 */
import type { ApiRequest, WatchResult } from '../request.ts'
import { reached } from './freshness.ts'
import { keyOf, prefixOf, type ServedKind } from './kind-table.ts'
import { parseReadOptions } from './list-options.ts'
import type { Registry } from './registry.ts'
import { parseSelection } from './selection.ts'
import { selectEntries, type WatchPlan, WatchStream } from './watch-stream.ts'

/** Upstream's --min-request-timeout: a watch without a timeout lives once to twice as long. */
const minLifetimeMs = 1_800_000

export async function watch(registry: Registry, request: ApiRequest, served: ServedKind): Promise<WatchResult> {
  const options = parseReadOptions(request.query, true)
  const selection = parseSelection(request.query, served)
  const { store } = registry
  const wantsState = options.sendInitialEvents ?? (options.resourceVersion === '' || options.resourceVersion === '0')
  if (options.sendInitialEvents && options.revision > store.revision)
    await reached(registry, options.revision, request.signal)

  const { namespace } = request.info
  const byName = selection.name !== undefined && (namespace !== '' || !served.kind.namespaced)
  // A watch of one object reads one key; `…/a` also begins `…/ab`, which the selection leaves out.
  const prefix = byName ? keyOf(served, namespace, selection.name as string) : prefixOf(served, namespace)
  const initial = wantsState ? selectEntries(store.range(prefix).entries, served, selection) : undefined
  const continues = !wantsState && options.revision > 0
  const plan: WatchPlan = {
    served,
    prefix,
    selection,
    initial,
    after: continues ? Math.min(options.revision, store.revision) : store.revision,
    bookmarks: options.allowWatchBookmarks,
    markInitialEnd: options.sendInitialEvents === true && options.allowWatchBookmarks,
    timeoutMs:
      options.timeoutSeconds !== undefined && options.timeoutSeconds > 0
        ? options.timeoutSeconds * 1000
        : minLifetimeMs * (1 + registry.rng.next()),
  }
  const stream = new WatchStream(plan, registry)
  return { type: 'watch', kind: served.kind, served, stream }
}
