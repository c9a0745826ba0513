/** metav1.Table: the columns of the kind's declaration, one row an object. */
import type { Kind, KubeObject, ObjectList } from '@petrel/machinery/kinds'
import { FieldErrors, invalid } from '@petrel/machinery/status'
import { partial } from './partial.ts'

export type Include = 'None' | 'Metadata' | 'Object'

export interface TableOptions {
  readonly version: 'v1' | 'v1beta1'
  readonly include: Include
  /** Milliseconds since the epoch, for ages. */
  readonly now: number
  /** Watches send the definitions with the first event only. */
  readonly columns: boolean
}

/** What a row carries beside its cells; metadata unless asked otherwise. */
export function includeObject(query: URLSearchParams): Include {
  const value = query.get('includeObject') || 'Metadata'
  if (value === 'None' || value === 'Metadata' || value === 'Object') return value
  const errors = new FieldErrors()
  errors.notSupported('includeObject', value, ['None', 'Metadata', 'Object'])
  throw invalid({ group: 'meta.k8s.io', kind: 'TableOptions' }, '', errors)
}

export function table(
  kind: Kind,
  objects: readonly KubeObject[],
  metadata: ObjectList['metadata'],
  options: TableOptions,
): unknown {
  const definitions = kind.columns.map(({ name, type, format, priority, description }) => ({
    name,
    type,
    format: format ?? '',
    description,
    priority,
  }))
  return {
    kind: 'Table',
    apiVersion: `meta.k8s.io/${options.version}`,
    metadata,
    columnDefinitions: options.columns ? definitions : null,
    rows: objects.map(object => ({
      cells: kind.columns.map(column => column.cell(object, options.now)),
      object: options.include === 'None' ? null : rowObject(object, options),
    })),
  }
}

function rowObject(object: KubeObject, options: TableOptions): KubeObject {
  return options.include === 'Object' ? object : partial(object, `meta.k8s.io/${options.version}`)
}
