/**
 * Reads a container's log as `pods/log` wants it. The log is all files that rotation has left, in order; a reader that
 * follows goes from file to file and misses no entry between them. Reads only as fast as it is asked: the next block
 * is read when the last one was taken.
 */
import { type Clock, systemClock } from '../../base/index.ts'
import { parseEntry } from './entry.ts'
import { type LogFile, openLogFiles, openNextFile } from './log-files.ts'
import { LogWatch } from './log-watch.ts'
import { type LogQuery, LogSelection } from './selection.ts'
import { findTailStart } from './tail-start.ts'

export interface ReadLogOptions {
  /** Reads on as the log grows, until this has settled and everything was read. */
  readonly followUntil?: Promise<unknown>
  /** Ends the reading without an error. */
  readonly signal?: AbortSignal
  readonly clock?: Clock
  /** How much is read at a time. */
  readonly blockBytes?: number
}

/** Longer lines are no CRI entries; they are left out rather than kept in memory. */
const maxLineBytes = 1 << 20

/** `path` is the file being written. A log without files is empty. Ends at the end of the log, or of `followUntil`. */
export async function* readLog(path: string, query: LogQuery, options: ReadLogOptions = {}): AsyncGenerator<Buffer> {
  const { clock = systemClock, blockBytes = 64 << 10, signal = new AbortController().signal } = options
  const selection = new LogSelection(query)
  if (selection.done) return
  const watch = options.followUntil && new LogWatch(path, options.followUntil, clock, signal)
  const files = await openLogFiles(path)
  let file: LogFile | undefined
  try {
    let offset = 0
    if (query.tailLines !== undefined) {
      const start = await findTailStart(files, query.tailLines, selection, blockBytes)
      await closeAll(files.splice(0, start.index))
      offset = start.offset
    } else {
      // A file that was last written before the moment asked for has nothing of it.
      while (files.length > 1 && isOlder(files[0] as LogFile, selection.since)) await closeAll(files.splice(0, 1))
    }
    const block = Buffer.allocUnsafe(blockBytes)
    const lines = new Lines()
    let last = false
    while (!signal.aborted) {
      // Asked before reading, so that what was written before the end is read after it.
      const ended = !watch || watch.ended
      file ??= files.shift() ?? (await openNextFile(path, undefined))
      if (file) {
        const { bytesRead } = await file.handle.read(block, 0, blockBytes, offset)
        offset += bytesRead
        if (bytesRead > 0) {
          for (const line of lines.split(block.subarray(0, bytesRead))) {
            const entry = parseEntry(line)
            if (entry) selection.add(entry)
            if (selection.done) break
          }
          const output = selection.take()
          if (output) yield output
          if (selection.done) return
          last = false
          continue
        }
        const next: LogFile | undefined = files[0] ?? (await openNextFile(path, file.inode))
        if (next) {
          // Once more, for what was written between the last read and the rotation.
          if (next !== files[0]) files.unshift(next)
          if (last) {
            await file.handle.close()
            file = undefined
            offset = 0
            lines.reset()
          }
          last = !last
          continue
        }
      }
      if (ended) return
      await watch?.changed()
    }
  } finally {
    watch?.close()
    await closeAll(file ? [file, ...files] : files)
  }
}

/** Cuts blocks into lines, which share the block's memory; keeps what has no newline yet. */
class Lines {
  #rest: Buffer = Buffer.alloc(0)
  #skipping = false

  reset(): void {
    this.#rest = Buffer.alloc(0)
    this.#skipping = false
  }

  *split(block: Buffer): Generator<Buffer> {
    let from = 0
    for (let end = block.indexOf(10); end >= 0; end = block.indexOf(10, from)) {
      const piece = block.subarray(from, end)
      if (!this.#skipping) yield this.#rest.length > 0 ? Buffer.concat([this.#rest, piece]) : piece
      this.reset()
      from = end + 1
    }
    if (from < block.length && !this.#skipping) this.#rest = Buffer.concat([this.#rest, block.subarray(from)])
    if (this.#rest.length > maxLineBytes) {
      this.#rest = Buffer.alloc(0)
      this.#skipping = true
    }
  }
}

function isOlder({ modifiedMs }: LogFile, since: string): boolean {
  // A second of tolerance, for file systems with coarse times.
  return since !== '' && modifiedMs + 1000 < Date.parse(since)
}

async function closeAll(files: readonly LogFile[]): Promise<void> {
  await Promise.all(files.map(({ handle }) => handle.close()))
}
