/**
 * Time limits of many requests with one timer: a request costs a Set entry, not a timer. Fires up to a second late.
 */
import type { Clock, Timer } from '../../base/index.ts'

export interface Deadline {
  cancel(): void
}

interface Pending {
  readonly at: number
  readonly expired: () => void
}

const tickMs = 500

export class Deadlines {
  readonly #clock: Clock
  readonly #pending = new Set<Pending>()
  #timer: Timer | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  after(delayMs: number, expired: () => void): Deadline {
    const pending: Pending = { at: this.#clock.monotonic() + delayMs, expired }
    this.#pending.add(pending)
    this.#timer ??= this.#clock.after(tickMs, () => this.#tick())
    return { cancel: () => void this.#pending.delete(pending) }
  }

  close(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#pending.clear()
  }

  #tick(): void {
    const now = this.#clock.monotonic()
    for (const pending of this.#pending) {
      if (pending.at > now) continue
      this.#pending.delete(pending)
      pending.expired()
    }
    this.#timer = this.#pending.size > 0 ? this.#clock.after(tickMs, () => this.#tick()) : undefined
  }
}
