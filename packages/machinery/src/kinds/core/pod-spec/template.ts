/** Pod templates, as workloads carry them: validation, and the cells that show them. */
import type { PodSpec, PodTemplateSpec } from '../../../api/core-v1.gen.ts'
import { validateAnnotations, validateLabels } from '../../../names/index.ts'
import type { FieldErrors } from '../../../status/index.ts'
import type { Column } from '../../../table/index.ts'
import { validatePodAnnotations } from './annotations.ts'
import { validatePodSpec } from './validate.ts'

/** ValidatePodTemplateSpec. */
export function validatePodTemplateSpec(template: PodTemplateSpec, path: string, errors: FieldErrors): void {
  const { labels, annotations } = template.metadata ?? {}
  const spec = template.spec ?? ({} as PodSpec)
  validateLabels(labels, `${path}.labels`, errors)
  validateAnnotations(annotations, `${path}.annotations`, errors)
  validatePodAnnotations(annotations, spec, `${path}.annotations`, errors)
  validatePodSpec(spec, { meta: undefined }, `${path}.spec`, errors)
  if (spec.ephemeralContainers?.length) {
    errors.forbidden(`${path}.spec.ephemeralContainers`, 'ephemeral containers not allowed in pod template')
  }
}

/** A template whose pods run for ever and are found by `selector`: ValidatePodTemplateSpecForReplicaSet and its like. */
export function validateReplicatedTemplate(
  template: PodTemplateSpec | undefined,
  selects: (labels: Readonly<Record<string, string>>) => boolean,
  owner: string,
  path: string,
  errors: FieldErrors,
): void {
  if (!template) {
    errors.required(path)
    return
  }
  const labels = template.metadata?.labels ?? {}
  if (!selects(labels)) errors.invalid(`${path}.metadata.labels`, labels, '`selector` does not match template `labels`')
  validatePodTemplateSpec(template, path, errors)
  const restartPolicy = template.spec?.restartPolicy ?? ''
  if (restartPolicy !== 'Always') errors.notSupported(`${path}.spec.restartPolicy`, restartPolicy, ['Always'])
  if (template.spec?.activeDeadlineSeconds !== undefined) {
    errors.forbidden(`${path}.spec.activeDeadlineSeconds`, `activeDeadlineSeconds in ${owner} is not Supported`)
  }
}

/** `app,sidecar`. */
export function containerNames(template: PodTemplateSpec | undefined): string {
  return (template?.spec?.containers ?? []).map(container => container.name).join(',')
}

/** `redis:7,busybox`. */
export function containerImages(template: PodTemplateSpec | undefined): string {
  return (template?.spec?.containers ?? []).map(container => container.image ?? '').join(',')
}

/** `a=1,b=2` in the order of the keys, `<none>` when empty: labels.FormatLabels. */
export function formatLabels(labels: Readonly<Record<string, string>> | undefined): string {
  const pairs = Object.entries(labels ?? {}).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  return pairs.length === 0 ? '<none>' : pairs.map(([key, value]) => `${key}=${value}`).join(',')
}

/** Containers and Images, at the end of what workloads show with `-o wide` (0 shows them always). */
export function templateColumns<T>(
  template: (object: T) => PodTemplateSpec | undefined,
  priority: 0 | 1 = 1,
): readonly Column<T>[] {
  return [
    {
      name: 'Containers',
      type: 'string',
      priority,
      description: 'Names of the containers in the template.',
      cell: object => containerNames(template(object)),
    },
    {
      name: 'Images',
      type: 'string',
      priority,
      description: 'Images of the containers in the template.',
      cell: object => containerImages(template(object)),
    },
  ]
}
