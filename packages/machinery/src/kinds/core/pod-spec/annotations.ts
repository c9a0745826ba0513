/** Annotations of pods that mean something to Kubernetes itself. */
import type { PodSpec } from '../../../api/core-v1.gen.ts'
import type { FieldErrors } from '../../../status/index.ts'

export const mirrorPodAnnotation = 'kubernetes.io/config.mirror'
const deletionCostAnnotation = 'controller.kubernetes.io/pod-deletion-cost'

export function validatePodAnnotations(
  annotations: Readonly<Record<string, string>> | undefined,
  spec: PodSpec,
  path: string,
  errors: FieldErrors,
): void {
  if (!annotations) return
  const mirror = annotations[mirrorPodAnnotation]
  if (mirror !== undefined && !spec.nodeName) {
    const rule = 'must set spec.nodeName if mirror pod annotation is set'
    errors.invalid(`${path}[${mirrorPodAnnotation}]`, mirror, rule)
  }
  const cost = annotations[deletionCostAnnotation]
  if (cost !== undefined && !isInt32(cost)) {
    errors.invalid(`${path}[${deletionCostAnnotation}]`, cost, 'must be a 32bit integer')
  }
}

function isInt32(text: string): boolean {
  const value = Number(text)
  return /^(0|-?[1-9][0-9]*|-0+[0-9]*)$/.test(text) && value >= -2147483648 && value <= 2147483647
}

/** Whether a pod mirrors a static one can never change. */
export function validateMirrorUnchanged(
  now: Readonly<Record<string, string>> | undefined,
  old: Readonly<Record<string, string>> | undefined,
  path: string,
  errors: FieldErrors,
): void {
  const [is, was] = [now?.[mirrorPodAnnotation], old?.[mirrorPodAnnotation]]
  if (is === was) return
  const act = was === undefined ? 'add' : 'remove or update'
  errors.forbidden(`${path}[${mirrorPodAnnotation}]`, `may not ${act} mirror pod annotation`)
}
