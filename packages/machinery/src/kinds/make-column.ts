/** Columns in one line each, for kinds that show little more than their fields. */
import { ageColumn, type Column, nameColumn } from '../table/index.ts'
import type { KubeObject } from './kind.ts'

type Priority = 0 | 1

export function textColumn<T>(
  name: string,
  description: string,
  cell: (object: T, now: number) => string | undefined,
  priority: Priority = 0,
): Column<T> {
  return { name, type: 'string', priority, description, cell: (object, now) => cell(object, now) ?? '' }
}

/** Typed as text upstream although the cells are numbers, or the other way round: the client sorts by the cells. */
export function numberColumn<T>(
  name: string,
  description: string,
  cell: (object: T) => number | undefined,
  type: 'integer' | 'string' = 'integer',
): Column<T> {
  return { name, type, priority: 0, description, cell: object => cell(object) ?? 0 }
}

export function booleanColumn<T>(
  name: string,
  description: string,
  cell: (object: T) => boolean | undefined,
  type: 'boolean' | 'string' = 'boolean',
): Column<T> {
  return { name, type, priority: 0, description, cell: object => cell(object) ?? false }
}

/** The columns between Name and Age. */
export function nameTo<T extends KubeObject>(...columns: readonly Column<T>[]): readonly Column<T>[] {
  return [nameColumn, ...columns, ageColumn]
}

/** `a,b,c + 2 more...`, `<unset>` of nothing: the lists in upstream's cells. */
export function firstOf(values: readonly string[], max: number): string {
  if (values.length === 0) return '<unset>'
  const shown = values.slice(0, max).join(',')
  return values.length > max ? `${shown} + ${values.length - max} more...` : shown
}
