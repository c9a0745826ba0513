/**
 * The ObjectReader over the store: synchronous reads of frozen objects, for authorizers, admission and token issuers,
 * and callbacks after changes, in the order of commits.
 */
import type { KubeObject, Resource } from '@petrel/machinery/kinds'
import type { Logger } from '../../base/index.ts'
import type { Store } from '../../store/index.ts'
import type { ObjectReader } from '../contract.ts'
import { Change } from './change.ts'
import { type KindTable, keyOf, prefixOf } from './kind-table.ts'
import { objectOf } from './stored.ts'

export function objectReader(store: Store, table: KindTable, log: Logger): ObjectReader {
  return {
    get<T extends KubeObject>(resource: Resource<T>, namespace: string, name: string): T | undefined {
      const served = table.of(resource)
      const entry = store.get(keyOf(served, namespace, name))
      return entry && (objectOf(entry, served) as T)
    },
    list<T extends KubeObject>(resource: Resource<T>, namespace: string): readonly T[] {
      const served = table.of(resource)
      return store.range(prefixOf(served, namespace)).entries.map(entry => objectOf(entry, served) as T)
    },
    onChange(resource, changed) {
      const served = table.of(resource)
      return store.watch(served.prefix, store.revision, {
        events(events) {
          for (const event of events) {
            const { current, previous } = Change.of(event, served)
            changed(current, previous)
          }
        },
        end(error) {
          if (error) log.error('Cannot follow changes', { resource: served.id, err: error })
        },
      })
    },
  }
}
