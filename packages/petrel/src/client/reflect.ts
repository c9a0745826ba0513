/**
 * Keeps a cache in step with the server: state first, then every change, for ever (client-go's cache.Reflector).
 * Where the server serves it the state comes as a watch with initial events (KEP-3157), elsewhere as a list in pages;
 * afterwards a watch is resumed from the newest version seen, bookmarks included, and only an expired version brings
 * the state anew.
 */
import type { KubeObject, Resource } from '@petrel/machinery/kinds'
import { isStatus, StatusError } from '@petrel/machinery/status'
import { type Clock, type Logger, type Rng, sleep } from '../base/index.ts'
import { Backoff } from './backoff.ts'
import type { Client, ListOptions } from './contract.ts'

export interface ReflectOptions<T extends KubeObject> {
  readonly client: Client
  readonly resource: Resource<T>
  readonly scope: Pick<ListOptions, 'namespace' | 'labelSelector' | 'fieldSelector' | 'metadataOnly'>
  readonly clock: Clock
  readonly rng: Rng
  readonly log: Logger
  readonly signal: AbortSignal
  /** The whole state at one version; what is not in it does not exist. */
  replace(objects: readonly T[]): void
  change(type: 'ADDED' | 'MODIFIED' | 'DELETED', object: T): void
  /** Undefined when the server was reached again after an error. */
  problem(error: StatusError | undefined): void
}

/** Items of one page of a list. */
const pageSize = 500
/** A watch is renewed after 5 to 10 minutes, so that servers behind a load balancer get their share. */
const watchSeconds = 300

/** Runs until the signal is aborted. */
export async function reflect<T extends KubeObject>(options: ReflectOptions<T>): Promise<void> {
  const { signal, clock, log, resource } = options
  const backoff = new Backoff(clock, options.rng, { initialMs: 800, maxMs: 30_000, jitter: 1, resetMs: 120_000 })
  const reflector = new Reflector(options)
  while (!signal.aborted) {
    const started = clock.monotonic()
    try {
      await reflector.follow()
      // A server that closes watches at once must not be asked in a tight loop.
      if (clock.monotonic() - started < 1000) await sleep(clock, backoff.next(), signal)
    } catch (reason) {
      if (signal.aborted) return
      const error = StatusError.from(reason)
      if (reflector.recovers(error)) continue
      options.problem(error)
      const delayMs = Math.max(backoff.next(), (error.status.details?.retryAfterSeconds ?? 0) * 1000)
      log.warn('Watch failed, trying again', {
        resource: resource.plural,
        group: resource.group,
        err: error,
        delayMs: Math.round(delayMs),
      })
      await sleep(clock, delayMs, signal).catch(() => undefined)
    }
  }
}

class Reflector<T extends KubeObject> {
  readonly #options: ReflectOptions<T>
  /** Newest version the cache stands at; undefined asks for the state anew. */
  #version: string | undefined
  #watchList = true

  constructor(options: ReflectOptions<T>) {
    this.#options = options
  }

  /** One watch from where we are, state first when that is nowhere. Returns when the server ends it. */
  async follow(): Promise<void> {
    if (this.#version === undefined && !this.#watchList) await this.#list()
    await this.#watch()
  }

  /** True when going on at once cures the error: the version expired, or the server does not know initial events. */
  recovers(error: StatusError): boolean {
    if (this.#version === undefined && this.#watchList && refusesInitialEvents(error)) {
      this.#watchList = false
      return true
    }
    if (this.#version !== undefined && (isStatus(error, 'Expired') || isStatus(error, 'Gone'))) {
      this.#options.log.debug('Version expired, reading the state anew', { resource: this.#options.resource.plural })
      this.#version = undefined
      return true
    }
    // The server's log is behind our version (restored from a backup): what we hold may never have been.
    if (error.status.details?.causes?.some(cause => cause.reason === 'ResourceVersionTooLarge'))
      this.#version = undefined
    return false
  }

  async #list(): Promise<void> {
    const { client, resource, scope, signal } = this.#options
    const items: T[] = []
    let page = await client.list(resource, { ...scope, limit: pageSize, signal })
    for (;;) {
      for (const item of page.items) items.push(item)
      const next = page.metadata.continue
      if (!next) break
      page = await client.list(resource, { ...scope, limit: pageSize, continue: next, signal })
    }
    this.#options.replace(items)
    this.#version = page.metadata.resourceVersion ?? ''
    this.#options.problem(undefined)
  }

  async #watch(): Promise<void> {
    const { client, resource, scope, rng, signal } = this.#options
    const initial = this.#version === undefined ? new Map<string, T>() : undefined
    const events = client.watch(resource, {
      ...scope,
      allowWatchBookmarks: true,
      timeoutSeconds: Math.floor(watchSeconds * (1 + rng.next())),
      ...(this.#version === undefined ? { sendInitialEvents: true } : { resourceVersion: this.#version }),
      signal,
    })
    let state = initial
    for await (const event of events) {
      if (signal.aborted) return
      if (event.type === 'BOOKMARK') {
        if (state && event.initialEventsEnd) {
          this.#options.replace([...state.values()])
          this.#options.problem(undefined)
          state = undefined
        }
        // An old server ignores the question for initial events: its first bookmark has no end mark.
        else if (state) throw new StatusError(noInitialEvents)
        this.#version = event.resourceVersion
        continue
      }
      if (state) {
        const key = `${event.object.metadata?.namespace ?? ''}/${event.object.metadata?.name}`
        if (event.type === 'DELETED') state.delete(key)
        else state.set(key, event.object)
        continue
      }
      this.#options.change(event.type, event.object)
      this.#version = event.object.metadata?.resourceVersion ?? this.#version
    }
    if (state) throw new StatusError(endedEarly)
  }
}

const endedEarly = {
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Failure',
  message: 'the watch ended before the initial events were complete',
  reason: 'ServiceUnavailable',
  code: 503,
} as const

const noInitialEvents = {
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Failure',
  message: 'the server does not send initial events',
  reason: 'Invalid',
  code: 422,
} as const

/** What servers answer that do not know sendInitialEvents, or do not serve it. */
function refusesInitialEvents(error: StatusError): boolean {
  return isStatus(error, 'Invalid') || isStatus(error, 'BadRequest') || isStatus(error, 'MethodNotAllowed')
}
