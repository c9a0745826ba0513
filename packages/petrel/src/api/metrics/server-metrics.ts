/** What the store and the watches say of themselves, under upstream's names where upstream has one. */
import type { Store } from '../../store/index.ts'
import type { ServedKind } from '../registry/kind-table.ts'
import type { Metrics } from './metrics.ts'

/** Returns what counts the events sent to watchers. */
export function serverMetrics(
  metrics: Metrics,
  store: Store,
  watches: () => number,
): (served: ServedKind, items: number) => void {
  metrics.read('apiserver_registered_watchers', 'Watches that are open.', 'gauge', watches)
  metrics.read('apiserver_storage_size_bytes', 'Bytes of the store on disk.', 'gauge', () => store.health().diskBytes)
  metrics.read('apiserver_storage_objects', 'Objects in the store.', 'gauge', () => store.health().keys)
  metrics.read('petrel_store_revision', 'Newest revision of the store.', 'gauge', () => store.revision)
  metrics.read(
    'petrel_store_window_events',
    'Recent events that watches can start from.',
    'gauge',
    () => store.health().windowEvents,
  )
  metrics.read(
    'petrel_store_compaction_backlog',
    'Superseded rows that wait for deletion.',
    'gauge',
    () => store.health().compactionBacklog,
  )
  metrics.read('process_resident_memory_bytes', 'Resident memory of the process.', 'gauge', () =>
    process.memoryUsage.rss(),
  )
  metrics.read('process_cpu_seconds_total', 'Processor time of the process.', 'counter', () => {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1e6
  })
  const sent = metrics.counter('apiserver_watch_events_total', 'Events sent to watchers.', [
    'group',
    'version',
    'resource',
  ])
  // The labels of a kind are made once: this is called for every batch of every watcher.
  const labels = new WeakMap<ServedKind, readonly string[]>()
  return (served, items) => {
    let known = labels.get(served)
    if (!known) {
      known = [served.kind.group, served.kind.version, served.kind.plural]
      labels.set(served, known)
    }
    sent.add(known, items)
  }
}
