/** A namespace that is being deleted stays until spec.finalizers is empty, and says that it is Terminating. */
import type { Namespace } from '@petrel/machinery/api/core-v1'
import type { KindHooks } from './registry.ts'

export const namespaceHooks: KindHooks = {
  held: object => ((object as Namespace).spec?.finalizers?.length ?? 0) > 0,
  markDeleting(object) {
    const namespace = object as Namespace
    // Upstream's namespaces have no grace period, not even one of 0.
    delete namespace.metadata?.deletionGracePeriodSeconds
    namespace.status = { ...namespace.status, phase: 'Terminating' }
  },
}
