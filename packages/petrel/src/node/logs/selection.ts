/**
 * Which entries of a log a reader asked for, and how they look: PodLogOptions of core/v1 without what says where to
 * start. Pieces of a long line are put together as they come; a time stands at the beginning of a line only.
 */
import { type LogEntry, sortableTime } from './entry.ts'

export interface LogQuery {
  /** This many lines from the end; a line without its end counts. */
  readonly tailLines?: number
  /** RFC 3339: entries of that moment and later. */
  readonly since?: string
  readonly timestamps?: boolean
  /** Of output. The last line may be cut. */
  readonly limitBytes?: number
  readonly stream?: 'All' | 'Stdout' | 'Stderr'
}

const newline = Buffer.from('\n')

export class LogSelection {
  readonly #query: LogQuery
  readonly #since: string
  #left: number
  #lineBegins = true
  #output: Buffer[] = []

  constructor(query: LogQuery) {
    this.#query = query
    this.#since = (query.since && sortableTime(query.since)) || ''
    this.#left = query.limitBytes ?? Number.POSITIVE_INFINITY
  }

  /** Entries before this are not asked for; empty without a bound. */
  get since(): string {
    return this.#since
  }

  /** Nothing more will come: the limit is reached. */
  get done(): boolean {
    return this.#left <= 0
  }

  wants({ stream }: Pick<LogEntry, 'stream'>): boolean {
    const asked = this.#query.stream ?? 'All'
    return asked === 'All' || asked.toLowerCase() === stream
  }

  add(entry: LogEntry): void {
    if (this.done || !this.wants(entry) || entry.time < this.#since) return
    if (this.#query.timestamps && this.#lineBegins) this.#put(Buffer.from(`${entry.time} `))
    this.#put(entry.content)
    if (!entry.partial) this.#put(newline)
    this.#lineBegins = !entry.partial
  }

  /** What has been put together since the last call; undefined when that is nothing. */
  take(): Buffer | undefined {
    if (this.#output.length === 0) return undefined
    const taken = Buffer.concat(this.#output)
    this.#output = []
    return taken
  }

  #put(bytes: Buffer): void {
    const part = bytes.length > this.#left ? bytes.subarray(0, this.#left) : bytes
    this.#left -= part.length
    if (part.length > 0) this.#output.push(part)
  }
}
