/** A result that no entry holds: what a write would have stored. */
import type { KubeObject } from '@petrel/machinery/kinds'
import type { ObjectResult } from '../request.ts'
import { deepFreeze } from './copy.ts'
import type { ServedKind } from './kind-table.ts'

export function settledObject(served: ServedKind, object: KubeObject, code: number): ObjectResult {
  const frozen = deepFreeze(object)
  return { type: 'object', code, kind: served.kind, served, entry: undefined, object: () => frozen }
}
