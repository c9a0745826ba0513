/** Many calls, one act: it runs a moment after the first call, never twice at once, and once more if called meanwhile. */
import type { Clock, Timer } from '../../base/index.ts'

export interface Coalesced {
  call(): void
  cancel(): void
}

export function coalesce(clock: Clock, delayMs: number, act: () => Promise<void>): Coalesced {
  let timer: Timer | undefined
  let running = false
  let cancelled = false
  const call = (): void => {
    if (timer || cancelled) return
    timer = clock.after(delayMs, run)
  }
  const run = (): void => {
    if (running) {
      timer = clock.after(delayMs, run)
      return
    }
    timer = undefined
    running = true
    void act().finally(() => {
      running = false
    })
  }
  return {
    call,
    cancel() {
      cancelled = true
      timer?.cancel()
    },
  }
}
