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
  /** In a terminal of 33 lines and 111 columns: what it writes to stderr is in stdout, and lines end in CR LF. */
  readonly terminal?: true
  readonly env?: Readonly<Record<string, string>>
  /** 0 when undefined. */
  readonly exit?: number
  /** Not looked at when undefined. */
  readonly stdout?: Expected
  /** Empty when undefined and the exit code is 0. */
  readonly stderr?: Expected
  /** Tried again until it comes out so: for what a loop brings about in its own time. */
  readonly eventually?: true
  /** Runs beside this one, started before it, and must come out so as well; what does not end by itself is ended then. */
  readonly meanwhile?: Step & {
    /** Printed when it is ready for what the step does. */
    readonly first?: RegExp
  }
  /** `keep: 'token'` makes the output `{token}` in later command lines. */
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
