/** The figures of a run as a table: medians, and ratios that are above 1 where Petrel is better. */
import type { Figure } from './measures.ts'

/** By target, then by name of the figure: one value a round. */
export type Values = Map<string, Map<string, { readonly figure: Figure; readonly values: number[] }>>

export function record(values: Values, target: string, figures: readonly Figure[]): void {
  const of = values.get(target) ?? new Map()
  values.set(target, of)
  for (const figure of figures) {
    const entry = of.get(figure.name)
    if (entry) entry.values.push(figure.value)
    else of.set(figure.name, { figure, values: [figure.value] })
  }
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

export function table(values: Values): string {
  const rows = ['| what | unit | Petrel | spread | upstream | spread | ratio |', '|---|---|--:|--:|--:|--:|--:|']
  for (const [name, { figure, values: own }] of values.get('petrel') ?? []) {
    const other = values.get('upstream')?.get(name)?.values
    const ratio = other && (figure.better === 'higher' ? median(own) / median(other) : median(other) / median(own))
    const cells = [
      name,
      figure.unit,
      show(median(own)),
      spread(own),
      other ? show(median(other)) : '–',
      other ? spread(other) : '–',
      ratio === undefined || !Number.isFinite(ratio) ? '–' : `${ratio.toFixed(ratio < 10 ? 2 : 1)}`,
    ]
    rows.push(`| ${cells.join(' | ')} |`)
  }
  return rows.join('\n')
}

function spread(values: readonly number[]): string {
  return values.length === 1 ? '–' : `${show(Math.min(...values))}…${show(Math.max(...values))}`
}

function show(value: number): string {
  if (value === 0) return '0'
  if (value >= 1000) return Math.round(value).toLocaleString('en')
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2)
}
