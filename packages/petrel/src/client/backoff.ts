/** A delay that doubles from try to try, with jitter, and starts anew after a quiet time (wait.BackoffManager). */
import type { Clock, Rng } from '../base/index.ts'

export interface BackoffOptions {
  readonly initialMs: number
  readonly maxMs: number
  /** 1 makes delays between one and two times the nominal one. */
  readonly jitter: number
  /** After so long without a call the delay starts from `initialMs`. */
  readonly resetMs: number
}

export class Backoff {
  readonly #clock: Clock
  readonly #rng: Rng
  readonly #options: BackoffOptions
  #nextMs: number
  #last = Number.NEGATIVE_INFINITY

  constructor(clock: Clock, rng: Rng, options: BackoffOptions) {
    this.#clock = clock
    this.#rng = rng
    this.#options = options
    this.#nextMs = options.initialMs
  }

  /** Milliseconds to wait now. */
  next(): number {
    const now = this.#clock.monotonic()
    if (now - this.#last > this.#options.resetMs) this.#nextMs = this.#options.initialMs
    this.#last = now
    const delay = this.#nextMs * (1 + this.#rng.next() * this.#options.jitter)
    this.#nextMs = Math.min(this.#nextMs * 2, this.#options.maxMs)
    return delay
  }
}
