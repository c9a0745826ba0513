/** A result of a kind that is not stored: scales, tokens, reviews. */
import { defineKind, type Kind, type KubeObject } from '@petrel/machinery/kinds'
import type { Column } from '@petrel/machinery/table'
import { deepFreeze } from '../registry/copy.ts'
import type { ObjectResult, StatusResult } from '../request.ts'

export function looseResult(kind: Kind, object: KubeObject, code: number): ObjectResult {
  const frozen = deepFreeze(object)
  return { type: 'object', code, kind, entry: undefined, object: () => frozen }
}

/** What bindings and evictions answer with. */
export function succeeded(code: number): StatusResult {
  return { type: 'status', status: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code } }
}

/** A kind that exists on the wire alone. */
export function wireKind<T extends KubeObject>(
  group: string,
  version: string,
  kind: string,
  definition: string,
  columns?: readonly Column<T>[],
): Kind<T> {
  const plural = `${kind.toLowerCase()}s`
  return defineKind<T>({ group, version, kind, plural, verbs: [], definition, ...(columns && { columns }) })
}
