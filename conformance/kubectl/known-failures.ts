/**
 * Steps that are known to fail: lines of `RUN: REASON`, where `#` starts a comment and the reason has no colon. A listed
 * step that comes out right fails the test, so that the list stays true.
 */
import { readFileSync } from 'node:fs'

export class KnownFailures {
  readonly #reasons = new Map<string, string>()

  constructor(text: string) {
    for (const line of text.split('\n')) {
      if (line === '' || line.startsWith('#')) continue
      const split = line.lastIndexOf(': ')
      if (split < 0) throw new SyntaxError(`Cannot read known failures: ${JSON.stringify(line)} gives no reason`)
      this.#reasons.set(line.slice(0, split), line.slice(split + 2))
    }
  }

  static of(file: URL): KnownFailures {
    return new KnownFailures(readFileSync(file, 'utf8'))
  }

  get names(): string[] {
    return [...this.#reasons.keys()]
  }

  /** Runs it, and rejects unless it fails when listed and comes out right when not. */
  async judge(name: string, run: () => Promise<void>): Promise<void> {
    const reason = this.#reasons.get(name)
    if (reason === undefined) return run()
    const failed = await run().then(
      () => false,
      () => true,
    )
    if (!failed) throw new Error(`listed as a known failure, and it works: take it off the list (${reason})`)
  }
}
