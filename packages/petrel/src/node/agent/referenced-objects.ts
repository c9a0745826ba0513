/**
 * ConfigMaps and Secrets that pods of this node refer to, read through the client and kept for a moment, so that ten
 * containers that use one object cost one read. A node may read just these (the node authorizer), so there is no watch
 * of all of them.
 */
import type { ConfigMap, Secret } from '@petrel/machinery/api/core-v1'
import { configMaps, type KubeObject, type Resource, secrets } from '@petrel/machinery/kinds'
import { isStatus } from '@petrel/machinery/status'
import type { Clock } from '../../base/index.ts'
import type { Client } from '../../client/index.ts'
import type { ReferencedObjects } from './container-env.ts'

const keptMs = 1_000
const maxKept = 1_000

export class ObjectReads implements ReferencedObjects {
  readonly #client: Client
  readonly #clock: Clock
  readonly #kept = new Map<string, { readonly at: number; readonly read: Promise<KubeObject | undefined> }>()

  constructor(client: Client, clock: Clock) {
    this.#client = client
    this.#clock = clock
  }

  configMap(namespace: string, name: string): Promise<ConfigMap | undefined> {
    return this.#read<ConfigMap>(configMaps, namespace, name)
  }

  secret(namespace: string, name: string): Promise<Secret | undefined> {
    return this.#read<Secret>(secrets, namespace, name)
  }

  #read<T extends KubeObject>(resource: Resource<T>, namespace: string, name: string): Promise<T | undefined> {
    const key = `${resource.plural}/${namespace}/${name}`
    const now = this.#clock.monotonic()
    const kept = this.#kept.get(key)
    if (kept && now - kept.at < keptMs) return kept.read as Promise<T | undefined>
    const read = this.#client.get(resource, { namespace, name }).catch((error: unknown) => {
      if (isStatus(error, 'NotFound')) return undefined
      this.#kept.delete(key)
      throw error
    })
    this.#kept.delete(key)
    this.#kept.set(key, { at: now, read })
    // Oldest first: what is beyond the bound is read again.
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= maxKept) break
      this.#kept.delete(oldest)
    }
    return read
  }
}
