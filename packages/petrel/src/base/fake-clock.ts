/** A clock for tests: time stands still until `advance` moves it. */
import type { Clock, Timer } from './clock.ts'

interface Pending {
  readonly at: number
  readonly order: number
  readonly fn: () => void
}

export class FakeClock implements Clock {
  #now: number
  #order = 0
  readonly #pending = new Set<Pending>()

  constructor(startMs = Date.UTC(2026, 0, 1)) {
    this.#now = startMs
  }

  now(): number {
    return this.#now
  }

  monotonic(): number {
    return this.#now
  }

  after(delayMs: number, fn: () => void): Timer {
    const pending = { at: this.#now + Math.max(0, delayMs), order: this.#order++, fn }
    this.#pending.add(pending)
    return { cancel: () => void this.#pending.delete(pending) }
  }

  /** How many timers wait. */
  get pending(): number {
    return this.#pending.size
  }

  /**
   * Moves time forward by `ms`, firing what falls due in order of time. After each timer the microtasks and the
   * immediates that it caused run, so that what it awoke has set its next timer before time moves on.
   */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms
    await settle()
    for (;;) {
      let next: Pending | undefined
      for (const p of this.#pending) {
        if (p.at <= end && (!next || p.at < next.at || (p.at === next.at && p.order < next.order))) next = p
      }
      if (!next) break
      this.#pending.delete(next)
      this.#now = Math.max(this.#now, next.at)
      next.fn()
      await settle()
    }
    this.#now = end
    await settle()
  }
}

/** Lets everything that is ready to run do so: microtasks, immediates, and what these make ready. */
async function settle(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise(resolve => setImmediate(resolve))
}
