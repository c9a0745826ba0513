/** How a create is refused in a namespace that is being deleted; controllers stop there without an error. */
import { isStatus } from '@petrel/machinery/status'

/** The cause that upstream's NamespaceLifecycle admission names (corev1.NamespaceTerminatingCause). */
const namespaceTerminatingCause = 'NamespaceTerminating'

export function isNamespaceTerminating(error: unknown): boolean {
  if (!isStatus(error, 'Forbidden')) return false
  return error.status.details?.causes?.some(cause => cause.reason === namespaceTerminatingCause) ?? false
}
