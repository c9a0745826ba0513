/**
 * Log lines: one line an event, to a sink. Text is for people (`petrel up`), JSON for machines; both carry the same
 * fields. Names of fields follow upstream's structured logging: `err`, `pod`, `node`, `name`, `namespace`.
 */
export type Level = 'debug' | 'info' | 'warn' | 'error'
export type Fields = Readonly<Record<string, unknown>>

export interface Logger {
  debug(message: string, fields?: Fields): void
  info(message: string, fields?: Fields): void
  warn(message: string, fields?: Fields): void
  error(message: string, fields?: Fields): void
  /** A logger whose lines also carry `fields`. */
  with(fields: Fields): Logger
}

export interface LogOptions {
  readonly format: 'text' | 'json'
  readonly level: Level
  /** Receives each line without its newline. */
  readonly write: (line: string) => void
  readonly now: () => number
}

const severity: Record<Level, number> = { debug: 0, info: 1, warn: 2, error: 3 }

export function createLogger(options: LogOptions, bound: Fields = {}): Logger {
  const log = (level: Level, message: string, fields: Fields = {}): void => {
    if (severity[level] < severity[options.level]) return
    const ts = new Date(options.now()).toISOString()
    const all = { ...bound, ...fields }
    options.write(options.format === 'json' ? jsonLine(ts, level, message, all) : textLine(ts, level, message, all))
  }
  return {
    debug: (message, fields) => log('debug', message, fields),
    info: (message, fields) => log('info', message, fields),
    warn: (message, fields) => log('warn', message, fields),
    error: (message, fields) => log('error', message, fields),
    with: fields => createLogger(options, { ...bound, ...fields }),
  }
}

/** Drops every line. */
export const silentLogger: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  with: () => silentLogger,
}

function jsonLine(ts: string, level: Level, msg: string, fields: Fields): string {
  return JSON.stringify({ ts, level, msg, ...fields }, (_key, value) =>
    value instanceof Error ? (value.stack ?? String(value)) : value,
  )
}

function textLine(ts: string, level: Level, message: string, fields: Fields): string {
  let line = `${ts} ${level.toUpperCase().padEnd(5)} ${message}`
  for (const [key, value] of Object.entries(fields)) line += ` ${key}=${textValue(value)}`
  return line
}

function textValue(value: unknown): string {
  if (value instanceof Error) return JSON.stringify(value.message)
  if (typeof value === 'string' && /^[\w./:@-]+$/.test(value)) return value
  return JSON.stringify(value) ?? String(value)
}
