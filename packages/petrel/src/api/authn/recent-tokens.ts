/**
 * What was found out about recent tokens, bounded. Two generations: when the young one is full it becomes the old one,
 * and what is asked for again moves to the young one; so at the bound the least recently used half is dropped.
 */
export class RecentTokens<T> {
  readonly #half: number
  #young = new Map<string, T>()
  #old = new Map<string, T>()

  /** Holds at most `limit` tokens. */
  constructor(limit: number) {
    this.#half = Math.max(1, Math.floor(limit / 2))
  }

  get size(): number {
    return this.#young.size + this.#old.size
  }

  get(token: string): T | undefined {
    const young = this.#young.get(token)
    if (young !== undefined) return young
    const old = this.#old.get(token)
    if (old !== undefined) {
      this.#old.delete(token)
      this.set(token, old)
    }
    return old
  }

  set(token: string, value: T): void {
    if (this.#young.size >= this.#half) {
      this.#old = this.#young
      this.#young = new Map()
    }
    this.#young.set(token, value)
  }

  delete(token: string): void {
    this.#young.delete(token)
    this.#old.delete(token)
  }
}
