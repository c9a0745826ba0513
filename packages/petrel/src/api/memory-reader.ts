/** An ObjectReader over objects in a map, for tests of what reads through one. */
import type { KubeObject, Resource } from '@petrel/machinery/kinds'
import type { ObjectReader } from './contract.ts'

type Changed = (current: KubeObject | undefined, previous: KubeObject | undefined) => void

export class MemoryReader implements ObjectReader {
  readonly #objects = new Map<string, Map<string, KubeObject>>()
  readonly #listeners = new Map<string, Set<Changed>>()

  /** Stores a frozen copy and tells the listeners. */
  put<T extends KubeObject>(resource: Resource<T>, object: T): void {
    const stored = freeze(structuredClone(object))
    const all = this.#all(resource)
    const key = `${stored.metadata?.namespace ?? ''}/${stored.metadata?.name ?? ''}`
    const previous = all.get(key)
    all.set(key, stored)
    this.#tell(resource, stored, previous)
  }

  remove(resource: Resource, namespace: string, name: string): void {
    const all = this.#all(resource)
    const previous = all.get(`${namespace}/${name}`)
    if (all.delete(`${namespace}/${name}`)) this.#tell(resource, undefined, previous)
  }

  get<T extends KubeObject>(resource: Resource<T>, namespace: string, name: string): T | undefined {
    // Only objects of the resource are put under it.
    return this.#all(resource).get(`${namespace}/${name}`) as T | undefined
  }

  list<T extends KubeObject>(resource: Resource<T>, namespace: string): readonly T[] {
    const all = [...this.#all(resource).values()] as T[]
    return namespace === '' ? all : all.filter(object => object.metadata?.namespace === namespace)
  }

  onChange(resource: Resource, changed: Changed): { cancel(): void } {
    const key = `${resource.group}/${resource.plural}`
    const listeners = this.#listeners.get(key) ?? new Set()
    this.#listeners.set(key, listeners.add(changed))
    return { cancel: () => void listeners.delete(changed) }
  }

  /** How many listen, for tests of closing. */
  get listeners(): number {
    return [...this.#listeners.values()].reduce((sum, set) => sum + set.size, 0)
  }

  #all(resource: Resource): Map<string, KubeObject> {
    const key = `${resource.group}/${resource.plural}`
    let all = this.#objects.get(key)
    if (!all) {
      all = new Map()
      this.#objects.set(key, all)
    }
    return all
  }

  #tell(resource: Resource, current: KubeObject | undefined, previous: KubeObject | undefined): void {
    for (const listener of this.#listeners.get(`${resource.group}/${resource.plural}`) ?? [])
      listener(current, previous)
  }
}

function freeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value
  for (const part of Object.values(value)) freeze(part)
  return Object.freeze(value)
}
