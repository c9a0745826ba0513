/** Which objects of a kind a list, watch or deletecollection is about: label and field selectors together. */
import type { KubeObject } from '@petrel/machinery/kinds'
import {
  type FieldSelector,
  type LabelSelector,
  parseFieldSelector,
  parseLabelSelector,
  requireSelectable,
} from '@petrel/machinery/selectors'
import { badRequest } from '@petrel/machinery/status'
import type { ServedKind } from './kind-table.ts'

export interface Selection {
  /** Selects everything. */
  readonly empty: boolean
  /** The only name that can match, where there is one. */
  readonly name: string | undefined
  matches(object: KubeObject): boolean
}

const everyObject: Selection = { empty: true, name: undefined, matches: () => true }

/** Throws BadRequest, in the words of the parser, for a selector that is malformed or names an unknown field. */
export function parseSelection(query: URLSearchParams, served: ServedKind): Selection {
  const labelText = query.get('labelSelector') ?? ''
  const fieldText = query.get('fieldSelector') ?? ''
  if (labelText === '' && fieldText === '') return everyObject
  let labels: LabelSelector
  let fields: FieldSelector
  try {
    labels = parseLabelSelector(labelText)
    fields = parseFieldSelector(fieldText)
    requireSelectable(fields, served.kind.selectableFields, served.kind.unselectable)
  } catch (error) {
    throw badRequest(error instanceof Error ? error.message : String(error), error)
  }
  if (labels.empty && fields.empty) return everyObject
  const readers = served.kind.selectableFields
  return {
    empty: false,
    name: fields.exactValue('metadata.name'),
    matches(object) {
      if (!labels.matches(object.metadata?.labels)) return false
      return fields.empty || fields.matches(field => readField(object, field, readers))
    },
  }
}

function readField(object: KubeObject, field: string, readers: ServedKind['kind']['selectableFields']): string {
  if (field === 'metadata.name') return object.metadata?.name ?? ''
  if (field === 'metadata.namespace') return object.metadata?.namespace ?? ''
  return readers[field]?.(object) ?? ''
}
