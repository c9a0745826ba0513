/**
 * Decides what becomes of an event (client-go's EventCorrelator): dropped as spam, folded into an aggregate, or counted
 * onto the one written before. Keeps the newest 4,096 keys of each table and forgets the oldest.
 */
import type { Event } from '@petrel/machinery/api/core-v1'
import type { Clock } from '../base/index.ts'
import type { RecordedEvent } from './recorded-event.ts'
import { Bucket } from './retry-delays.ts'

/** Names and values of client-go/tools/record/events_cache.go. */
const maxLruCacheEntries = 4096
const defaultAggregateMaxEvents = 10
const defaultAggregateIntervalMs = 600_000
const defaultSpamBurst = 25
const defaultSpamQps = 1 / 300

export type Correlated =
  | { readonly skip: true }
  | { readonly skip: false; readonly event: RecordedEvent; readonly update: boolean; readonly key: string }

interface Similar {
  readonly messages: Set<string>
  lastAt: number
}

export class Correlator {
  readonly #clock: Clock
  readonly #spam = new Recent<Bucket>()
  readonly #similar = new Recent<Similar>()
  readonly #written = new Recent<RecordedEvent>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  correlate(event: RecordedEvent): Correlated {
    const source = join(event.source?.component, event.source?.host, ...involved(event))
    const bucket = this.#spam.getOrAdd(source, () => new Bucket(this.#clock, defaultSpamQps, defaultSpamBurst))
    if (!bucket.tryTake()) return { skip: true }

    const aggregateKey = join(source, event.type, event.reason, event.reportingComponent, event.reportingInstance)
    const aggregated = this.#aggregates(aggregateKey, event.message)
    const key = aggregated ? aggregateKey : join(aggregateKey, event.message)
    const message = aggregated ? `(combined from similar events): ${event.message}` : event.message
    const previous = this.#written.get(key)
    if (!previous) return { skip: false, event: { ...event, message }, update: false, key }
    const update = {
      ...previous,
      message,
      count: previous.count + 1,
      ...(event.lastTimestamp !== undefined && { lastTimestamp: event.lastTimestamp }),
    }
    return { skip: false, event: update, update: true, key }
  }

  /** The server has taken the event; the next of its key counts on from here. */
  wrote(key: string, event: Event): void {
    const { count = 1, reason = '', message = '', type = 'Normal' } = event
    this.#written.set(key, { ...event, count, reason, message, type })
  }

  /** True once ten different messages of one kind came without a pause of ten minutes. */
  #aggregates(key: string, message: string): boolean {
    const now = this.#clock.monotonic()
    let similar = this.#similar.get(key)
    if (!similar || now - similar.lastAt > defaultAggregateIntervalMs) {
      similar = { messages: new Set(), lastAt: now }
      this.#similar.set(key, similar)
    }
    similar.lastAt = now
    similar.messages.add(message)
    if (similar.messages.size < defaultAggregateMaxEvents) return false
    // Room for the next message to be told apart; the set never grows beyond the limit.
    const [oldest] = similar.messages
    if (oldest !== undefined) similar.messages.delete(oldest)
    return true
  }
}

function involved(event: RecordedEvent): string[] {
  const { kind = '', namespace = '', name = '', uid = '', apiVersion = '' } = event.involvedObject
  return [kind, namespace, name, uid, apiVersion]
}

function join(...parts: (string | undefined)[]): string {
  return parts.join('\u0000')
}

/** A map of bounded size that forgets what was used least recently. */
class Recent<V> {
  readonly #entries = new Map<string, V>()

  get(key: string): V | undefined {
    const value = this.#entries.get(key)
    if (value === undefined) return undefined
    this.#entries.delete(key)
    this.#entries.set(key, value)
    return value
  }

  set(key: string, value: V): void {
    this.#entries.delete(key)
    this.#entries.set(key, value)
    if (this.#entries.size <= maxLruCacheEntries) return
    for (const oldest of this.#entries.keys()) {
      this.#entries.delete(oldest)
      return
    }
  }

  getOrAdd(key: string, make: () => V): V {
    const value = this.get(key) ?? make()
    this.set(key, value)
    return value
  }
}
