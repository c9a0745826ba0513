/**
 * Things of which each may be held once: addresses of a range, ports of a range. Held by a key (the service); a claim
 * under way counts as held, so that two creates never get the same.
 */
import type { Rng } from '../../base/index.ts'

export class Pool {
  readonly #holders = new Map<number, string>()
  readonly #size: number
  /** Chance picks above this; below is left for those who name what they want (KEP-3070, KEP-3668). */
  readonly #reserved: number

  /** Members are 0 … size-1. */
  constructor(size: number, reserved: number) {
    this.#size = size
    this.#reserved = Math.min(reserved, Math.max(0, size - 1))
  }

  get free(): number {
    return this.#size - this.#holders.size
  }

  holder(member: number): string | undefined {
    return this.#holders.get(member)
  }

  /** False when somebody else holds it. */
  take(member: number, by: string): boolean {
    const holder = this.#holders.get(member)
    if (holder !== undefined) return holder === by
    this.#holders.set(member, by)
    return true
  }

  /** A member that nobody held, or undefined when there is none. */
  takeAny(by: string, rng: Rng): number | undefined {
    const found = this.#search(this.#reserved, this.#size, rng) ?? this.#search(0, this.#reserved, rng)
    if (found !== undefined) this.#holders.set(found, by)
    return found
  }

  /** Does nothing unless `by` holds it. */
  release(member: number, by: string): void {
    if (this.#holders.get(member) === by) this.#holders.delete(member)
  }

  #search(from: number, to: number, rng: Rng): number | undefined {
    const count = to - from
    if (count <= 0) return undefined
    const start = Math.floor(rng.next() * count)
    for (let i = 0; i < count; i++) {
      const member = from + ((start + i) % count)
      if (!this.#holders.has(member)) return member
    }
    return undefined
  }
}
