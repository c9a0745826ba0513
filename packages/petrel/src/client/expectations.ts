/**
 * What a controller has asked for and not yet seen in its cache (controller.ControllerExpectations). A controller that
 * counts children waits while expectations are unmet, so that it does not create or delete twice what its cache does
 * not show yet; after five minutes it stops waiting, since an event may have been missed.
 */
import type { Clock } from '../base/index.ts'

/** ExpectationsTimeout. */
const expectationsTimeoutMs = 300_000

interface Expected {
  creations: number
  /** Keys of the objects whose deletion is awaited (UIDTrackingControllerExpectations). */
  readonly deletions: Set<string>
  readonly since: number
}

export class Expectations {
  readonly #clock: Clock
  readonly #expected = new Map<string, Expected>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** True when everything asked for was seen, or waiting is over: the controller may act. */
  satisfied(key: string): boolean {
    const expected = this.#expected.get(key)
    if (!expected) return true
    if (expected.creations <= 0 && expected.deletions.size === 0) return true
    return this.#clock.monotonic() - expected.since > expectationsTimeoutMs
  }

  expectCreations(key: string, count: number): void {
    this.#expected.set(key, { creations: count, deletions: new Set(), since: this.#clock.monotonic() })
  }

  /** `children` are the keys or uids of the objects about to be deleted. */
  expectDeletions(key: string, children: Iterable<string>): void {
    this.#expected.set(key, { creations: 0, deletions: new Set(children), since: this.#clock.monotonic() })
  }

  /** A creation was seen, or it failed and will not be. */
  creationObserved(key: string): void {
    const expected = this.#expected.get(key)
    if (expected) expected.creations--
  }

  /** A deletion was seen, or it failed and will not be. */
  deletionObserved(key: string, child: string): void {
    this.#expected.get(key)?.deletions.delete(child)
  }

  /** The object itself is gone. */
  forget(key: string): void {
    this.#expected.delete(key)
  }
}
