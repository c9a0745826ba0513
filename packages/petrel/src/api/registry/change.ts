/**
 * One event of the store as watchers of one kind see it. Made once and shared: what a watcher is sent is one of its
 * items, and an item's bytes are made once however many watchers there are.
 */
import type { KubeObject } from '@petrel/machinery/kinds'
import type { Entry, StoreEvent } from '../../store/index.ts'
import { encodeMessage, encodeObject } from '../encode/object.ts'
import { deepFreeze } from './copy.ts'
import type { ServedKind } from './kind-table.ts'
import { jsonOf, objectOf, protobufOf } from './stored.ts'

export type ItemType = 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'

/** What one watcher is told at once. */
export interface WatchItem {
  readonly type: ItemType
  readonly revision: number
  /** Frozen. */
  readonly object: KubeObject
  readonly json: Uint8Array
  /** Without envelope. */
  readonly protobuf: Uint8Array
}

/** An entry as it stands: initial events and the additions and changes that follow. */
export class EntryItem implements WatchItem {
  readonly type: ItemType
  readonly #entry: Entry
  readonly #served: ServedKind

  constructor(type: ItemType, entry: Entry, served: ServedKind) {
    this.type = type
    this.#entry = entry
    this.#served = served
  }

  get revision(): number {
    return this.#entry.revision
  }

  get object(): KubeObject {
    return objectOf(this.#entry, this.#served)
  }

  get json(): Uint8Array {
    return jsonOf(this.#entry, this.#served)
  }

  get protobuf(): Uint8Array {
    return protobufOf(this.#entry, this.#served)
  }
}

/** An object that no entry holds as such: what was deleted, with the revision of its deletion; bookmarks. */
class LooseItem implements WatchItem {
  readonly type: ItemType
  readonly revision: number
  readonly object: KubeObject
  readonly #served: ServedKind
  #json: Uint8Array | undefined
  #protobuf: Uint8Array | undefined

  constructor(type: ItemType, revision: number, object: KubeObject, served: ServedKind) {
    this.type = type
    this.revision = revision
    this.object = deepFreeze(object)
    this.#served = served
  }

  get json(): Uint8Array {
    this.#json ??= encodeObject(this.#served.kind.schema, this.object)
    return this.#json
  }

  get protobuf(): Uint8Array {
    this.#protobuf ??= encodeMessage(this.#served.kind.schema, this.object)
    return this.#protobuf
  }
}

export class Change {
  readonly #event: StoreEvent
  readonly #served: ServedKind
  #added: WatchItem | undefined
  #modified: WatchItem | undefined
  #deleted: WatchItem | undefined

  constructor(event: StoreEvent, served: ServedKind) {
    this.#event = event
    this.#served = served
  }

  /** The change as `served` shows it; the same one for everybody. */
  static of(event: StoreEvent, served: ServedKind): Change {
    let change = served.changes.get(event) as Change | undefined
    if (!change) {
      change = new Change(event, served)
      served.changes.set(event, change)
    }
    return change
  }

  get current(): KubeObject | undefined {
    return this.#event.entry && objectOf(this.#event.entry, this.#served)
  }

  get previous(): KubeObject | undefined {
    return this.#event.previous && objectOf(this.#event.previous, this.#served)
  }

  /** For a watcher that sees everything. */
  get item(): WatchItem {
    if (!this.#event.entry) return this.deleted
    return this.#event.previous ? this.modified : this.added
  }

  get added(): WatchItem {
    this.#added ??= new EntryItem('ADDED', this.#event.entry as Entry, this.#served)
    return this.#added
  }

  get modified(): WatchItem {
    this.#modified ??= new EntryItem('MODIFIED', this.#event.entry as Entry, this.#served)
    return this.#modified
  }

  /** The last state before it went, carrying the revision at which it went. */
  get deleted(): WatchItem {
    if (!this.#deleted) {
      const object = this.previous as KubeObject
      const metadata = { ...object.metadata, resourceVersion: String(this.#event.revision) }
      this.#deleted = new LooseItem('DELETED', this.#event.revision, { ...object, metadata }, this.#served)
    }
    return this.#deleted
  }
}

/** Says only how far the watch has come; `initialEventsEnd` marks the end of the state that came first (KEP-3157). */
export function bookmark(served: ServedKind, revision: number, initialEventsEnd: boolean): WatchItem {
  const { group, version, kind } = served.kind
  return new LooseItem(
    'BOOKMARK',
    revision,
    {
      kind,
      apiVersion: group === '' ? version : `${group}/${version}`,
      metadata: {
        resourceVersion: String(revision),
        ...(initialEventsEnd && { annotations: { 'k8s.io/initial-events-end': 'true' } }),
      },
    },
    served,
  )
}
