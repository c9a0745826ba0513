/** GET, PUT and PATCH of a subresource that is a view of the stored object. */
import type { Handler } from '../chain.ts'
import { methodNotAllowed } from '../refusals.ts'
import { get } from '../registry/get.ts'
import type { ServedKind } from '../registry/kind-table.ts'
import { patch } from '../registry/patch.ts'
import type { Registry } from '../registry/registry.ts'
import { type SubresourceRules, update } from '../registry/update.ts'

export function viewHandler(registry: Registry, rules: (served: ServedKind) => SubresourceRules): Handler {
  return (request, served) => {
    switch (request.info.verb) {
      case 'get':
        return get(registry, request, served)
      case 'update':
        return update(registry, request, served, rules(served))
      case 'patch':
        return patch(registry, request, served, rules(served))
      default:
        throw methodNotAllowed()
    }
  }
}
