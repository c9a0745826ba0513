/**
 * Records core/v1 Events about objects, with upstream's aggregation (k8s.io/client-go/tools/record): the same event
 * again counts up the one that exists, many similar ones become one `(combined from similar events)`, and each source
 * may speak about an object 25 times at once and then every five minutes. Never blocks and never throws: events are
 * written one after the other in the background, at most `queueLimit` wait, and what is over is counted and dropped.
 */
import type { Event } from '@petrel/machinery/api/core-v1'
import { events, type KubeObject } from '@petrel/machinery/kinds'
import { isStatus, StatusError } from '@petrel/machinery/status'
import { type Clock, type Logger, toTime } from '../base/index.ts'
import type { Client } from './contract.ts'
import { Correlator } from './event-correlator.ts'
import type { RecordedEvent } from './recorded-event.ts'

/** core/v1 ObjectReference, as far as events use it. */
export interface EventReference {
  kind?: string
  namespace?: string
  name?: string
  uid?: string
  apiVersion?: string
  resourceVersion?: string
  fieldPath?: string
}

export interface EventRecorder {
  /** `about` is an object with apiVersion and kind, or a reference to one. `message` is cut at 1,024 bytes. */
  event(about: KubeObject | EventReference, type: 'Normal' | 'Warning', reason: string, message: string): void
}

export interface EventRecorderOptions {
  readonly client: Client
  readonly clock: Clock
  readonly log: Logger
  readonly component: string
  readonly host?: string
  /** Events that may wait to be written. */
  readonly queueLimit?: number
}

export class EventSink implements EventRecorder {
  readonly #options: EventRecorderOptions
  readonly #correlator: Correlator
  readonly #queue: RecordedEvent[] = []
  #writing: Promise<void> | undefined
  #dropped = 0
  #closed = false

  constructor(options: EventRecorderOptions) {
    this.#options = options
    this.#correlator = new Correlator(options.clock)
  }

  /** Events that were not written because too many waited. */
  get dropped(): number {
    return this.#dropped
  }

  event(about: KubeObject | EventReference, type: 'Normal' | 'Warning', reason: string, message: string): void {
    if (this.#closed) return
    if (this.#queue.length >= (this.#options.queueLimit ?? 1000)) {
      this.#dropped++
      return
    }
    this.#queue.push(this.#make(referenceTo(about), type, reason, message))
    this.#writing ??= this.#writeAll()
  }

  /** Takes no more events; resolves when those that wait are written. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#writing
  }

  #make(involvedObject: EventReference, type: 'Normal' | 'Warning', reason: string, message: string): RecordedEvent {
    const { clock, component, host } = this.#options
    const now = toTime(clock.now())
    return {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: {
        // Upstream's name: the object's, a dot, and the nanoseconds in hexadecimal.
        name: `${involvedObject.name ?? 'unknown'}.${uniqueHex(clock)}`,
        namespace: involvedObject.namespace || 'default',
      },
      involvedObject,
      reason,
      message: message.length > 1024 ? message.slice(0, 1024) : message,
      source: { component, ...(host !== undefined && { host }) },
      firstTimestamp: now,
      lastTimestamp: now,
      count: 1,
      type,
      reportingComponent: component,
      reportingInstance: host ?? '',
    }
  }

  async #writeAll(): Promise<void> {
    // The caller goes on first: recording is never on its way.
    await Promise.resolve()
    for (;;) {
      const event = this.#queue.shift()
      if (!event) {
        // In the same turn in which the queue was found empty, or an event that comes in between would wait for ever.
        this.#writing = undefined
        return
      }
      const result = this.#correlator.correlate(event)
      if (result.skip) continue
      try {
        this.#correlator.wrote(result.key, await this.#write(result.event, result.update))
      } catch (error) {
        // Forbidden while the namespace ends is expected; whatever it is, an event is never worth a retry storm.
        this.#options.log.debug('Event was not recorded', { reason: event.reason, err: StatusError.from(error) })
      }
    }
  }

  async #write(event: RecordedEvent, update: boolean): Promise<Event> {
    const { client } = this.#options
    if (update) {
      const key = { namespace: event.metadata?.namespace, name: event.metadata?.name ?? '' }
      const { count, lastTimestamp, message } = event
      try {
        return await client.patch(events, key, 'merge', { count, lastTimestamp, message })
      } catch (error) {
        // The event outlived its time to live: begin a new one.
        if (!isStatus(error, 'NotFound')) throw error
        const name = `${event.involvedObject.name ?? 'unknown'}.${uniqueHex(this.#options.clock)}`
        return await client.create(events, {
          ...event,
          metadata: { namespace: event.metadata?.namespace ?? 'default', name },
        })
      }
    }
    return await client.create(events, event)
  }
}

function referenceTo(about: KubeObject | EventReference): EventReference {
  if (!('metadata' in about)) return about as EventReference
  const { apiVersion, kind, metadata } = about
  return {
    ...(kind !== undefined && { kind }),
    ...(metadata?.namespace !== undefined && { namespace: metadata.namespace }),
    ...(metadata?.name !== undefined && { name: metadata.name }),
    ...(metadata?.uid !== undefined && { uid: metadata.uid }),
    ...(apiVersion !== undefined && { apiVersion }),
    ...(metadata?.resourceVersion !== undefined && { resourceVersion: metadata.resourceVersion }),
  }
}

let lastStamp = 0n

/** Nanoseconds since the epoch, never the same twice in this process. */
function uniqueHex(clock: Clock): string {
  const now = BigInt(Math.floor(clock.now())) * 1_000_000n
  lastStamp = now > lastStamp ? now : lastStamp + 1n
  return lastStamp.toString(16)
}
