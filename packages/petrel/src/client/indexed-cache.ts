/**
 * Objects of one resource by namespace and name, with secondary indexes that follow every change
 * (client-go's cache.ThreadSafeStore). Objects are frozen and shared; a list is an array of its own.
 */
import type { KubeObject } from '@petrel/machinery/kinds'

/** The values under which an object is found in one index. */
export type IndexFunction<T> = (object: T) => readonly string[]

interface Index<T> {
  readonly valuesOf: IndexFunction<T>
  readonly members: Map<string, Set<T>>
}

export class IndexedCache<T extends KubeObject> {
  readonly #namespaces = new Map<string, Map<string, T>>()
  readonly #indexes = new Map<string, Index<T>>()
  #size = 0

  get size(): number {
    return this.#size
  }

  get(namespace: string, name: string): T | undefined {
    return this.#namespaces.get(namespace)?.get(name)
  }

  /** Everything, or one namespace. */
  list(namespace?: string): T[] {
    if (namespace !== undefined) return [...(this.#namespaces.get(namespace)?.values() ?? [])]
    const all: T[] = []
    for (const objects of this.#namespaces.values()) for (const object of objects.values()) all.push(object)
    return all
  }

  /** Objects whose index function named `value`. Throws TypeError when there is no such index. */
  byIndex(name: string, value: string): T[] {
    const index = this.#indexes.get(name)
    if (!index) throw new TypeError(`Cannot look up index ${JSON.stringify(name)}: it was not declared`)
    return [...(index.members.get(value) ?? [])]
  }

  hasIndex(name: string): boolean {
    return this.#indexes.has(name)
  }

  /** Adds an index over what is there and what comes. Declaring a name again keeps the first function. */
  addIndex(name: string, valuesOf: IndexFunction<T>): void {
    if (this.#indexes.has(name)) return
    const index: Index<T> = { valuesOf, members: new Map() }
    this.#indexes.set(name, index)
    for (const object of this.list()) enter(index, object)
  }

  /** Stores the object and returns the one that was there. */
  put(object: T): T | undefined {
    const namespace = object.metadata?.namespace ?? ''
    const name = object.metadata?.name ?? ''
    let objects = this.#namespaces.get(namespace)
    if (!objects) {
      objects = new Map()
      this.#namespaces.set(namespace, objects)
    }
    const old = objects.get(name)
    objects.set(name, object)
    if (old === undefined) this.#size++
    for (const index of this.#indexes.values()) {
      if (old !== undefined) leave(index, old)
      enter(index, object)
    }
    return old
  }

  /** Removes the object and returns it. */
  remove(namespace: string, name: string): T | undefined {
    const objects = this.#namespaces.get(namespace)
    const old = objects?.get(name)
    if (!objects || old === undefined) return undefined
    objects.delete(name)
    if (objects.size === 0) this.#namespaces.delete(namespace)
    this.#size--
    for (const index of this.#indexes.values()) leave(index, old)
    return old
  }
}

function enter<T>(index: Index<T>, object: T): void {
  for (const value of index.valuesOf(object)) {
    const members = index.members.get(value)
    if (members) members.add(object)
    else index.members.set(value, new Set([object]))
  }
}

function leave<T>(index: Index<T>, object: T): void {
  for (const value of index.valuesOf(object)) {
    const members = index.members.get(value)
    if (!members) continue
    members.delete(object)
    if (members.size === 0) index.members.delete(value)
  }
}
