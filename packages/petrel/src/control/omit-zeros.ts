/** Go leaves counts of zero out of a status (omitempty); so do ours, or each write would differ from what is stored. */
export function omitZeros<T extends object>(counts: T): T {
  return Object.fromEntries(Object.entries(counts).filter(([, value]) => value !== 0)) as T
}
