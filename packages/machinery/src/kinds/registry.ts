/**
 * Finds a kind by what a caller has in hand: the URL names the plural, an object names the kind. Built-in kinds make
 * one such registry; the API server adds those of CRDs to one of its own.
 */
import type { Kind } from './kind.ts'

export interface KindRegistry {
  /** In order of declaration. */
  readonly kinds: readonly Kind[]
  /** `('apps', 'v1', 'deployments')`. */
  byPlural(group: string, version: string, plural: string): Kind | undefined
  /** `('apps', 'v1', 'Deployment')`. */
  byKind(group: string, version: string, kind: string): Kind | undefined
}

/** Throws TypeError when two kinds claim the same plural or kind. */
export function kindRegistry(kinds: readonly Kind[]): KindRegistry {
  const plurals = new Map<string, Kind>()
  const names = new Map<string, Kind>()
  for (const kind of kinds) {
    put(plurals, key(kind.group, kind.version, kind.plural), kind)
    put(names, key(kind.group, kind.version, kind.kind), kind)
  }
  return {
    kinds,
    byPlural: (group, version, plural) => plurals.get(key(group, version, plural)),
    byKind: (group, version, kind) => names.get(key(group, version, kind)),
  }
}

function key(group: string, version: string, name: string): string {
  return `${group}/${version}/${name}`
}

function put(map: Map<string, Kind>, name: string, kind: Kind): void {
  if (map.has(name)) throw new TypeError(`Cannot register kind ${kind.kind}: ${name} is declared twice`)
  map.set(name, kind)
}
