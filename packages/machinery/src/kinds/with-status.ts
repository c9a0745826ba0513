/** What every kind with a status does around writes of its spec: a new object has none of its own, an old one keeps it. */
import type { KubeObject, Strategy } from './kind.ts'

interface WithStatus<S> extends KubeObject {
  status?: S
}

/** Adds that to a strategy. `initial` is what Go's zero status looks like in JSON. */
export function withStatus<S, T extends WithStatus<S>>(
  initial: Readonly<S> | undefined,
  strategy: Strategy<T>,
): Strategy<T> {
  return {
    ...strategy,
    prepareForCreate(object, context) {
      if (initial === undefined) delete object.status
      else object.status = { ...initial }
      strategy.prepareForCreate?.(object, context)
    },
    prepareForUpdate(object, old, context) {
      if (old.status === undefined) delete object.status
      else object.status = old.status
      strategy.prepareForUpdate?.(object, old, context)
    },
  }
}

/** For kinds that have no other rules; most of those keep no generation upstream. */
export const statusOnly: Strategy<WithStatus<unknown>> = withStatus<unknown, WithStatus<unknown>>(undefined, {
  hasGeneration: false,
})

/** The same for those that do. */
export const statusAndGeneration: Strategy<WithStatus<unknown>> = { ...statusOnly, hasGeneration: true }
