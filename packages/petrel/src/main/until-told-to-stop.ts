/** The first SIGINT or SIGTERM asks to stop; a second one ends the process at once. */
export interface Stopping {
  /** Aborted at the first signal. */
  readonly signal: AbortSignal
  /** Resolves at the first signal. */
  readonly told: Promise<void>
  /** Takes the handlers away. */
  forget(): void
}

export function untilToldToStop(): Stopping {
  const abort = new AbortController()
  const { promise: told, resolve } = Promise.withResolvers<void>()
  const stop = (): void => {
    if (abort.signal.aborted) process.exit(130)
    abort.abort(new Error('stopped'))
    resolve()
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  return {
    signal: abort.signal,
    told,
    forget() {
      process.off('SIGINT', stop)
      process.off('SIGTERM', stop)
    },
  }
}
