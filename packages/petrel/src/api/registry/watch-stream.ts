/**
 * One watch, before any encoding: the state first where asked for, then every change in order, bookmarks, an end.
 * Follows k8s.io/apiserver/pkg/storage/cacher: entering a selection is ADDED, leaving it is DELETED with the state
 * before. Everything is delivered synchronously from the store's own delivery; the sink buffers or cancels.
 */
import { expired, StatusError } from '@petrel/machinery/status'
import type { Clock, Timer } from '../../base/index.ts'
import { CompactedError, type Entry, type Store, type StoreEvent, type Watch } from '../../store/index.ts'
import { bookmark, Change, EntryItem, type WatchItem } from './change.ts'
import type { ServedKind } from './kind-table.ts'
import type { Selection } from './selection.ts'
import { objectOf } from './stored.ts'

export interface WatchSink {
  items(items: readonly WatchItem[]): void
  /** Nothing follows. With an error the client is told why, without one it may come again. */
  end(error?: StatusError): void
}

export interface WatchPlan {
  readonly served: ServedKind
  readonly prefix: string
  readonly selection: Selection
  /** Entries that come first, as ADDED; undefined for none. */
  readonly initial: readonly Entry[] | undefined
  /** Changes after this revision follow. */
  readonly after: number
  readonly bookmarks: boolean
  /** A bookmark marks the end of `initial`. */
  readonly markInitialEnd: boolean
  readonly timeoutMs: number
}

/** Streams that live, for bookmarks and for the end of the server. */
export interface WatchStreams {
  readonly store: Store
  readonly clock: Clock
  add(stream: WatchStream): void
  delete(stream: WatchStream): void
  /** How many items went out, for metrics. */
  sent(served: ServedKind, items: number): void
}

export class WatchStream {
  readonly plan: WatchPlan
  readonly #streams: WatchStreams
  #sink: WatchSink | undefined
  #watch: Watch | undefined
  #timer: Timer | undefined
  #ended = false
  /** The revision that the client knows of. */
  #told = 0

  constructor(plan: WatchPlan, streams: WatchStreams) {
    this.plan = plan
    this.#streams = streams
  }

  /** Delivers what comes first, then subscribes. May end at once. */
  start(sink: WatchSink): void {
    if (this.#ended) return
    this.#sink = sink
    const { plan } = this
    this.#told = plan.after
    this.#streams.add(this)
    if (plan.initial) this.#deliver(plan.initial.map(entry => new EntryItem('ADDED', entry, plan.served)))
    if (plan.markInitialEnd) this.#deliver([bookmark(plan.served, plan.after, true)])
    try {
      const watch = this.#streams.store.watch(plan.prefix, plan.after, {
        events: events => this.#events(events),
        end: error => this.end(error && StatusError.from(error)),
      })
      if (this.#ended) watch.cancel()
      else this.#watch = watch
    } catch (error) {
      this.end(
        error instanceof CompactedError
          ? expired(`too old resource version: ${plan.after} (${error.compacted + 1})`)
          : StatusError.from(error),
      )
      return
    }
    if (!this.#ended) this.#timer = this.#streams.clock.after(plan.timeoutMs, () => this.finish())
  }

  /** Tells how far the watch has come, where the client wants to know and does not yet. */
  bookmark(): void {
    if (this.#ended || !this.plan.bookmarks) return
    const { revision } = this.#streams.store
    if (revision > this.#told) {
      this.#told = revision
      this.#deliver([bookmark(this.plan.served, revision, false)])
    }
  }

  /** The regular end: a last bookmark, so that the client goes on from here. */
  finish(): void {
    this.bookmark()
    this.end()
  }

  /** Ends the stream from this side. */
  end(error?: StatusError): void {
    if (this.#ended) return
    this.#release()
    this.#sink?.end(error)
  }

  /** The reader has gone: ends without telling it. */
  cancel(): void {
    if (!this.#ended) this.#release()
  }

  #release(): void {
    this.#ended = true
    this.#timer?.cancel()
    this.#watch?.cancel()
    this.#streams.delete(this)
  }

  #events(events: readonly StoreEvent[]): void {
    const { served, selection } = this.plan
    const items: WatchItem[] = []
    for (const event of events) {
      const change = Change.of(event, served)
      const item = selection.empty ? change.item : select(change, selection)
      if (item) items.push(item)
      this.#told = event.revision
    }
    this.#deliver(items)
  }

  #deliver(items: readonly WatchItem[]): void {
    if (items.length === 0 || this.#ended) return
    this.#streams.sent(this.plan.served, items.length)
    this.#sink?.items(items)
  }
}

function select(change: Change, selection: Selection): WatchItem | undefined {
  const { current, previous } = change
  const is = current !== undefined && selection.matches(current)
  const was = previous !== undefined && selection.matches(previous)
  if (is) return was ? change.modified : change.added
  return was ? change.deleted : undefined
}

/** The entries of a collection that a selection takes. */
export function selectEntries(entries: readonly Entry[], served: ServedKind, selection: Selection): readonly Entry[] {
  return selection.empty ? entries : entries.filter(entry => selection.matches(objectOf(entry, served)))
}
