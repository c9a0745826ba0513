/**
 * Runs controllers on one client, one clock and one shared informer cache. A controller begins to work when the caches
 * it reads are filled, and not before; controllers do not wait for each other.
 */
import type { KubeObject, Resource } from '@petrel/machinery/kinds'
import { isStatus } from '@petrel/machinery/status'
import { type Clock, Lifetime, type Logger, type Rng, sleep, systemRng } from '../base/index.ts'
import {
  Backoff,
  type Client,
  createInformers,
  EventSink,
  type Informer,
  type Informers,
  WorkQueue,
} from '../client/index.ts'
import type { Controller, ControllerContext } from './define-controller.ts'

export interface StartOptions {
  readonly clock: Clock
  readonly log: Logger
  readonly rng?: Rng
  /** A cache to share with other loops of the process; it stays open. Made here when undefined. */
  readonly informers?: Informers
  /** Called after each reconcile: for metrics. */
  readonly observe?: (reconciled: Reconciled) => void
}

export interface Reconciled {
  readonly controller: string
  readonly key: string
  readonly result: 'success' | 'error' | 'requeue_after'
  readonly durationMs: number
}

export interface ControllerStatus {
  readonly name: string
  readonly synced: boolean
  /** Keys in line. */
  readonly depth: number
  /** Keys being worked on. */
  readonly working: number
  /** Failures since the start, and the newest. */
  readonly errors: number
  readonly lastError: string | undefined
}

export interface RunningControllers {
  readonly informers: Informers
  readonly status: readonly ControllerStatus[]
  /** A sentence for readyz: which controller waits for its caches; undefined when all work. */
  readonly problem: string | undefined
  /** Resolves when every controller has begun to work. */
  ready(): Promise<void>
  /** Resolves when nothing is queued and nothing is worked on; delayed keys do not count. For tests. */
  idle(): boolean
  /** Ends all work; resolves when nothing runs any more. */
  close(): Promise<void>
}

export function startControllers(
  client: Client,
  controllers: readonly Controller[],
  options: StartOptions,
): RunningControllers {
  const { log } = options
  const lifetime = new Lifetime((name, error) => log.error('Controller broke', { controller: name, err: error }))
  const informers = options.informers ?? createInformers(client, options)
  if (!options.informers) lifetime.defer(() => informers.close())
  const runs = controllers.map(controller => new Run(controller, client, informers, options, lifetime))
  informers.start()
  for (const run of runs) lifetime.run(run.status.name, () => run.start())

  return {
    informers,
    get status() {
      return runs.map(run => run.status)
    },
    get problem() {
      const waiting = runs.filter(run => !run.status.synced).map(run => run.status.name)
      return waiting.length === 0 ? undefined : `controllers that wait for their caches: ${waiting.join(', ')}`
    },
    async ready() {
      await Promise.all(runs.map(run => run.ready))
    },
    idle: () => runs.every(run => run.idle),
    close: () => lifetime.close(),
  }
}

class Run {
  readonly ready: Promise<void>
  readonly #controller: Controller
  readonly #context: ControllerContext
  readonly #queue: WorkQueue
  readonly #informers: readonly Informer[]
  readonly #options: StartOptions
  #isReady!: () => void
  #synced = false
  #errors = 0
  #lastError: string | undefined

  constructor(controller: Controller, client: Client, informers: Informers, options: StartOptions, lifetime: Lifetime) {
    const { clock, rng = systemRng } = options
    const log = options.log.with({ controller: controller.name })
    const component = controller.component ?? `${controller.name}-controller`
    const events = new EventSink({ client, clock, log, component })
    const queue = new WorkQueue({ clock })
    lifetime.defer(async () => {
      queue.abandon()
      await events.close()
    })
    const declared = new Map<string, Informer>()
    for (const resource of [...controller.watches.map(watch => watch.resource), ...(controller.reads ?? [])]) {
      declared.set(resourceKey(resource), informers.informer(resource))
    }
    this.ready = new Promise(resolve => {
      this.#isReady = resolve
    })
    this.#controller = controller
    this.#options = options
    this.#queue = queue
    this.#informers = [...declared.values()]
    this.#context = {
      client,
      clock,
      rng,
      log,
      events,
      signal: lifetime.signal,
      informers,
      informer<T extends KubeObject>(resource: Resource<T>): Informer<T> {
        const informer = declared.get(resourceKey(resource))
        if (!informer) {
          throw new TypeError(
            `Cannot read the cache of ${resource.plural}: controller ${controller.name} neither watches nor reads it`,
          )
        }
        // One informer per resource: the resource fixes the type of the objects.
        return informer as Informer<T>
      },
      enqueue: key => queue.add(key),
      enqueueAfter: (key, delayMs) => queue.addAfter(key, delayMs),
    }
    for (const watch of controller.watches) watch.attach(this.#context)
  }

  get status(): ControllerStatus {
    return {
      name: this.#controller.name,
      synced: this.#synced,
      depth: this.#queue.depth,
      working: this.#queue.working,
      errors: this.#errors,
      lastError: this.#lastError,
    }
  }

  get idle(): boolean {
    return this.#synced && this.#queue.depth === 0 && this.#queue.working === 0
  }

  async start(): Promise<void> {
    const { signal } = this.#context
    await Promise.all(this.#informers.map(informer => informer.synced(signal)))
    this.#synced = true
    this.#isReady()
    const workers = Array.from({ length: this.#controller.concurrency ?? 1 }, () => this.#work())
    await Promise.all([...workers, this.#run()])
  }

  async #work(): Promise<void> {
    for (;;) {
      const key = await this.#queue.take()
      if (key === undefined) return
      await this.#reconcile(key)
      this.#queue.done(key)
    }
  }

  async #reconcile(key: string): Promise<void> {
    const { clock, log, signal } = this.#context
    const started = clock.monotonic()
    const observe = (result: Reconciled['result']): void =>
      this.#options.observe?.({
        controller: this.#controller.name,
        key,
        result,
        durationMs: clock.monotonic() - started,
      })
    try {
      const outcome = await this.#controller.reconcile(key, this.#context)
      this.#queue.forget(key)
      if (outcome?.requeueAfterMs !== undefined) this.#queue.addAfter(key, outcome.requeueAfterMs)
      observe(outcome?.requeueAfterMs === undefined ? 'success' : 'requeue_after')
    } catch (error) {
      if (signal.aborted) return
      this.#queue.retry(key)
      this.#errors++
      this.#lastError = error instanceof Error ? error.message : String(error)
      // A conflict is the ordinary way to learn that the cache was behind.
      const fields = { key, retries: this.#queue.retries(key), err: error }
      if (isStatus(error, 'Conflict')) log.debug('Reconcile met a conflict, trying again', fields)
      else log.warn('Reconcile failed, trying again', fields)
      observe('error')
    }
  }

  async #run(): Promise<void> {
    const { clock, rng, log, signal } = this.#context
    const backoff = new Backoff(clock, rng, { initialMs: 1000, maxMs: 60_000, jitter: 0.5, resetMs: 120_000 })
    while (!signal.aborted) {
      try {
        await this.#controller.run?.(this.#context)
        return
      } catch (error) {
        if (signal.aborted) return
        this.#errors++
        this.#lastError = error instanceof Error ? error.message : String(error)
        const delayMs = backoff.next()
        log.error('Controller stopped, starting it again', { err: error, delayMs: Math.round(delayMs) })
        await sleep(clock, delayMs, signal).catch(() => undefined)
      }
    }
  }
}

function resourceKey(resource: Resource): string {
  return `${resource.group}/${resource.version}/${resource.plural}`
}
