/** Sets of completion indexes in the form of status.completedIndexes: `1,3-5,7`. */

/** Unreadable parts and indexes from `completions` on are left out, as upstream does when completions shrink. */
export function parseIndexes(text: string | undefined, completions: number): Set<number> {
  const indexes = new Set<number>()
  for (const part of (text ?? '').split(',')) {
    const [, first, last = first] = /^(\d+)(?:-(\d+))?$/.exec(part) ?? []
    if (first === undefined) continue
    for (let i = Number(first); i <= Math.min(Number(last), completions - 1); i++) indexes.add(i)
  }
  return indexes
}

/** Runs of three and more are written as a range, pairs as two numbers. */
export function formatIndexes(indexes: ReadonlySet<number>): string {
  const sorted = [...indexes].sort((a, b) => a - b)
  const parts: string[] = []
  for (let i = 0; i < sorted.length; ) {
    let end = i
    while (sorted[end + 1] === sorted[end]! + 1) end++
    if (end - i >= 2) parts.push(`${sorted[i]}-${sorted[end]}`)
    else for (let k = i; k <= end; k++) parts.push(String(sorted[k]))
    i = end + 1
  }
  return parts.join(',')
}
