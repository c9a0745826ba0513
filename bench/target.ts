/** An API server under measurement: how it is started, reached, watched from outside and ended. */
export interface Target {
  readonly name: string
  /** Starts over the same data each time; resolves when /readyz answers 200. */
  start(options?: StartOptions): Promise<Running>
}

export interface StartOptions {
  /** Runs the controllers and the scheduler too. Petrel always does. */
  readonly loops?: boolean
  /** Nodes that take pods and run nothing. */
  readonly nodes?: number
  /** Petrel alone: this machine runs pods. */
  readonly runtime?: boolean
}

export interface Running {
  readonly url: string
  /** PEM of the CA, and an administrator's client certificate. */
  readonly ca: string
  readonly cert: string
  readonly key: string
  /** Milliseconds from spawning to the first 200 of /readyz. */
  readonly readyMs: number
  /** Every process that belongs to the server. */
  readonly pids: readonly number[]
  stop(): Promise<void>
}
