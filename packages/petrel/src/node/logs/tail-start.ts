/**
 * Where the last N lines of a log begin, found from the end: reads no more of the files than these lines take. A line
 * ends with an entry tagged F; what follows the last F is a line as well.
 */
import { parseEntry } from './entry.ts'
import type { LogFile } from './log-files.ts'
import type { LogSelection } from './selection.ts'

export interface LogPosition {
  /** Of the file in the list. */
  readonly index: number
  readonly offset: number
}

export async function findTailStart(
  files: readonly LogFile[],
  lines: number,
  selection: LogSelection,
  blockBytes: number,
): Promise<LogPosition> {
  let found = 0
  let seen = false
  for (let index = files.length - 1; index >= 0; index--) {
    const file = files[index] as LogFile
    for await (const { line, end } of linesBackwards(file, blockBytes)) {
      if (lines === 0) return { index, offset: end }
      const entry = parseEntry(line)
      if (!entry || !selection.wants(entry)) continue
      if (!entry.partial && found === lines) return { index, offset: end }
      if (!entry.partial || !seen) found++
      seen = true
    }
  }
  return { index: 0, offset: 0 }
}

interface RawLine {
  readonly line: Buffer
  /** Offset behind its newline. */
  readonly end: number
}

/** The lines of a file that have their newline, the last first. */
async function* linesBackwards({ handle }: LogFile, blockBytes: number): AsyncGenerator<RawLine> {
  let start = (await handle.stat()).size
  let data = Buffer.alloc(0)
  // Index in `data` of the newline that ends the line being looked for.
  let newline = -1
  while (start > 0) {
    const size = Math.min(blockBytes, start)
    start -= size
    const block = Buffer.allocUnsafe(size)
    const { bytesRead } = await handle.read(block, 0, size, start)
    data = Buffer.concat([block.subarray(0, bytesRead), data])
    let from = newline < 0 ? data.length - 1 : newline + size - 1
    if (newline >= 0) newline += size
    for (;;) {
      const at = from < 0 ? -1 : data.lastIndexOf(10, from)
      if (at < 0) break
      if (newline >= 0) yield { line: data.subarray(at + 1, newline), end: start + newline + 1 }
      newline = at
      from = at - 1
    }
    if (newline >= 0) data = data.subarray(0, newline + 1)
  }
  if (newline >= 0) yield { line: data.subarray(0, newline), end: newline + 1 }
}
