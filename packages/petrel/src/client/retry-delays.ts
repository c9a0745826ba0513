/**
 * How long to wait before the next try: the longer of a delay per key that doubles with each failure, and of one
 * bucket for all keys (workqueue.DefaultTypedControllerRateLimiter: 5 ms to 1000 s; 10 a second, 100 at once).
 */
import type { Clock } from '../base/index.ts'

export interface RetryDelays {
  /** Milliseconds until the next try of this key; counts one failure. */
  next(key: string): number
  forget(key: string): void
  failures(key: string): number
}

export interface RetryDelayOptions {
  readonly baseMs?: number
  readonly maxMs?: number
  /** Tries a second over all keys, and how many may come at once. */
  readonly perSecond?: number
  readonly burst?: number
}

export function defaultRetryDelays(clock: Clock, options: RetryDelayOptions = {}): RetryDelays {
  const { baseMs = 5, maxMs = 1_000_000, perSecond = 10, burst = 100 } = options
  const failures = new Map<string, number>()
  const bucket = new Bucket(clock, perSecond, burst)
  return {
    next(key) {
      const before = failures.get(key) ?? 0
      failures.set(key, before + 1)
      return Math.max(Math.min(baseMs * 2 ** before, maxMs), bucket.reserve())
    },
    forget: key => void failures.delete(key),
    failures: key => failures.get(key) ?? 0,
  }
}

/** A token bucket (golang.org/x/time/rate): `reserve` always takes a token and says how long until it is there. */
export class Bucket {
  readonly #clock: Clock
  readonly #perSecond: number
  readonly #burst: number
  #tokens: number
  #at: number

  constructor(clock: Clock, perSecond: number, burst: number) {
    this.#clock = clock
    this.#perSecond = perSecond
    this.#burst = burst
    this.#tokens = burst
    this.#at = clock.monotonic()
  }

  /** Milliseconds until the token taken now may be used; 0 when one was there. */
  reserve(): number {
    this.#refill()
    this.#tokens--
    return this.#tokens >= 0 ? 0 : (-this.#tokens / this.#perSecond) * 1000
  }

  /** Takes a token if one is there. */
  tryTake(): boolean {
    this.#refill()
    if (this.#tokens < 1) return false
    this.#tokens--
    return true
  }

  #refill(): void {
    const now = this.#clock.monotonic()
    this.#tokens = Math.min(this.#burst, this.#tokens + ((now - this.#at) / 1000) * this.#perSecond)
    this.#at = now
  }
}
