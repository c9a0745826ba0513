/**
 * The kinds that this server serves, by URL and by name. Built-in kinds are there from the start; others come and go at
 * run time (CRDs), and whoever derives something from the table (discovery, OpenAPI) is told.
 */
import type { Kind, Resource } from '@petrel/machinery/kinds'
import type { StoreEvent } from '../../store/index.ts'

/** A kind with what the server keeps for it. */
export interface ServedKind {
  readonly kind: Kind
  /** The kind under which objects are stored: itself but for kinds with several versions. */
  readonly stored: Kind
  /** Keys of all its objects start so: `/registry/core/pods/`. */
  readonly prefix: string
  /** `core/v1 pods`: a key for metrics and maps. */
  readonly id: string
  /** What change.ts makes of each event of the store, shared by all watchers. */
  readonly changes: WeakMap<StoreEvent, object>
}

export class KindTable {
  readonly #byPlural = new Map<string, ServedKind>()
  readonly #byKind = new Map<string, ServedKind>()
  readonly #listeners = new Set<() => void>()
  #generation = 0

  constructor(kinds: readonly Kind[]) {
    // Kinds that are stored as another version need that one first.
    for (const kind of kinds) if (!kind.storage) this.#put(kind)
    for (const kind of kinds) if (kind.storage) this.#put(kind)
  }

  /** Goes up with every change. */
  get generation(): number {
    return this.#generation
  }

  get all(): Iterable<ServedKind> {
    return this.#byPlural.values()
  }

  /** Serves one more kind. Throws TypeError when its plural or name is taken. */
  add(kind: Kind): ServedKind {
    const served = this.#put(kind)
    this.#changed()
    return served
  }

  /** Serves a kind no longer; its objects stay in the store. */
  remove(resource: Resource): void {
    this.#byPlural.delete(key(resource.group, resource.version, resource.plural))
    this.#byKind.delete(key(resource.group, resource.version, resource.kind))
    this.#changed()
  }

  byPlural(group: string, version: string, plural: string): ServedKind | undefined {
    return this.#byPlural.get(key(group, version, plural))
  }

  byKind(group: string, version: string, kind: string): ServedKind | undefined {
    return this.#byKind.get(key(group, version, kind))
  }

  /** Throws TypeError for a resource that is not served: a mistake of the program. */
  of(resource: Resource): ServedKind {
    const served = this.byPlural(resource.group, resource.version, resource.plural)
    if (!served)
      throw new TypeError(
        `Cannot use resource ${key(resource.group, resource.version, resource.plural)}: it is not served`,
      )
    return served
  }

  hasGroup(group: string): boolean {
    for (const { kind } of this.#byPlural.values()) if (kind.group === group) return true
    return false
  }

  hasGroupVersion(group: string, version: string): boolean {
    for (const { kind } of this.#byPlural.values()) if (kind.group === group && kind.version === version) return true
    return false
  }

  onChange(fn: () => void): { cancel(): void } {
    this.#listeners.add(fn)
    return { cancel: () => void this.#listeners.delete(fn) }
  }

  #put(kind: Kind): ServedKind {
    const id = key(kind.group, kind.version, kind.plural)
    if (this.#byPlural.has(id)) throw new TypeError(`Cannot serve ${id}: it is served already`)
    const stored = kind.storage ? this.of(kind.storage.kind).stored : kind
    const served: ServedKind = {
      kind,
      stored,
      prefix: `/registry/${stored.group || 'core'}/${stored.plural}/`,
      id,
      changes: new WeakMap(),
    }
    this.#byPlural.set(id, served)
    this.#byKind.set(key(kind.group, kind.version, kind.kind), served)
    return served
  }

  #changed(): void {
    this.#generation++
    for (const fn of this.#listeners) fn()
  }
}

function key(group: string, version: string, name: string): string {
  return `${group}/${version}/${name}`
}

/** Where an object is in the store. */
export function keyOf(served: ServedKind, namespace: string, name: string): string {
  return served.kind.namespaced ? `${served.prefix}${namespace}/${name}` : served.prefix + name
}

/** What the keys of a namespace start with; all of the kind for '' and for cluster-scoped kinds. */
export function prefixOf(served: ServedKind, namespace: string): string {
  return served.kind.namespaced && namespace !== '' ? `${served.prefix}${namespace}/` : served.prefix
}
