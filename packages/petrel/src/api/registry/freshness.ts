/** Waiting for a revision that a reader has heard of elsewhere: up to 3 s, then 504 "Too large resource version". */
import { tooLargeResourceVersion } from '@petrel/machinery/status'
import type { Registry } from './registry.ts'

const waitMs = 3_000

/** Resolves when the store has come to `revision`. Rejects with Timeout, or with the signal's reason. */
export function reached(registry: Registry, revision: number, signal: AbortSignal): Promise<void> | void {
  const { store, clock } = registry
  if (store.revision >= revision) return
  return new Promise((resolve, reject) => {
    const done = (settle: () => void): void => {
      timer.cancel()
      watch.cancel()
      signal.removeEventListener('abort', aborted)
      settle()
    }
    const look = (): void => {
      if (store.revision >= revision) done(resolve)
    }
    const aborted = (): void => done(() => reject(signal.reason))
    const timer = clock.after(waitMs, () => done(() => reject(tooLargeResourceVersion(revision, store.revision))))
    const watch = store.watch('', store.revision, {
      events: look,
      progress: look,
      end: error => done(() => reject(error)),
    })
    signal.addEventListener('abort', aborted, { once: true })
  })
}
