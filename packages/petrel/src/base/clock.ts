/**
 * Time, passed in. Every loop takes a Clock, so that tests run it on a FakeClock and never wait.
 * Times are milliseconds since the Unix epoch.
 */
export interface Clock {
  /** Milliseconds since the epoch. May jump when the machine's clock is set. */
  now(): number
  /** Milliseconds that only go forward; the zero point is arbitrary. */
  monotonic(): number
  /** Calls `fn` once after `delayMs`; the returned timer cancels it. Timers do not keep the process alive. */
  after(delayMs: number, fn: () => void): Timer
}

/** A pending call. Cancelling twice, or after it fired, does nothing. */
export interface Timer {
  cancel(): void
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(delayMs, fn) {
    const handle = setTimeout(fn, Math.max(0, Math.min(delayMs, 0x7fffffff)))
    handle.unref()
    return { cancel: () => clearTimeout(handle) }
  },
}

/** Resolves after `delayMs`, or rejects with the signal's reason as soon as `signal` is aborted. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    const onAbort = (): void => {
      timer.cancel()
      reject(signal?.reason)
    }
    const timer = clock.after(delayMs, () => {
      signal?.removeEventListener('abort', onAbort)
      resolve()
    })
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}

/** metav1.Time: RFC 3339 in UTC, whole seconds. */
export function toTime(ms: number): string {
  return `${new Date(Math.floor(ms / 1000) * 1000).toISOString().slice(0, 19)}Z`
}

/** metav1.MicroTime: RFC 3339 in UTC with six digits. */
export function toMicroTime(ms: number): string {
  return `${new Date(Math.floor(ms)).toISOString().slice(0, 23)}000Z`
}
