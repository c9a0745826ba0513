/** For tests: writes as the API server makes them, from defaults to validation, without its store. */
import { validateObjectMeta, validateObjectMetaUpdate } from '../names/index.ts'
import { FieldErrors } from '../status/index.ts'
import type { Kind, KubeObject, StrategyContext } from './kind.ts'

const context: StrategyContext = {
  now: Date.parse('2026-01-01T00:00:00Z'),
  user: { username: 'alice', groups: ['system:authenticated'] },
  dryRun: false,
}

export interface Written<T> {
  readonly object: T
  /** `path: message`, in order. */
  readonly faults: readonly string[]
}

function list(errors: FieldErrors): string[] {
  return errors.list.map(error => `${error.field}: ${error.message}`)
}

/** Creates a copy of `object`; a namespace and a uid are given to it. */
export function create<T extends KubeObject>(kind: Kind<T>, object: T): Written<T> {
  const copy = structuredClone(object)
  copy.metadata = { uid: 'uid-1', ...(kind.namespaced && { namespace: 'default' }), name: 'a', ...copy.metadata }
  const errors = new FieldErrors()
  kind.setDefaults?.(copy)
  kind.strategy.prepareForCreate?.(copy, context)
  const rules = { namespaced: kind.namespaced, validateName: kind.strategy.validateName }
  validateObjectMeta(copy.metadata, rules, 'metadata', errors)
  kind.strategy.validate?.(copy, errors)
  kind.strategy.validateCreate?.(copy, errors)
  return { object: copy, faults: list(errors) }
}

/** Creates `object`, which must be good, and then changes it. */
export function update<T extends KubeObject>(kind: Kind<T>, object: T, change: (object: T) => void): Written<T> {
  const old = freeze(stored(kind, object))
  const copy = structuredClone(old)
  change(copy)
  const errors = new FieldErrors()
  kind.setDefaults?.(copy)
  kind.strategy.prepareForUpdate?.(copy, old, context)
  validateObjectMetaUpdate(copy.metadata ?? {}, old.metadata ?? {}, 'metadata', errors)
  kind.strategy.validate?.(copy, errors)
  kind.strategy.validateUpdate?.(copy, old, errors)
  return { object: copy, faults: list(errors) }
}

/** Creates `object` and then changes its status. */
export function updateStatus<T extends KubeObject>(kind: Kind<T>, object: T, change: (object: T) => void): Written<T> {
  const old = freeze(stored(kind, object))
  const copy = structuredClone(old)
  change(copy)
  const errors = new FieldErrors()
  kind.subresources.status?.validateUpdate?.(copy, old, errors)
  return { object: copy, faults: list(errors) }
}

function stored<T extends KubeObject>(kind: Kind<T>, object: T): T {
  const written = create(kind, object)
  if (written.faults.length > 0) throw new Error(`the object to start with is no good: ${written.faults.join('; ')}`)
  written.object.metadata = { ...written.object.metadata, resourceVersion: '1' }
  return written.object
}

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(freeze)
  return value
}

/** The cells of an object, name by name. */
export function cells<T extends KubeObject>(kind: Kind<T>, object: T): Record<string, unknown> {
  return Object.fromEntries(kind.columns.map(column => [column.name, column.cell(object, context.now)]))
}
