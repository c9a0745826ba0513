/**
 * The rows on disk that history no longer needs, in the order in which they left the window. Taking rows from the front
 * and recording the front's revision as compacted in one transaction keeps this true on disk: every row newer than the
 * compacted revision is there.
 */
import type { Revision } from './contract.ts'

export class Garbage {
  #rows: Revision[] = []
  /** Beside each row, the revision whose leaving the window made it garbage. */
  #causes: Revision[] = []
  #head = 0
  /** Rows removed since the start. */
  #removed = 0

  get length(): number {
    return this.#rows.length - this.#head
  }

  /** How many rows have been removed when all that are here now are. */
  get target(): number {
    return this.#removed + this.length
  }

  get removed(): number {
    return this.#removed
  }

  add(row: Revision, cause: Revision): void {
    this.#rows.push(row)
    this.#causes.push(cause)
  }

  /** The first `count` rows, and the revision that is compacted once they are gone. They stay until `remove`. */
  first(count: number): { rows: Revision[]; compacted: Revision } {
    const rows = this.#rows.slice(this.#head, this.#head + count)
    return { rows, compacted: this.#causes[this.#head + rows.length - 1] ?? 0 }
  }

  remove(count: number): void {
    this.#head += count
    this.#removed += count
    if (this.#head > 1024 && this.#head > this.#rows.length >> 1) {
      this.#rows = this.#rows.slice(this.#head)
      this.#causes = this.#causes.slice(this.#head)
      this.#head = 0
    }
  }
}
