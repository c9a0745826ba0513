/**
 * A queue of keys to work on, after k8s.io/client-go/util/workqueue. Invariants: a key waits at most once; a key is
 * never worked on twice at the same time; a key added while it is worked on waits again once that work is done. Keys
 * leave in the order in which they came. It is bounded by the number of distinct keys.
 */
import type { Clock } from '../base/index.ts'
import { DelayedKeys } from './delayed-keys.ts'
import { defaultRetryDelays, type RetryDelays } from './retry-delays.ts'

export interface WorkQueueOptions {
  readonly clock: Clock
  /** Delays of `retry`; per queue. `defaultRetryDelays` when undefined. */
  readonly retryDelays?: RetryDelays
}

export class WorkQueue {
  readonly #retryDelays: RetryDelays
  readonly #delayed: DelayedKeys
  /** In order; a Set keeps the order of insertion and makes membership cheap. */
  readonly #waiting = new Set<string>()
  readonly #working = new Set<string>()
  /** Added while being worked on. */
  readonly #again = new Set<string>()
  readonly #takers: ((key: string | undefined) => void)[] = []
  readonly #drained: (() => void)[] = []
  #closed = false

  constructor(options: WorkQueueOptions) {
    this.#retryDelays = options.retryDelays ?? defaultRetryDelays(options.clock)
    this.#delayed = new DelayedKeys(options.clock, key => this.add(key))
  }

  /** Keys that wait and can be taken now. */
  get depth(): number {
    return this.#waiting.size
  }

  /** Keys that are worked on. */
  get working(): number {
    return this.#working.size
  }

  /** Keys that wait for their time. */
  get delayed(): number {
    return this.#delayed.size
  }

  /** Puts the key in line, unless it waits already. Ignored after `close`. */
  add(key: string): void {
    if (this.#closed) return
    if (this.#working.has(key)) {
      this.#again.add(key)
      return
    }
    const taker = this.#takers.shift()
    if (taker) {
      this.#working.add(key)
      taker(key)
    } else {
      this.#waiting.add(key)
    }
  }

  /** Adds the key after `delayMs`; of several delays of one key the earliest counts. */
  addAfter(key: string, delayMs: number): void {
    if (this.#closed) return
    if (delayMs <= 0) this.add(key)
    else this.#delayed.add(key, delayMs)
  }

  /** Adds the key after a delay that grows with each call until `forget`. */
  retry(key: string): void {
    if (!this.#closed) this.addAfter(key, this.#retryDelays.next(key))
  }

  /** The work on the key succeeded: its next retry starts from the shortest delay again. */
  forget(key: string): void {
    this.#retryDelays.forget(key)
  }

  /** How often `retry` was called since `forget`. */
  retries(key: string): number {
    return this.#retryDelays.failures(key)
  }

  /** The next key, as soon as there is one; undefined once the queue is closed and empty. Owes a `done`. */
  take(): Promise<string | undefined> {
    for (const key of this.#waiting) {
      this.#waiting.delete(key)
      this.#working.add(key)
      return Promise.resolve(key)
    }
    if (this.#closed) return Promise.resolve(undefined)
    return new Promise(resolve => this.#takers.push(resolve))
  }

  /** The work on a taken key has ended, well or not. After `close` a key that was added meanwhile is dropped. */
  done(key: string): void {
    this.#working.delete(key)
    if (this.#again.delete(key)) this.add(key)
    this.#checkDrained()
  }

  /** Takes no more keys, drops the delayed ones, and lets those in line be taken. */
  close(): void {
    this.#closed = true
    this.#delayed.clear()
    if (this.#waiting.size === 0) for (const taker of this.#takers.splice(0)) taker(undefined)
  }

  /** Closes and resolves when nothing waits and nothing is worked on any more. Needs someone to take what waits. */
  drain(): Promise<void> {
    this.close()
    return new Promise(resolve => {
      this.#drained.push(resolve)
      this.#checkDrained()
    })
  }

  /** Closes and forgets what is in line: takers get undefined at once. */
  abandon(): void {
    this.#waiting.clear()
    this.close()
    this.#checkDrained()
  }

  #checkDrained(): void {
    if (this.#working.size > 0 || this.#waiting.size > 0) return
    for (const resolve of this.#drained.splice(0)) resolve()
  }
}
