/** Indexes of indexed jobs as text, `0,2-5`: validateIndexesFormat of pkg/apis/batch/validation. */

export interface Interval {
  readonly first: number
  readonly last: number
}

/** Reads increasing intervals below `completions`; throws a SyntaxError in upstream's words. */
export function parseIntervals(text: string, completions: number): Interval[] {
  if (text === '') return []
  const intervals: Interval[] = []
  for (const part of text.split(',')) {
    const interval = parseInterval(part, completions)
    const before = intervals.at(-1)
    if (before && before.last >= interval.first) {
      throw new SyntaxError(`non-increasing order, previous: ${before.last}, current: ${interval.first}`)
    }
    intervals.push(interval)
  }
  return intervals
}

export function countIndexes(intervals: readonly Interval[]): number {
  return intervals.reduce((sum, { first, last }) => sum + last - first + 1, 0)
}

/** The first index that is in both; both are in order. */
export function firstOverlap(a: readonly Interval[], b: readonly Interval[]): number | undefined {
  let i = 0
  let j = 0
  for (;;) {
    const left = a[i]
    const right = b[j]
    if (!left || !right) return undefined
    if (left.first <= right.last && right.first <= left.last) return Math.max(left.first, right.first)
    if (left.first <= right.first) i++
    else j++
  }
}

function parseInterval(text: string, completions: number): Interval {
  const parts = text.split('-')
  if (parts.length > 2) {
    throw new SyntaxError(
      `the fragment ${JSON.stringify(text)} violates the requirement that an index interval can have at most two parts separated by '-'`,
    )
  }
  const [first = 0, last = first] = parts.map(part => parseIndex(part, completions))
  if (parts.length === 2 && first >= last) {
    throw new SyntaxError(`non-increasing order, previous: ${first}, current: ${last}`)
  }
  return { first, last }
}

function parseIndex(text: string, completions: number): number {
  if (!/^[0-9]{1,15}$/.test(text)) {
    throw new SyntaxError(`cannot convert string to integer for index: ${JSON.stringify(text)}`)
  }
  const index = Number(text)
  if (index >= completions) throw new SyntaxError(`too large index: ${JSON.stringify(text)}`)
  return index
}
