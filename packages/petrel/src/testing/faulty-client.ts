/**
 * A Client that passes everything to a real one and breaks watches on demand, in each of the ways in which a network or
 * a server does.
 */
import type { KubeObject, Resource } from '@petrel/machinery/kinds'
import { expired, StatusError, unavailable } from '@petrel/machinery/status'
import type { Client, WatchEvent, WatchOptions } from '../client/index.ts'

/** `end`: as after timeoutSeconds. `cut`: an error of the connection. `expire`: and resuming is refused, once. */
export type Fault = 'end' | 'cut' | 'expire'

export class FaultyClient {
  readonly client: Client
  /** Every call of watch and list, newest last. */
  readonly calls: string[] = []
  /** Answers watches with initial events as a server without WatchList does. */
  refuseInitialEvents = false
  readonly #real: Client
  readonly #open = new Set<(fault: Fault) => void>()
  #expireNext = false

  constructor(real: Client) {
    this.#real = real
    this.client = new Proxy(real, {
      get: (target, name) => {
        if (name === 'watch')
          return <T extends KubeObject>(resource: Resource<T>, options: WatchOptions) => this.#watch(resource, options)
        const member: unknown = Reflect.get(target, name)
        if (typeof member !== 'function') return member
        return (...args: unknown[]) => {
          if (name === 'list') this.calls.push('list')
          return Reflect.apply(member, target, args)
        }
      },
    })
  }

  /** Breaks every watch that is open now. */
  break(fault: Fault): void {
    for (const interrupt of [...this.#open]) interrupt(fault)
    if (fault === 'expire') this.#expireNext = true
  }

  async *#watch<T extends KubeObject>(resource: Resource<T>, options: WatchOptions): AsyncGenerator<WatchEvent<T>> {
    this.calls.push(options.sendInitialEvents ? 'watch initial' : `watch ${options.resourceVersion}`)
    if (options.sendInitialEvents && this.refuseInitialEvents) throw refused
    if (!options.sendInitialEvents && this.#expireNext) {
      this.#expireNext = false
      throw expired('too old resource version: 1 (2)')
    }
    const broken = Promise.withResolvers<Fault>()
    this.#open.add(broken.resolve)
    const events = this.#real.watch(resource, options)[Symbol.asyncIterator]()
    try {
      for (;;) {
        const next = await Promise.race([events.next(), broken.promise])
        if (next === 'end' || next === 'expire') return
        if (next === 'cut') throw unavailable('connection reset')
        if (next.done) return
        yield next.value
      }
    } finally {
      this.#open.delete(broken.resolve)
      void events.return?.(undefined)
    }
  }
}

const refused = new StatusError({
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Failure',
  message:
    'sendInitialEvents: Forbidden: sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled',
  reason: 'Invalid',
  code: 422,
})
