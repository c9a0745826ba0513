/**
 * The writable views of a pod besides status: `ephemeralcontainers` and `resize`. The API server serves them by name;
 * what they may change is said here.
 */
import type { Container, Pod, PodSpec } from '../../../api/core-v1.gen.ts'
import type { FieldErrors } from '../../../status/index.ts'
import { mirrorPodAnnotation, qosClass } from '../pod-spec/index.ts'
import { describeDifference, semanticEqual } from '../semantic-equality.ts'

/** How an update through a view is prepared and checked; `validate` comes after the pod's own rules. */
export interface PodView {
  prepareForUpdate(pod: Pod, old: Pod): void
  validateUpdate(pod: Pod, old: Pod, errors: FieldErrors): void
}

function keepAllBut(pod: Pod, old: Pod, spec: PodSpec): void {
  pod.spec = spec
  if (old.status) pod.status = old.status
  else delete pod.status
  const { resourceVersion } = pod.metadata ?? {}
  pod.metadata = { ...old.metadata, ...(resourceVersion !== undefined && { resourceVersion }) }
}

export const ephemeralContainersView: PodView = {
  prepareForUpdate(pod, old) {
    const containers = pod.spec?.ephemeralContainers
    const { ephemeralContainers: _, ...rest } = old.spec ?? ({} as PodSpec)
    keepAllBut(pod, old, { ...rest, ...(containers && { ephemeralContainers: containers }) })
  },
  validateUpdate(pod, old, errors) {
    if (old.metadata?.annotations?.[mirrorPodAnnotation] !== undefined) {
      errors.forbidden('[]', 'static pods do not support ephemeral containers')
      return
    }
    const path = 'spec.ephemeralContainers'
    for (const before of old.spec?.ephemeralContainers ?? []) {
      const now = (pod.spec?.ephemeralContainers ?? []).find(container => container.name === before.name)
      const which = `existing ephemeral containers ${JSON.stringify(before.name)}`
      if (!now) errors.forbidden(path, `${which} may not be removed\n`)
      else if (!semanticEqual(before, now)) {
        errors.forbidden(path, `${which} may not be changed\n${describeDifference(before, now)}`)
      }
    }
  },
}

/** In-place resize (KEP-1287): requests and limits of cpu and memory, and resize policies. */
export const resizeView: PodView = {
  prepareForUpdate(pod, old) {
    const [now, before] = [pod.spec ?? ({} as PodSpec), old.spec ?? ({} as PodSpec)]
    // Other containers than before are left as they came, for validation to refuse.
    if (!sameNames(now.containers, before.containers) || !sameNames(now.initContainers, before.initContainers)) return
    const spec: PodSpec = { ...before, containers: withResources(now.containers, before.containers) }
    if (before.initContainers) spec.initContainers = withResources(now.initContainers, before.initContainers)
    keepAllBut(pod, old, spec)
  },
  validateUpdate(pod, old, errors) {
    if (old.metadata?.annotations?.[mirrorPodAnnotation] !== undefined) {
      errors.forbidden('[]', 'static pods cannot be resized')
      return
    }
    const [now, before] = [pod.spec ?? ({} as PodSpec), old.spec ?? ({} as PodSpec)]
    if (before.os?.name === 'windows') {
      errors.forbidden('[]', 'windows pods cannot be resized')
      return
    }
    if ((old.status?.qosClass ?? qosClass(before)) !== qosClass(now)) {
      errors.invalid('spec', pod.status?.qosClass ?? '', 'Pod QOS Class may not change as a result of resizing')
    }
    for (const field of ['containers', 'initContainers'] as const) {
      validateResized(now[field] ?? [], before[field] ?? [], `spec.${field}`, errors)
    }
    const without = (spec: PodSpec): PodSpec => ({
      ...spec,
      containers: withoutResized(spec.containers),
      initContainers: withoutResized(spec.initContainers),
    })
    if (!semanticEqual(without(now), without(before))) {
      errors.forbidden('spec', 'only cpu and memory resources are mutable')
    }
  },
}

function sameNames(now: readonly Container[] = [], old: readonly Container[] = []): boolean {
  return now.length === old.length && now.every((container, i) => container.name === old[i]?.name)
}

function withResources(now: readonly Container[] = [], old: readonly Container[] = []): Container[] {
  return old.map((before, i) => {
    const { resources, resizePolicy } = now[i] ?? before
    const { resources: _, resizePolicy: __, ...rest } = before
    return { ...rest, ...(resources && { resources }), ...(resizePolicy && { resizePolicy }) }
  })
}

function validateResized(
  now: readonly Container[],
  old: readonly Container[],
  path: string,
  errors: FieldErrors,
): void {
  for (const [i, before] of old.entries()) {
    const resources = now[i]?.resources ?? {}
    for (const which of ['limits', 'requests'] as const) {
      const lost = Object.keys(before.resources?.[which] ?? {}).some(name => !(name in (resources[which] ?? {})))
      if (lost) errors.forbidden(`${path}[${i}].resources.${which}`, `resource ${which} cannot be removed`)
    }
  }
}

function withoutResized(containers: readonly Container[] = []): Container[] {
  const others = (list: Record<string, string> = {}): Record<string, string> => {
    const { cpu: _, memory: __, ...rest } = list
    return rest
  }
  return containers.map(({ resizePolicy: _, ...container }) => ({
    ...container,
    resources: { limits: others(container.resources?.limits), requests: others(container.resources?.requests) },
  }))
}
