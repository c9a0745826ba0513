/**
 * Ends sessions that nobody uses: after four hours without a byte in either direction (the kubelet's
 * streamingConnectionIdleTimeout), and when a client that we do not read from, because the container does not, is gone.
 */
import type { Clock, Timer } from '../../base/index.ts'

export interface WatchedSession {
  /** Whether the client's end would go unnoticed. */
  stalled(): boolean
  /** Writes something harmless, which fails when nobody is there. */
  knock(): void
  end(): void
}

export const defaultIdleMs = 4 * 3600_000
const roundMs = 10_000

export class SessionWatch {
  readonly #clock: Clock
  readonly #idleMs: number
  readonly #session: WatchedSession
  #last: number
  #timer: Timer | undefined

  constructor(clock: Clock, idleMs: number, session: WatchedSession) {
    this.#clock = clock
    this.#idleMs = idleMs
    this.#session = session
    this.#last = clock.monotonic()
    this.#arm()
  }

  /** Something came or went. */
  active(): void {
    this.#last = this.#clock.monotonic()
  }

  close(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }

  #arm(): void {
    this.#timer = this.#clock.after(Math.min(roundMs, this.#idleMs), () => {
      if (this.#clock.monotonic() - this.#last >= this.#idleMs) {
        this.#session.end()
        return
      }
      if (this.#session.stalled()) this.#session.knock()
      this.#arm()
    })
  }
}
