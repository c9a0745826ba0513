/** The same selection over a log that is in memory: for runtimes that keep no files, and what a reader of files must match. */
import { type LogEntry, parseEntry } from './entry.ts'
import { type LogQuery, LogSelection } from './selection.ts'

/** `log` is in CRI's format. */
export function selectLog(log: Buffer, query: LogQuery): Buffer {
  const selection = new LogSelection(query)
  const entries = entriesOf(log)
  for (const entry of query.tailLines === undefined ? entries : tail(entries, query.tailLines, selection))
    selection.add(entry)
  return selection.take() ?? Buffer.alloc(0)
}

function entriesOf(log: Buffer): LogEntry[] {
  const entries: LogEntry[] = []
  let from = 0
  for (let end = log.indexOf(10); end >= 0; end = log.indexOf(10, from)) {
    const entry = parseEntry(log.subarray(from, end))
    if (entry) entries.push(entry)
    from = end + 1
  }
  return entries
}

function tail(entries: readonly LogEntry[], lines: number, selection: LogSelection): LogEntry[] {
  const groups: LogEntry[][] = [[]]
  for (const entry of entries) {
    if (!selection.wants(entry)) continue
    groups.at(-1)?.push(entry)
    if (!entry.partial) groups.push([])
  }
  if (groups.at(-1)?.length === 0) groups.pop()
  return groups.slice(Math.max(0, groups.length - lines)).flat()
}
