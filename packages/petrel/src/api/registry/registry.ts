/**
 * What the verbs of all kinds work on: the store, the table of kinds, admission, time and chance. One generic
 * implementation serves every kind (k8s.io/apiserver/pkg/registry/generic); what is special about a kind is in its
 * declaration, and the few that reach beyond their own object have hooks.
 */
import type { KubeObject } from '@petrel/machinery/kinds'
import type { Clock, Logger, Rng, Timer } from '../../base/index.ts'
import type { Entry, Store } from '../../store/index.ts'
import type { AdmissionPlugin } from '../contract.ts'
import { KeyQueue } from './key-queue.ts'
import type { KindTable, ServedKind } from './kind-table.ts'
import type { WatchStream, WatchStreams } from './watch-stream.ts'

/** A claim on something that is handed out (an address, a port): kept when the write succeeded, else given back. */
export interface Claim {
  keep(): void
  release(): void
}

/** What a kind needs besides its own object. */
export interface KindHooks {
  /** Before validation; may change the object. `old` is undefined for a create. */
  claim?(object: KubeObject, old: KubeObject | undefined, dryRun: boolean): Claim | undefined
  /** Whether something other than metadata.finalizers still holds an object that is being deleted. */
  held?(object: KubeObject): boolean
  /** Changes an object whose deletion begins. */
  markDeleting?(object: KubeObject): void
}

export interface RegistryOptions {
  readonly store: Store
  readonly table: KindTable
  readonly clock: Clock
  readonly rng: Rng
  readonly log: Logger
  readonly admission: readonly AdmissionPlugin[]
  /** By `group/plural`: `/services`. */
  readonly hooks?: Readonly<Record<string, KindHooks>>
  readonly onSent?: (served: ServedKind, items: number) => void
}

const bookmarkMs = 60_000

export class Registry implements WatchStreams {
  readonly store: Store
  readonly table: KindTable
  readonly clock: Clock
  readonly rng: Rng
  readonly log: Logger
  readonly admission: readonly AdmissionPlugin[]
  readonly writers = new KeyQueue()
  readonly #hooks: Readonly<Record<string, KindHooks>>
  readonly #onSent: (served: ServedKind, items: number) => void
  readonly #streams = new Map<WatchStream, number>()
  #ticker: Timer | undefined
  #closed = false

  constructor(options: RegistryOptions) {
    this.store = options.store
    this.table = options.table
    this.clock = options.clock
    this.rng = options.rng
    this.log = options.log
    this.admission = options.admission
    this.#hooks = options.hooks ?? {}
    this.#onSent = options.onSent ?? (() => {})
  }

  hooks(served: ServedKind): KindHooks {
    return this.#hooks[`${served.kind.group}/${served.kind.plural}`] ?? noHooks
  }

  get(key: string): Entry | undefined {
    return this.store.get(key)
  }

  /** How many watches are open. */
  get streams(): number {
    return this.#streams.size
  }

  add(stream: WatchStream): void {
    if (this.#closed) {
      stream.end()
      return
    }
    // Spread over the minute, so that thousands of bookmarks do not come at once.
    this.#streams.set(stream, this.clock.monotonic() + bookmarkMs * (0.75 + this.rng.next() / 4))
    this.#ticker ??= this.clock.after(bookmarkTickMs, () => this.#tick())
  }

  delete(stream: WatchStream): void {
    this.#streams.delete(stream)
  }

  sent(served: ServedKind, items: number): void {
    this.#onSent(served, items)
  }

  /** Ends every watch cleanly; later ones end at once. */
  endWatches(): void {
    this.#closed = true
    this.#ticker?.cancel()
    for (const stream of [...this.#streams.keys()]) stream.finish()
  }

  #tick(): void {
    const now = this.clock.monotonic()
    for (const [stream, at] of this.#streams) {
      if (at > now) continue
      this.#streams.set(stream, now + bookmarkMs)
      stream.bookmark()
    }
    this.#ticker =
      this.#streams.size > 0 && !this.#closed ? this.clock.after(bookmarkTickMs, () => this.#tick()) : undefined
  }
}

const bookmarkTickMs = 5_000
const noHooks: KindHooks = {}
