/** For tests: what an object of a kind is found wrong with, as the API server would after filling defaults. */
import { FieldErrors } from '../../status/index.ts'
import type { Kind, KubeObject, StrategyContext } from '../kind.ts'

/** 2024-01-01T00:00:00Z. */
export const testTime = 1704067200000

const context: StrategyContext = { now: testTime, user: { username: 'jane', groups: [] }, dryRun: false }

/** The object as it would be stored: a copy with defaults, prepared as a new object. */
export function created<T extends KubeObject>(kind: Kind<T>, object: T): T {
  const copy = structuredClone(object)
  kind.setDefaults?.(copy)
  kind.strategy.prepareForCreate?.(copy, context)
  return copy
}

/** The object as it would replace `old`. */
export function updated<T extends KubeObject>(kind: Kind<T>, object: T, old: T): T {
  const copy = structuredClone(object)
  kind.setDefaults?.(copy)
  kind.strategy.prepareForUpdate?.(copy, old, context)
  return copy
}

/** `path: message` for each fault of a create, or of an update when there is an old object. */
export function faultsOf<T extends KubeObject>(kind: Kind<T>, object: T, old?: T): string[] {
  const errors = new FieldErrors()
  if (old === undefined) {
    const copy = created(kind, object)
    kind.strategy.validate?.(copy, errors)
    kind.strategy.validateCreate?.(copy, errors)
  } else {
    const before = created(kind, old)
    const copy = updated(kind, object, before)
    kind.strategy.validate?.(copy, errors)
    kind.strategy.validateUpdate?.(copy, before, errors)
  }
  return errors.list.map(({ field, message }) => `${field}: ${message}`)
}

/** The row of `kubectl get -o wide`, by column. */
export function cellsOf<T extends KubeObject>(
  kind: Kind<T>,
  object: T,
): Record<string, string | number | boolean | null> {
  return Object.fromEntries(kind.columns.map(column => [column.name, column.cell(object, testTime)]))
}
