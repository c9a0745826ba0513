/** GET of one object. A resourceVersion asks for a state that is not older. */
import { notFound } from '@petrel/machinery/status'
import type { Entry } from '../../store/index.ts'
import type { ApiRequest, ObjectResult } from '../request.ts'
import { reached } from './freshness.ts'
import { keyOf, type ServedKind } from './kind-table.ts'
import { parseRevision } from './list-options.ts'
import type { Registry } from './registry.ts'
import { objectOf } from './stored.ts'

export async function get(registry: Registry, request: ApiRequest, served: ServedKind): Promise<ObjectResult> {
  const revision = parseRevision(request.query.get('resourceVersion') ?? '')
  if (revision > registry.store.revision) await reached(registry, revision, request.signal)
  const { namespace, name } = request.info
  return found(served, require(registry, served, namespace, name))
}

/** Throws NotFound. */
export function require(registry: Registry, served: ServedKind, namespace: string, name: string): Entry {
  const entry = registry.store.get(keyOf(served, namespace, name))
  if (!entry) throw notFound(served.kind, name)
  return entry
}

export function found(served: ServedKind, entry: Entry, code = 200): ObjectResult {
  return { type: 'object', code, kind: served.kind, served, entry, object: () => objectOf(entry, served) }
}
