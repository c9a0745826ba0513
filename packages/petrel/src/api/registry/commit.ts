/**
 * The last step of every write: encode once, append with the revision that was read, and turn what the store says into
 * a Status. The object is given away: it becomes the memo of the new entry.
 */
import type { KubeObject } from '@petrel/machinery/kinds'
import { conflict, StatusError, tooManyRequests, unavailable } from '@petrel/machinery/status'
import { ConflictError, type Entry, StoreBrokenError, StoreBusyError, StoreFullError } from '../../store/index.ts'
import { encodeForStore } from '../encode/object.ts'
import type { ServedKind } from './kind-table.ts'
import type { Registry } from './registry.ts'
import { memoOf } from './stored.ts'

/** Upstream's words for a lost race (registry/generic/registry/store.go). */
const optimisticLock = 'the object has been modified; please apply your changes to the latest version and try again'

export interface Encoded {
  readonly object: KubeObject
  readonly bytes: Uint8Array
}

/** The object in the stored version, as bytes without a revision. */
export function encode(served: ServedKind, object: KubeObject): Encoded {
  const stored = served.kind.storage ? served.kind.storage.toStorage(object) : object
  return { object: stored, bytes: encodeForStore(served.stored.schema, stored) }
}

/** Writes; rejects with ConflictError where `expect` does not hold, else with a Status. */
export async function put(
  registry: Registry,
  key: string,
  encoded: Encoded,
  expect: number,
  lazy = false,
): Promise<Entry> {
  try {
    const [written] = await registry.store.append([
      { key, value: encoded.bytes, expect, lazy, memo: memoOf(encoded.object) },
    ])
    return written?.entry as Entry
  } catch (error) {
    throw storeFailure(error)
  }
}

/** Deletes; resolves with the revision of the deletion. */
export async function remove(registry: Registry, key: string, expect: number): Promise<number> {
  try {
    const [written] = await registry.store.append([{ key, value: undefined, expect }])
    return written?.revision ?? 0
  } catch (error) {
    throw storeFailure(error)
  }
}

/** What a store cannot do, in words for the client; a conflict stays one, for its caller to judge. */
function storeFailure(error: unknown): unknown {
  if (error instanceof ConflictError) return error
  if (error instanceof StoreBusyError) return tooManyRequests(`storage is busy: ${error.message}`, 1)
  if (error instanceof StoreFullError) return unavailable(`storage is full: ${error.message}`, error)
  if (error instanceof StoreBrokenError) return unavailable(`storage is unavailable: ${error.message}`, error)
  return StatusError.from(error)
}

export function modified(served: ServedKind, name: string): StatusError {
  return conflict(served.kind, name, optimisticLock)
}
