/** All containers of a pod with their paths, in upstream's order: init, regular, ephemeral. */
import type { Container, EphemeralContainer, PodSpec } from '../../../api/core-v1.gen.ts'

export function visitContainers(
  spec: PodSpec,
  path: string,
  visit: (container: Container | EphemeralContainer, path: string) => void,
): void {
  for (const field of ['initContainers', 'containers', 'ephemeralContainers'] as const) {
    for (const [i, container] of (spec[field] ?? []).entries()) visit(container, `${path}.${field}[${i}]`)
  }
}
