/**
 * One command of a kubectl session and what must come of it. Sessions are data: lists of these, run in order, each
 * building on what the earlier ones left behind.
 */

/**
 * Expected text is the whole output, with holes: `<age>`, `<hash>` and the like stand for what differs from run to run
 * (see match-text.ts), `[[x]]` for what only some versions print. A RegExp, or several, need only occur.
 */
export type Expected = string | RegExp | readonly RegExp[]

export interface Step {
  /** The command line after `kubectl`, split at blanks as a shell would; nothing is expanded. */
  readonly run: string
  readonly stdin?: string
  readonly env?: Readonly<Record<string, string>>
  /** 0 when undefined. */
  readonly exit?: number
  /** Not looked at when undefined. */
  readonly stdout?: Expected
  /** Empty when undefined and the exit code is 0. */
  readonly stderr?: Expected
  /** Tried again until it comes out so: for what a loop brings about in its own time. */
  readonly eventually?: true
  /** Runs on while the next step runs, and must come out so in the end, when it is told to stop unless it has ended. */
  readonly meanwhile?: Step
  /** Called with the output, before the next step: `keep: 'token'` makes it `{token}` in later command lines. */
  readonly keep?: string
  /** Minor versions of kubectl that know this command: `from: 31`. */
  readonly from?: number
  readonly to?: number
}

/** Steps that tell one story. */
export interface Scene {
  readonly name: string
  readonly steps: readonly Step[]
}
