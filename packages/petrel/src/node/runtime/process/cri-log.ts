/**
 * A container's log in CRI's format (kubernetes design-proposals/node/kubelet-cri-logging.md): time, stream, tag, text.
 * A line longer than 16 KiB is cut into pieces tagged P, the last one F. At 10 MiB the file is set aside as
 * `<file>.<time>` and a new one begun; five files are kept. Writing is synchronous and never waits for a reader; when
 * the disk refuses, lines are dropped and counted, because a full disk must not stop the container.
 */
import * as fs from 'node:fs'
import { basename, dirname, join } from 'node:path'

export type LogStream = 'stdout' | 'stderr'

export interface LogLimits {
  readonly maxFileBytes: number
  readonly maxFiles: number
}

export const defaultLimits: LogLimits = { maxFileBytes: 10 << 20, maxFiles: 5 }

const pieceBytes = 16 << 10
const newline = Buffer.from('\n')

export class CriLog {
  dropped = 0
  readonly #path: string
  readonly #limits: LogLimits
  readonly #now: () => string
  readonly #pending: Record<LogStream, Buffer> = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) }
  #fd: number | undefined
  #size = 0

  /** `now` gives RFC 3339 with nanoseconds. */
  constructor(path: string, limits: LogLimits = defaultLimits, now: () => string = timestamp) {
    this.#path = path
    this.#limits = limits
    this.#now = now
  }

  /** Takes what a stream gave; whole lines and full pieces are written at once. */
  write(stream: LogStream, chunk: Buffer): void {
    const out: Buffer[] = []
    const head = `${this.#now()} ${stream} `
    const full = Buffer.from(`${head}F `)
    const partial = Buffer.from(`${head}P `)
    let rest = this.#pending[stream].length > 0 ? Buffer.concat([this.#pending[stream], chunk]) : chunk
    for (;;) {
      const end = rest.indexOf(10)
      if (end >= 0 && end <= pieceBytes) {
        out.push(full, rest.subarray(0, end + 1))
        rest = rest.subarray(end + 1)
      } else if (rest.length > pieceBytes) {
        out.push(partial, rest.subarray(0, pieceBytes), newline)
        rest = rest.subarray(pieceBytes)
      } else break
    }
    // A copy, so that a few bytes do not keep a whole chunk in memory.
    this.#pending[stream] = Buffer.from(rest)
    if (out.length > 0) this.#append(Buffer.concat(out))
  }

  /** A stream has ended: what it left without a newline is a line. */
  end(stream: LogStream): void {
    const rest = this.#pending[stream]
    this.#pending[stream] = Buffer.alloc(0)
    if (rest.length > 0) this.#append(Buffer.concat([Buffer.from(`${this.#now()} ${stream} F `), rest, newline]))
  }

  close(): void {
    if (this.#fd !== undefined) fs.closeSync(this.#fd)
    this.#fd = undefined
  }

  #append(bytes: Buffer): void {
    try {
      if (this.#fd === undefined) this.#open()
      if (this.#size > 0 && this.#size + bytes.length > this.#limits.maxFileBytes) this.#rotate()
      if (this.#fd !== undefined) fs.writeSync(this.#fd, bytes)
      this.#size += bytes.length
    } catch {
      this.dropped++
    }
  }

  #open(): void {
    fs.mkdirSync(dirname(this.#path), { recursive: true, mode: 0o755 })
    this.#fd = fs.openSync(this.#path, 'a', 0o640)
    this.#size = fs.fstatSync(this.#fd).size
  }

  #rotate(): void {
    this.close()
    const stamp = this.#now().replaceAll(/[-:TZ.]/g, '')
    fs.renameSync(this.#path, `${this.#path}.${stamp}`)
    const prefix = `${basename(this.#path)}.`
    const old = fs
      .readdirSync(dirname(this.#path))
      .filter(name => name.startsWith(prefix))
      .sort()
    for (const name of old.slice(0, Math.max(0, old.length - (this.#limits.maxFiles - 1)))) {
      fs.rmSync(join(dirname(this.#path), name), { force: true })
    }
    this.#open()
  }
}

/** Now, with the nanoseconds that the clock of this process gives. */
export function timestamp(): string {
  const ms = performance.timeOrigin + performance.now()
  const nanos = Math.floor((ms % 1000) * 1e6)
  return `${new Date(ms).toISOString().slice(0, 19)}.${String(nanos).padStart(9, '0')}Z`
}
