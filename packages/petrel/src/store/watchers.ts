/**
 * The fan-out of events to watches. Watches with one prefix form a group, and groups are found from an event's key: for
 * each directory of the key (what ends in `/`) by the key's beginnings of those lengths that watches in that directory
 * have. An event costs a few lookups however many watches there are, and a group's watches share one array of events.
 */
import type { Revision, StoreEvent, Watch, WatchSink } from './contract.ts'

interface Group {
  readonly prefix: string
  readonly watchers: Set<Watcher>
  /** What the delivery under way has for this group. */
  batch: StoreEvent[] | undefined
}

/** The groups whose prefix has the same directory, by prefix, and how many there are of each length. */
interface Directory {
  readonly groups: Map<string, Group>
  readonly lengths: Map<number, number>
}

interface Watcher {
  readonly sink: WatchSink
  readonly group: Group
  /** Events up to here have been delivered when it began. */
  readonly since: Revision
  /** The position the sink has been told of, by events or progress. */
  told: Revision
  cancelled: boolean
}

export class Watchers {
  readonly #directories = new Map<string, Directory>()
  readonly #onProgress = new Set<Watcher>()
  #size = 0

  get size(): number {
    return this.#size
  }

  /** Whether any sink wants to hear of progress. */
  get wantsProgress(): boolean {
    return this.#onProgress.size > 0
  }

  /** Adds a watch that has seen all up to `since` but `missed`, which it gets now, and then what `deliver` brings. */
  add(prefix: string, since: Revision, sink: WatchSink, missed: readonly StoreEvent[]): Watch {
    const group = this.#group(prefix)
    const watcher: Watcher = { sink, group, since, told: since, cancelled: false }
    group.watchers.add(watcher)
    if (sink.progress) this.#onProgress.add(watcher)
    this.#size++
    if (missed.length > 0) this.#send(watcher, missed, since)
    return { cancel: () => this.#cancel(watcher) }
  }

  /** Delivers `events`, all of one commit that ends at `revision`. */
  deliver(events: readonly StoreEvent[], revision: Revision): void {
    if (this.#size === 0) return
    const touched: Group[] = []
    for (const event of events) this.#match(event, touched)
    for (const group of touched) {
      const batch = group.batch!
      group.batch = undefined
      for (const watcher of group.watchers) {
        // A watch that began inside this delivery has these events from the window.
        if (!watcher.cancelled && watcher.since < revision) this.#send(watcher, batch, revision)
      }
    }
  }

  /** Tells those who want it that there is nothing for them up to `revision`. */
  progress(revision: Revision): void {
    for (const watcher of this.#onProgress) {
      if (watcher.cancelled || watcher.told >= revision) continue
      watcher.told = revision
      try {
        watcher.sink.progress?.(revision)
      } catch (error) {
        this.#fail(watcher, error)
      }
    }
  }

  /** Ends every watch. */
  end(error?: Error): void {
    const groups = [...this.#directories.values()].flatMap(directory => [...directory.groups.values()])
    this.#directories.clear()
    this.#onProgress.clear()
    this.#size = 0
    for (const group of groups) {
      for (const watcher of group.watchers) {
        if (watcher.cancelled) continue
        watcher.cancelled = true
        watcher.sink.end(error)
      }
    }
  }

  #send(watcher: Watcher, events: readonly StoreEvent[], revision: Revision): void {
    watcher.told = revision
    try {
      watcher.sink.events(events)
    } catch (error) {
      this.#fail(watcher, error)
    }
  }

  #fail(watcher: Watcher, error: unknown): void {
    if (watcher.cancelled) return
    this.#cancel(watcher)
    watcher.sink.end(error instanceof Error ? error : new Error(String(error)))
  }

  #match(event: StoreEvent, touched: Group[]): void {
    const key = event.key
    for (let end = 0; ; end = key.indexOf('/', end) + 1) {
      const directory = this.#directories.get(key.slice(0, end))
      if (directory) {
        for (const length of directory.lengths.keys()) {
          if (length > key.length) continue
          const group = directory.groups.get(key.slice(0, length))
          if (!group) continue
          if (!group.batch) {
            group.batch = []
            touched.push(group)
          }
          group.batch.push(event)
        }
      }
      if (key.indexOf('/', end) < 0) return
    }
  }

  #group(prefix: string): Group {
    const name = directoryOf(prefix)
    const directory: Directory = this.#directories.get(name) ?? { groups: new Map(), lengths: new Map() }
    this.#directories.set(name, directory)
    const known = directory.groups.get(prefix)
    if (known) return known
    const group: Group = { prefix, watchers: new Set(), batch: undefined }
    directory.groups.set(prefix, group)
    directory.lengths.set(prefix.length, (directory.lengths.get(prefix.length) ?? 0) + 1)
    return group
  }

  #cancel(watcher: Watcher): void {
    if (watcher.cancelled) return
    watcher.cancelled = true
    this.#size--
    this.#onProgress.delete(watcher)
    const { watchers, prefix } = watcher.group
    watchers.delete(watcher)
    if (watchers.size > 0) return
    const name = directoryOf(prefix)
    const directory = this.#directories.get(name)!
    directory.groups.delete(prefix)
    const left = directory.lengths.get(prefix.length)! - 1
    if (left > 0) directory.lengths.set(prefix.length, left)
    else directory.lengths.delete(prefix.length)
    if (directory.groups.size === 0) this.#directories.delete(name)
  }
}

/** The part of `prefix` up to and including its last `/`. */
function directoryOf(prefix: string): string {
  return prefix.slice(0, prefix.lastIndexOf('/') + 1)
}
