/**
 * What a controller has written and not yet seen in its cache. Acting on a cache that is behind the own writes makes
 * objects twice; a controller that cannot name its objects beforehand asks here first (endpointslice's
 * EndpointSliceTracker). Holds one entry per unseen write. A write that is not seen for a minute was undone by somebody
 * else in between and is forgotten.
 */
import type { KubeObject } from '@petrel/machinery/kinds'

/** Resource versions are ever longer decimals; 1.35 made comparing them part of the API (KEP-5504). */
export function isOlder(version: string, than: string): boolean {
  return version.length === than.length ? version < than : version.length < than.length
}

const patienceMs = 60_000

export class OwnWrites {
  /** By group key, then by uid: the version written, or undefined for a delete. */
  readonly #unseen = new Map<string, Map<string, string | undefined>>()
  /** When a group was first found behind. */
  readonly #behindSince = new Map<string, number>()

  /** The server has taken this object. */
  wrote(group: string, object: KubeObject): void {
    this.#note(group, object, object.metadata?.resourceVersion)
  }

  deleted(group: string, object: KubeObject): void {
    this.#note(group, object, undefined)
  }

  /** True when `cached`, the group's objects in the cache, shows everything that was written. `nowMs` is monotonic. */
  seen(group: string, cached: readonly KubeObject[], nowMs: number): boolean {
    const unseen = this.#unseen.get(group)
    if (!unseen) return true
    const versions = new Map(cached.map(({ metadata }) => [metadata?.uid ?? '', metadata?.resourceVersion ?? '']))
    for (const [uid, written] of unseen) {
      const version = versions.get(uid)
      if (written === undefined ? version === undefined : version !== undefined && !isOlder(version, written))
        unseen.delete(uid)
    }
    const since = this.#behindSince.get(group) ?? nowMs
    if (unseen.size > 0 && nowMs - since < patienceMs) {
      this.#behindSince.set(group, since)
      return false
    }
    this.forget(group)
    return true
  }

  /** Somebody else deleted this object: it will not be seen. */
  gone(group: string, uid: string): void {
    this.#unseen.get(group)?.delete(uid)
  }

  forget(group: string): void {
    this.#unseen.delete(group)
    this.#behindSince.delete(group)
  }

  #note(group: string, object: KubeObject, version: string | undefined): void {
    const unseen = this.#unseen.get(group)
    if (unseen) unseen.set(object.metadata?.uid ?? '', version)
    else this.#unseen.set(group, new Map([[object.metadata?.uid ?? '', version]]))
  }
}
