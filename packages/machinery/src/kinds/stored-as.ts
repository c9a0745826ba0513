/** Kinds that are the same at several versions of their group: stored at one of them, told apart by apiVersion alone. */
import type { Kind, KubeObject, Resource } from './kind.ts'

/** The storage of `version` of a kind that is stored as `stored`. */
export function storedAs<T extends KubeObject>(stored: Resource, version: string): NonNullable<Kind<T>['storage']> {
  return {
    kind: stored,
    fromStorage: object => ({ ...object, apiVersion: `${stored.group}/${version}` }) as T,
    toStorage: object => ({ ...object, apiVersion: `${stored.group}/${stored.version}` }),
  }
}
