/**
 * How long a container that keeps ending waits before its next start: 10 s, doubling, at most 5 min; a run of 10 min
 * starts the delays anew (pkg/kubelet/kubelet.go, MaxCrashLoopBackOff). Worked out from what the runtime remembers, and
 * counted here per container, so that it costs nothing while all is well.
 */
import type { Clock } from '../../base/index.ts'

const initialMs = 10_000
const maxMs = 300_000
const healthyMs = 600_000

interface Delay {
  ms: number
  /** When the container may start again. */
  until: number
  /** The run that was counted last. */
  containerId: string
}

export class CrashBackoff {
  readonly #clock: Clock
  readonly #delays = new Map<string, Delay>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /**
   * Milliseconds still to wait before `key` may run again, 0 for at once. The first restart is at once; a run is
   * counted when it is first seen to have ended.
   */
  waitMs(key: string, ended: { readonly id: string; readonly startedAt: number; readonly finishedAt: number }): number {
    const now = this.#clock.now()
    const known = this.#delays.get(key)
    if (known?.containerId === ended.id) return Math.max(0, known.until - now)
    const wasHealthy = ended.finishedAt - ended.startedAt >= healthyMs
    const ms = !known || wasHealthy ? 0 : known.ms === 0 ? initialMs : Math.min(maxMs, known.ms * 2)
    this.#delays.set(key, { ms, until: ended.finishedAt + ms, containerId: ended.id })
    return Math.max(0, ended.finishedAt + ms - now)
  }

  /** The whole delay that `key` waits for at present, for the message of CrashLoopBackOff. */
  delayMs(key: string): number {
    return this.#delays.get(key)?.ms ?? 0
  }

  /** The pod is gone. */
  forget(prefix: string): void {
    for (const key of this.#delays.keys()) if (key.startsWith(prefix)) this.#delays.delete(key)
  }
}
