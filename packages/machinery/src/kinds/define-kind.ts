/** Fills in what follows from a kind's name, so that a declaration says only what is special about it. */
import { type Schema, schemaOf } from '../schema/index.ts'
import { type Column, nameAndAge } from '../table/index.ts'
import type { Kind, KubeObject, SelectableFields, Strategy, Subresources, Verb } from './kind.ts'

export const allVerbs: readonly Verb[] = [
  'create',
  'delete',
  'deletecollection',
  'get',
  'list',
  'patch',
  'update',
  'watch',
]

export interface KindDeclaration<T extends KubeObject> {
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly plural: string
  /** Default true. */
  readonly namespaced?: boolean
  /** Lower-case kind when undefined. */
  readonly singular?: string
  readonly shortNames?: readonly string[]
  readonly categories?: readonly string[]
  /** All eight when undefined. */
  readonly verbs?: readonly Verb[]
  /** Name and age when undefined. */
  readonly columns?: readonly Column<T>[]
  readonly selectableFields?: SelectableFields<T>
  readonly deprecated?: NonNullable<Kind<T>['deprecated']>
  readonly unselectable?: (field: string) => string
  readonly subresources?: Subresources<T>
  readonly strategy?: Strategy<T>
  setDefaults?(object: T): void
  readonly storage?: Kind<T>['storage']
  /** Full definition name of the schema: `io.k8s.api.core.v1.Pod`. */
  readonly definition: string
}

export function defineKind<T extends KubeObject>(declaration: KindDeclaration<T>): Kind<T> {
  const { definition, setDefaults, storage, ...rest } = declaration
  return {
    namespaced: true,
    singular: declaration.kind.toLowerCase(),
    shortNames: [],
    categories: [],
    verbs: allVerbs,
    columns: nameAndAge,
    selectableFields: {},
    subresources: {},
    strategy: {},
    ...rest,
    listKind: `${declaration.kind}List`,
    get schema(): Schema {
      return schemaOf(definition)
    },
    ...(setDefaults && { setDefaults: setDefaults.bind(declaration) }),
    ...(storage && { storage }),
  }
}
